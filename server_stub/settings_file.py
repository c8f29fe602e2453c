"""Settings files (TOML) read into pydantic models, with one way to say what is wrong: file, field and what was expected.

Used by whoever reads settings of a municipality, a delivery format or a server. The model forbids what it does not know: a
mistyped setting must not be silently without effect.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from server_stub.interface.failures import Failed
from server_stub.interface.values import LONGEST_NAME


class Settings(BaseModel):
    """Values of the very types that TOML has: a number in quotes is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def matching(pattern: str, expected: str) -> AfterValidator:
    """Check a text against `pattern` as a whole, and tell `expected` otherwise."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(expected)
        if len(text) > LONGEST_NAME:
            raise ValueError(f"at most {LONGEST_NAME} letters")
        return text

    return AfterValidator(check)


SettingsText = Annotated[str, matching(r"\S(.*\S)?", "a text without blanks around it")]

_EXPECTED = {"missing": "a value", "extra_forbidden": "no such setting"}

M = TypeVar("M", bound=BaseModel)


def read_settings(path: Path, model: type[M]) -> M:
    """Read the file at `path` as `model`. Raises Failed(Settings_Wrong, file=, field=, expected=) for the first thing wrong."""
    return checked_settings(file_named(path), _values(path), model)


def settings_problems(path: Path, model: type[BaseModel]) -> list[Failed]:
    """List everything that is wrong with the file at `path`."""
    try:
        values = _values(path)
    except Failed as failed:
        return [failed]
    return value_problems(file_named(path), values, model)


def checked_settings(file: str, values: Any, model: type[M], prefix: str = "") -> M:
    """Make a `model` of values that stand in `file` under `prefix`. Raises as `read_settings`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _problems(file, prefix, error)[0] from None


def value_problems(file: str, values: Any, model: type[BaseModel], prefix: str = "") -> list[Failed]:
    """List everything that keeps `values` from being a `model`."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        return _problems(file, prefix, error)
    return []


def _problems(file: str, prefix: str, error: ValidationError) -> list[Failed]:
    return [
        settings_wrong(
            file,
            prefix + _path(told["loc"]),
            _EXPECTED.get(told["type"], told["msg"].removeprefix("Value error, ")),
        )
        for told in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _values(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise settings_wrong(file_named(path), "", "a file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise settings_wrong(file_named(path), "", f"TOML ({error})") from None


def file_named(path: Path) -> str:
    """Name a settings file as messages do: with the folder that it lies in."""
    return f"{path.parent.name}/{path.name}"


def settings_wrong(file: str, field: str, expected: str) -> Failed:
    return Failed("Settings_Wrong", file=file, field=field, expected=expected)


def _path(loc: tuple[int | str, ...]) -> str:
    """closed[1].first, counted from 1 as people do."""
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
