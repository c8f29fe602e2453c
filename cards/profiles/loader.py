"""Load profiles by name: read the TOML file, lay it over the one it builds on, and refuse what makes no sense with its line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cards.errors import CardError

from .schema import Profile

FOLDER = Path(__file__).parent
_LINE = re.compile(r"at line (\d+)")
_HEADER = re.compile(r"^\s*\[([^\[\]]+)\]\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\".]+)\s*=")


def profile_names(folder: Path = FOLDER) -> list[str]:
    """List the names of all profiles, sorted."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load_profile(name: str, folder: Path = FOLDER) -> Profile:
    """Load the profile with its overlays applied.

    `overlay = "plain"` builds on another file of the folder; `remove = ["applications.text"]` takes away from it.
    Raises CardError(Settings_Wrong, file, line, key, expected) for an unknown key, a missing file or an impossible value.
    """
    data, lines = _read(name, folder, ())
    try:
        return Profile.model_validate({**data, "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = tuple(str(part) for part in first["loc"])
        file, line = _where(path, lines)
        raise CardError(
            "Settings_Wrong", file=file, line=line, key=".".join(path), expected=first["msg"]
        ) from error


_Lines = list[tuple[str, dict[tuple[str, ...], int]]]
"""File name and the line of each key, the topmost overlay first."""


def _read(name: str, folder: Path, above: tuple[str, ...]) -> tuple[dict[str, Any], _Lines]:
    file = f"{name}.toml"
    if not re.fullmatch(r"[a-z0-9_]+", name) or name in above:
        raise CardError(
            "Settings_Wrong", file=file, expected="英小文字・数字・_ の名前（循環しない overlay）"
        )
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(profile_names(folder))
        raise CardError("Settings_Wrong", file=file, expected=f"次のいずれか: {known}") from error
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        raise CardError("Settings_Wrong", file=file, line=line, expected=f"TOML: {error}") from error
    lines = _lines_of(text)
    base_name, removed = own.pop("overlay", None), own.pop("remove", [])
    if base_name is None and not removed:
        return own, [(file, lines)]
    if not isinstance(base_name, str):
        raise CardError(
            "Settings_Wrong", file=file, line=lines.get(("overlay",), 1), expected="overlay = 基になる名前"
        )
    try:
        data, below = _read(base_name, folder, (*above, name))
    except CardError as error:
        if error.facts.get("file") == f"{base_name}.toml" and "line" not in error.facts:
            error.facts.update(file=file, line=lines[("overlay",)], key="overlay")
        raise
    for path in removed if isinstance(removed, list) else [removed]:
        if not _remove(data, str(path).split(".")):
            raise CardError(
                "Settings_Wrong",
                file=file,
                line=lines.get(("remove",), 1),
                key="remove",
                expected=f"{base_name} にある項目（{path} はない）",
            )
    return _merged(data, own), [(file, lines), *below]


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _remove(data: dict[str, Any], path: list[str]) -> bool:
    for part in path[:-1]:
        if not isinstance(data.get(part), dict):
            return False
        data = data[part]
    return data.pop(path[-1], None) is not None


def _lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Map the path of each table and key of a TOML text to its line, from 1."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = tuple(part.strip().strip('"') for part in header.group(1).split("."))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table + tuple(part.strip('"') for part in key.group(1).split("."))
            lines.setdefault(path, number)
    return lines


def _where(path: tuple[str, ...], files: _Lines) -> tuple[str, int]:
    """Find file and line that say `path`, or the nearest table around it; the topmost overlay counts."""
    for end in range(len(path), 0, -1):
        for file, lines in files:
            if path[:end] in lines:
                return file, lines[path[:end]]
    return files[0][0], 1
