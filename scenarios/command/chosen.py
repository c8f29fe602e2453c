"""Are the chosen features ones that can be run, and is the expression one? Looked at before anything is started, so that a
slip costs no waiting."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from _pytest.mark.expression import Expression

from scenarios.feature_check import check, feature_files, tags
from scenarios.nearest import nearest
from scenarios.requirements import cases

from .usage import WrongUse


def check_features(paths: Sequence[Path]) -> None:
    """Raises WrongUse for a path that is not there or holds no feature, and for everything in the features that could not be
    run as it stands there, with file and line, all of it at once."""
    for path in paths:
        if not path.exists():
            raise WrongUse(f"{path} がありません。")
        if path.is_file() and path.suffix != ".feature":
            raise WrongUse(f"{path} はシナリオのファイル（.feature）ではありません。")
        if not feature_files([path]):
            raise WrongUse(f"{path} にシナリオのファイル（.feature）がありません。")
        if path.is_dir() and (others := _almost_features(path)):
            raise WrongUse(f"{others[0]} は実行されません。拡張子を .feature にしてください。")
    problems = check(feature_files(paths))
    if len(problems) == 1:
        raise WrongUse(f"{problems[0]}（何も実行していません）")
    if problems:
        told = "\n".join(f"　{problem}" for problem in problems)
        raise WrongUse(f"シナリオに{len(problems)}件の誤りがあります。何も実行していません。\n{told}")


def check_tags(expression: str, paths: Sequence[Path]) -> None:
    """Raises WrongUse for an expression ('' is none) that cannot be read or names a tag that no chosen feature has."""
    check_expression("--tag", expression)
    there = {tag for file in feature_files(paths) for _, tag in tags(file.read_text(encoding="utf-8"))}
    for name in re.findall(r"[\w.+-]+", expression):
        if name not in there | {"and", "or", "not"}:
            near = nearest(name, there)
            hint = (
                f"もしかして: {' ／ '.join(near)}"
                if near
                else f"あるタグ: {' ／ '.join(sorted(there)) or 'なし'}"
            )
            raise WrongUse(f"タグ「{name}」のシナリオはありません。{hint}")


def _almost_features(folder: Path) -> list[Path]:
    """Files that were meant for features and would not be found."""
    found = set(feature_files([folder]))
    return sorted(
        path
        for path in folder.rglob("*")
        if path.name.lower().endswith((".feature", ".feature.txt")) and path not in found
    )


def check_expression(option: str, expression: str) -> None:
    """Raises WrongUse for what pytest's -k and -m cannot read ('' is none). `option`: its name, for the user."""
    try:
        if expression:
            Expression.compile(expression)
    except (SyntaxError, ValueError) as error:
        raise WrongUse(f"{option} の式「{expression}」を読み取れません。") from error


def plain_title(text: str) -> str:
    """A title as it is compared: widths, letter case, spaces and quotation marks do not matter, nor what stands before and behind it
    where it was copied from (a feature, the command line)."""
    text = re.sub(r"^\s*(?:[○×－]\s|(?:シナリオ(?:アウトライン|テンプレート)?|例)\s*[:：])\s*", "", text)
    text = re.sub(r"\s\s[0-9.]+ 秒\s*$", "", text)
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if not character.isspace() and character not in _QUOTES)


_QUOTES = "「」『』“”‘’\"'"


def pasted_titles(keyword: str, paths: Sequence[Path]) -> tuple[str, ...]:
    """The titles (as plain_title has them) that `keyword` is, or is a part of; none for an expression of names and tags, or ''.

    An expression is what pytest reads as one, unless it stands in a title just so. Raises WrongUse for what is neither, with the
    nearest titles."""
    if not (plain := plain_title(keyword)):
        check_expression("-k", keyword)
        return ()
    found = cases(feature_files(paths))
    is_name = re.fullmatch(r"\w+", keyword) is not None and any(keyword in case.title for case in found)
    whole = [case for case in found if plain in (plain_title(case.title), plain_title(case.scenario))]
    chosen = whole or [case for case in found if plain in plain_title(case.title)]
    if chosen and not is_name:
        return tuple(dict.fromkeys(plain_title(case.title) for case in chosen))
    try:
        check_expression("-k", keyword)
    except WrongUse as error:
        raise WrongUse(f"{error}{near_titles(keyword, paths)}") from None
    return ()


def near_titles(keyword: str, paths: Sequence[Path]) -> str:
    """The titles that somebody may have meant by `keyword`, in words; '' if none is near."""
    titles = {plain_title(case.title): case.title for case in cases(feature_files(paths))}
    near = nearest(plain_title(keyword), titles)
    return f"もしかして: {' ／ '.join(titles[one] for one in near)}" if near else ""
