"""Are the chosen features ones that can be run, and is the expression one? Looked at before anything is started, so that a
slip costs no waiting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from _pytest.mark.expression import Expression
from gherkin.errors import CompositeParserException
from gherkin.parser import Parser

from .usage import WrongUse


def check_features(paths: Sequence[Path]) -> None:
    """Raises WrongUse for a path that is not there, holds no scenario, or cannot be read, with file and line."""
    for path in paths:
        if not path.exists():
            raise WrongUse(f"{path} がありません。")
        if path.is_file() and path.suffix != ".feature":
            raise WrongUse(f"{path} はシナリオのファイル（.feature）ではありません。")
        files = [path] if path.is_file() else sorted(path.rglob("*.feature"))
        if not files:
            raise WrongUse(f"{path} にシナリオのファイル（.feature）がありません。")
        for file in files:
            _check_feature(file)


def check_expression(keyword: str) -> None:
    """Raises WrongUse for what pytest's -k cannot read ('' is none)."""
    try:
        if keyword:
            Expression.compile(keyword)
    except (SyntaxError, ValueError) as error:
        raise WrongUse(f"-k の式「{keyword}」を読み取れません。") from error


def _check_feature(file: Path) -> None:
    try:
        document = Parser().parse(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise WrongUse(f"{file} は UTF-8 の文書ではありません。") from error
    except CompositeParserException as error:
        line = error.errors[0].location["line"]
        raise WrongUse(f"{file} の{line}行目をシナリオとして読み取れません。") from error
    feature = document.get("feature")
    if not feature or not feature["children"]:
        raise WrongUse(f"{file} にシナリオがありません。")
