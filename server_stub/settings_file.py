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
            expected="TOML の書き方の行",
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets in brackets without end
        raise settings_wrong(
            file_named(path), "", "読み取れる TOML（数の桁や、かっこの重なりが多すぎます）"
        ) from None


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
