"""Settings files (TOML) read into pydantic models, with one way to say what is wrong: file, field and what was expected.

Used by whoever reads settings of a municipality, a delivery format or a server. The model forbids what it does not know: a
mistyped setting must not be silently without effect. What was expected is told in Japanese: officials write these files.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from server_stub.characters import invisible
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
            raise ValueError(f"{LONGEST_NAME}字以内")
        if invisible(text):
            raise ValueError("目に見えない文字のない文字列")
        return text

    return AfterValidator(check)


SettingsText = Annotated[str, matching(r"\S(.*\S)?", "前後に空白のない、1行の文字列")]

_TEXT, _TABLE, _LIST = '文字列（"…" のように囲む）', "項目のまとまり（[名前] の表）", "[ ] で囲んだ並び"
_TIME, _DAY = "09:00:00 のような時刻（囲まない）", "2026-06-03 のような日付（囲まない）"
_EXPECTED = {
    "missing": "この項目（書かれていません）",
    "extra_forbidden": "この名前の項目はありません",
    "int": "整数（囲まない）",
    "float": "数（囲まない）",
    "finite": "数（囲まない）",
    "bool": "true または false（囲まない）",
    "string": _TEXT,
    "string_pattern_mismatch": "決められた書き方の文字列",
    "list": _LIST,
    "tuple": _LIST,
    "dict": _TABLE,
    "model": _TABLE,
    "mapping": _TABLE,
    "time": _TIME,
    "date": _DAY,
    "datetime": "2026-06-03T09:00:00 のような日時（囲まない）",
    "greater_than": "{gt}より大きい数",
    "greater_than_equal": "{ge}以上の数",
    "less_than": "{lt}より小さい数",
    "less_than_equal": "{le}以下の数",
    "multiple_of": "{multiple_of}の倍数",
    "string_too_short": "{min_length}字以上の文字列",
    "string_too_long": "{max_length}字以内の文字列",
    "too_short": "{min_length}個以上の並び",
    "too_long": "{max_length}個以内の並び",
}
"""What is told for pydantic's type of an error, else for the part of it before the first `_`; the braces are of its context."""
_OTHERWISE = "この項目に書ける値"

M = TypeVar("M", bound=BaseModel)


def read_settings(path: Path, model: type[M]) -> M:
    """Read the file at `path` as `model`. Raises Failed(Settings_Wrong, file=, field=, expected=) for the first thing wrong."""
    return checked_settings(file_named(path), settings_values(path), model)


def settings_problems(path: Path, model: type[BaseModel]) -> list[Failed]:
    """List everything that is wrong with the file at `path`."""
    try:
        values = settings_values(path)
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
            (prefix + _path(told["loc"])).rstrip("."),
            _expected(told["type"], told["msg"], told.get("ctx", {})),
        )
        for told in error.errors(include_url=False, include_input=False)
    ]


def _expected(kind: str, message: str, context: dict[str, Any]) -> str:
    """Tell in Japanese what pydantic expected. A ValueError of a model's own has the sentence in it."""
    if kind in ("value_error", "assertion_error"):
        return message.partition(", ")[2]
    if kind in ("literal_error", "enum"):
        return "、".join(re.findall(r"'([^']*)'", str(context.get("expected", "")))) + " のいずれか"
    return _EXPECTED.get(kind, _EXPECTED.get(kind.split("_")[0], _OTHERWISE)).format_map(context)


def settings_values(path: Path) -> dict[str, Any]:
    """Read the file at `path` without a model. Raises as `read_settings`."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text)
    except OSError:
        raise settings_wrong(file_named(path), "", "このファイル（ないか、読めません）") from None
    except UnicodeDecodeError:
        raise settings_wrong(
            file_named(path), "", "文字コード UTF-8 のファイル（ほかの文字コードです）"
        ) from None
    except tomllib.TOMLDecodeError as error:
        if text.startswith("\ufeff"):
            raise settings_wrong(file_named(path), "", "先頭に BOM のない UTF-8 のファイル") from None
        raise Failed(
            "Settings_Wrong",
            file=file_named(path),
            line=_line(text, error),
            field="",
            expected=_toml_expected(text, error),
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets in brackets without end
        raise settings_wrong(
            file_named(path), "", "読み取れる TOML（数の桁や、かっこの重なりが多すぎます）"
        ) from None


_TWICE = re.compile(r"Cannot (overwrite|declare|mutate|redefine)|Duplicate")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|#.*")
_TIME_LIKE, _PARTED = re.compile(r"=\s*\d{1,2}:\d"), re.compile(r"=\s*\d{1,3},\d{3}")
_FULL_WIDTH = re.compile("[！-～　“”‘’]")


def _toml_expected(text: str, error: tomllib.TOMLDecodeError) -> str:
    """Tell in Japanese what should stand on the line that no TOML parser reads; its own words are English and few."""
    line = (text.splitlines() or [""])[_line(text, error) - 1]
    bare = _QUOTED.sub("", line)
    if _TWICE.match(str(error)):
        return "ほかと重ならない項目や表の名前（同じ名前が、前の行にもあります）"
    if _TIME_LIKE.search(bare):
        return "06:30:00 のように秒まで書いた、23:59:59 までの時刻（24時までは 23:59:59）"
    if "Invalid date" in str(error):
        return "暦にある日付（2026-06-03 のように書く）"
    if wide := _FULL_WIDTH.search(bare):
        return f"半角の記号・数字・空白（{'空白' if wide[0] == '　' else f'「{wide[0]}」'}が全角です）"
    if '"' in bare or "'" in bare:
        return '同じ行の中で閉じた文字列（"…" のように囲む）'
    if _PARTED.search(bare):
        return "桁を区切らない整数（1000 のように書く）"
    if not bare.partition("=")[2].isascii():
        return '囲んだ文字列（"…"）か、2026-06-03 のような日付、09:00:00 のような時刻、数、true、false'
    return "TOML の書き方の行（項目 = 値、または [表の名前]）"


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\")(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"))*)\s*=")


def line_of_field(text: str, field: str) -> int:
    """Find the line of TOML `text` on which `field` stands, named as messages do (`closed[1].first`), else that of the table in
    which it is missing; 0 if there is none."""
    lines: dict[str, int] = {}
    arrays: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = ""
            parts = [part.strip().strip('"') for part in header[2].split(".")]
            for place, part in enumerate(parts, start=1):
                table = f"{table}.{part}".removeprefix(".")
                if header[1] == "[[" and place == len(parts):
                    arrays[table] = arrays.get(table, 0) + 1
                if table in arrays:
                    table += f"[{arrays[table]}]"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            name = re.sub(r"\s*\.\s*", ".", key[1]).replace('"', "")
            lines.setdefault(f"{table}.{name}".removeprefix("."), number)
    while field and field not in lines:
        field = re.sub(r"(\[\d+\]|\.?[^.\[\]]+)$", "", field) if field[-1] != "." else field[:-1]
    return lines.get(field, 0)


def _line(text: str, error: tomllib.TOMLDecodeError) -> int:
    """The line that the parser's message names; the last one where it names the end of the file."""
    named = re.search(r"at line (\d+)", str(error))
    return int(named[1]) if named else max(1, len(text.splitlines()))


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
