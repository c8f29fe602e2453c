"""The check of features before the stage starts: nothing that the text declares is swallowed, every sentence is known, and
every word in it.

What the text declares is counted line by line, without the parser, and compared with what pytest-bdd will run.
"""

from __future__ import annotations

import glob
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gherkin.dialect import Dialect
from gherkin.errors import CompositeParserException
from gherkin.parser import Parser
from gherkin.token_matcher import TokenMatcher

from scenarios.nearest import nearest
from scenarios.requirements import MARK, TAG, load_requirements
from scenarios.steps.sentences import KEYWORDS, alike, find, other_keyword
from scenarios.steps.slots import speak_of
from scenarios.towns import tagged_towns

LANGUAGE = "# language: ja"
BOM = "\ufeff"
PYTEST_TAGS = frozenset(
    {
        "filterwarnings",
        "parametrize",
        "skip",
        "skipif",
        "usefixtures",
        "xfail",
        "timeout",
        "tryfirst",
        "trylast",
    }
    | {
        "expects_log",
        "qt_log_level_fail",
        "qt_log_ignore",
        "qt_no_exception_capture",
        "no_qt_log",
        "xdist_group",
    }
)
"""Names that mean something to the runner: a tag of that name would change what a scenario does."""
_KINDS = ("feature", "background", "rule", "scenario_outline", "scenario", "examples")
_STEPS = ("given", "when", "then", "and", "but")
_JAPANESE = {
    "feature": "機能", "background": "背景", "rule": "ルール", "scenario_outline": "シナリオアウトライン",
    "scenario": "シナリオ", "examples": "例",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong at a line (from 1) of a file, and the nearest right thing, as a tester is told."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file} {self.line}行目: {self.text}"


def check(files: Sequence[Path]) -> list[Problem]:
    """Every problem of every file, in order."""
    return [problem for file in files for problem in sorted(set(_check_file(file)))]


def feature_files(paths: Sequence[Path]) -> list[Path]:
    """The files that pytest-bdd finds under `paths`, each once."""
    found: dict[Path, None] = {}
    for path in paths:
        # with glob, as pytest-bdd looks: what it passes over is not found here either
        escaped = glob.escape(str(path))
        pattern = f"{escaped}/**/*.feature" if path.is_dir() else escaped
        inside = glob.glob(pattern, recursive=True)  # noqa: PTH207
        found |= dict.fromkeys(Path(one) for one in sorted(inside))
    return list(found)


# --- the text, line by line ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line with a keyword: its kind, the keyword, what follows the colon, and what is wrong if it is not written as the parser
    needs it."""

    number: int
    kind: str
    word: str
    name: str
    flaw: str = ""


def lines_of(text: str) -> list[str]:
    """The lines as the parser has them: str.splitlines also ends a line at U+2028, form feeds and others of the kind, and what
    is read here as a step would be part of a name or comment there."""
    return text.removesuffix("\n").split("\n") if text else []


def _keywords() -> list[tuple[str, str]]:
    """Keyword and kind, Japanese and English, the longest first."""
    found: dict[str, str] = {}
    for language in ("ja", "en"):
        dialect = Dialect.for_name(language)
        for kind in _KINDS:
            found |= dict.fromkeys(getattr(dialect, f"{kind}_keywords"), kind)
    return sorted(found.items(), key=lambda one: -len(one[0]))


_KEYWORDS = _keywords()
_STEP_KEYWORDS = tuple(
    word.strip()
    for language in ("ja", "en")
    for kind in _STEPS
    for word in getattr(Dialect.for_name(language), f"{kind}_keywords")
)


def keyword_lines(text: str) -> list[Line]:
    """Every line that declares something, in whatever width and spacing; not what stands in a docstring, table or comment."""
    found: list[Line] = []
    fence, after_step = "", False
    for number, raw in enumerate(lines_of(text), start=1):
        line = raw.strip().lstrip(BOM)
        if fence:
            fence = "" if line.startswith(fence) else fence
            continue
        if after_step and line.startswith(('"""', "```")):
            fence = line[:3]
            continue
        if not line or line.startswith(("#", "|", "@")):
            continue
        after_step = line.startswith(_STEP_KEYWORDS)
        if (told := _keyword_line(number, line)) is not None:
            found.append(told)
    return found


def _keyword_line(number: int, line: str) -> Line | None:
    plain = unicodedata.normalize("NFKC", line)
    for word, kind in _KEYWORDS:
        match = re.match(rf"{re.escape(word)}(\s*:|\s+(?=\S)|\s*$)\s*(.*)", plain, re.IGNORECASE)
        if match is None:
            continue
        if ":" not in match[1]:
            if kind in ("examples", "feature") or word.isascii():
                return None  # words of a description
            return Line(number, kind, word, match[2], f"「{word}」のあとに半角のコロン（:）がありません。")
        written = re.match(rf"{re.escape(word)}\s*:", line)
        if written is not None and written[0] == f"{word}:":
            return Line(number, kind, word, match[2])
        if not line.startswith(word):
            return Line(
                number, kind, word, match[2], f"「{word}」は全角の文字で「{word}:」と書いてください。"
            )
        flaw = "コロンが全角です" if "：" in line[: len(word) + 4] else "「:」の前に空白があります"
        return Line(number, kind, word, match[2], f"{flaw}。半角で「{word}:」と書いてください。")
    return None


def declared(text: str) -> int:
    """How many scenarios the text declares, each row of 例 for one; counted without the parser."""
    lines = lines_of(text)
    marks = keyword_lines(text)
    total = 0
    for index, mark in enumerate(marks):
        if mark.kind not in ("scenario", "scenario_outline"):
            continue
        rows, has_examples = 0, False
        for later in marks[index + 1 :]:
            if later.kind != "examples":
                break
            has_examples = True
            rows += max(0, _table_rows(lines, later.number) - 1)
        total += rows if has_examples else 1
    return total


def _table_rows(lines: Sequence[str], number: int) -> int:
    """Rows of the table under line `number`, the header among them."""
    count = 0
    for line in lines[number:]:
        told = line.strip()
        if told.startswith("|"):
            count += 1
        elif told and not told.startswith("#") and (count or _keyword_line(0, told) or told.startswith("@")):
            break
    return count


def tags(text: str) -> list[tuple[int, str]]:
    """Line and name of every tag."""
    found, fence, after_step = [], "", False
    for number, raw in enumerate(lines_of(text), start=1):
        line = raw.strip()
        if fence:
            fence = "" if line.startswith(fence) else fence
        elif after_step and line.startswith(('"""', "```")):
            fence = line[:3]
        elif line.startswith("@"):
            found += [(number, tag) for tag in re.findall(r"@([^\s@#]+)", re.split(r"\s#", line)[0])]
        elif line and not line.startswith(("#", "|")):
            after_step = line.startswith(_STEP_KEYWORDS)
    return found


# --- one file ------------------------------------------------------------------------------------------------------------


def _check_file(file: Path) -> Iterator[Problem]:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        yield Problem(file, 1, "UTF-8 の文書ではありません。UTF-8（BOM なし）で保存し直してください。")
        return
    if text.startswith(BOM):
        yield Problem(file, 1, "先頭に BOM があります。BOM なしの UTF-8 で保存し直してください。")
        text = text.removeprefix(BOM)
    if not text.strip():
        yield Problem(file, 1, "シナリオがありません。")
        return
    yield from _check_characters(file, text)
    marks = keyword_lines(text)
    flawed = [mark for mark in marks if mark.flaw]
    yield from (Problem(file, mark.number, mark.flaw) for mark in flawed)
    yield from _check_language(file, text)
    yield from _check_tags(file, text)
    try:
        document = _parsed(_repaired(text, flawed))
    except CompositeParserException as error:
        lines = {one.location["line"] for one in error.errors}
        # what the parser still misses at the end of the file follows from what it could not read before
        lines = {line for line in lines if line <= len(lines_of(text))} or lines
        yield from (Problem(file, line, _unreadable(text, line)) for line in lines)
        return
    feature = document.get("feature")
    if not feature or not any("scenario" in child or "rule" in child for child in feature["children"]):
        yield Problem(file, 1, "シナリオがありません。")
        return
    scenarios = list(_scenarios(feature))
    yield from _check_swallowed(file, marks, feature, scenarios)
    yield from _check_descriptions(file, lines_of(text), feature)
    yield from _check_scenarios(file, feature, scenarios)


def _repaired(text: str, flawed: Sequence[Line]) -> str:
    """With the keywords as they were meant, so that what is wrong besides is found as well."""
    lines = lines_of(text)
    for mark in flawed:
        lines[mark.number - 1] = f"{mark.word}: {mark.name}"
    return "\n".join(lines)


def _parsed(text: str) -> dict[str, Any]:
    """The document; a text that names no language is read as Japanese, so that what is wrong besides is found as well.
    Raises CompositeParserException."""
    matcher = TokenMatcher("en" if re.search(r"^\s*#\s*language\s*:", text, re.MULTILINE) else "ja")
    return dict(Parser().parse(text, matcher))


def _check_language(file: Path, text: str) -> Iterator[Problem]:
    lines = [line.strip() for line in lines_of(text)]
    begun = [index for index, line in enumerate(lines) if line and not line.startswith("#")]
    head = lines[: begun[0]] if begun else lines
    told = [match[1] for line in head if (match := re.fullmatch(r"#\s*language\s*:\s*(\S+)", line))]
    if not told:
        yield Problem(file, 1, f"一行目に「{LANGUAGE}」がありません。")
    elif told[0] not in ("ja", "en"):
        yield Problem(file, 1, f"言語「{told[0]}」は使えません。一行目を「{LANGUAGE}」にしてください。")


def _check_characters(file: Path, text: str) -> Iterator[Problem]:
    """What nobody sees may end a line for one reader and not for the next, or make two names look like one."""
    for number, line in enumerate(lines_of(text), start=1):
        for one in dict.fromkeys(line):
            if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") and one not in "\t\r":
                yield Problem(
                    file, number, f"目に見えない文字（U+{ord(one):04X}）があります。取り除いてください。"
                )


def _check_tags(file: Path, text: str) -> Iterator[Problem]:
    for number, tag in tags(text):
        if tag.startswith(MARK) and (told := _unknown_requirement(tag)):
            yield Problem(file, number, told)
        elif tag in PYTEST_TAGS or tag.startswith("_"):
            yield Problem(
                file, number, f"タグ「@{tag}」は実行のしくみが使う名前です。別の名前にしてください。"
            )
        elif not re.fullmatch(r"[\w.+-]+", tag):
            yield Problem(file, number, f"タグ「@{tag}」に使える記号は「_」「-」「+」「.」だけです。")


def _unknown_requirement(tag: str) -> str:
    """What is wrong with a tag that is meant to name a requirement; '' if it does."""
    known = load_requirements()
    id_ = tag.removeprefix(TAG)
    if tag.startswith(TAG) and id_ in known:
        return ""
    near = nearest(id_.removeprefix(MARK), known)
    told = f"タグ「@{tag}」の要件はありません。"
    return told + (
        f"もしかして: {' ／ '.join(f'@{TAG}{one}' for one in near)}"
        if near
        else "要件は konbini requirements で一覧できます。"
    )


def _unreadable(text: str, line: int) -> str:
    lines = lines_of(text)
    if line > len(lines):
        return '途中で終わっています。「"""」で始めた文書が閉じられていないか、ご確認ください。'
    told = lines[line - 1].strip() if line <= len(lines) else ""
    if told.startswith("|"):
        return "表の列の数が見出しと合いません。"
    word = re.split(r"[\s:：「]", unicodedata.normalize("NFKC", told))[0]
    near = nearest(word, [*(one for one, _ in _KEYWORDS if not one.isascii()), *KEYWORDS.values(), "かつ"])
    return f"「{told}」を読み取れません。" + (f"もしかして: {' ／ '.join(near)}" if near else "")


# --- what would be swallowed ---------------------------------------------------------------------------------------------


def _scenarios(feature: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in feature["children"]:
        if "rule" in child:
            yield from (one["scenario"] for one in child["rule"]["children"] if "scenario" in one)
        elif "scenario" in child:
            yield child["scenario"]


def _parsed_lines(feature: dict[str, Any]) -> set[tuple[int, str]]:
    """Line and kind of everything that the parser has found (an outline counts for a scenario)."""
    found = {(feature["location"]["line"], "feature")}
    for child in feature["children"]:
        for kind, node in child.items():
            found.add((node["location"]["line"], kind))
            for inner in node.get("children", ()):
                found |= {(one["location"]["line"], name) for name, one in inner.items()}
    for scenario in _scenarios(feature):
        found |= {(one["location"]["line"], "examples") for one in scenario["examples"]}
    return found


def _check_swallowed(
    file: Path, marks: Sequence[Line], feature: dict[str, Any], scenarios: Sequence[dict[str, Any]]
) -> Iterator[Problem]:
    parsed = _parsed_lines(feature)
    for mark in marks:
        kind = "scenario" if mark.kind == "scenario_outline" else mark.kind
        if (mark.number, kind) not in parsed:
            yield Problem(file, mark.number, _why_swallowed(mark))
    counted = {(mark.number, "scenario" if mark.kind == "scenario_outline" else mark.kind) for mark in marks}
    for line, kind in sorted(parsed - counted):
        yield Problem(
            file, line, f"この行が{_JAPANESE[kind]}かどうか、はっきりしません。書き方を見直してください。"
        )
    first: dict[str, int] = {}
    for scenario in scenarios:
        name, line = scenario["name"], scenario["location"]["line"]
        if name in first:
            yield Problem(
                file, line, f"「{name}」は{first[name]}行目のシナリオと同じ名前です。片方しか実行されません。"
            )
        elif not name:
            yield Problem(file, line, "シナリオに名前がありません。")
        first.setdefault(name, line)


def _check_descriptions(file: Path, lines: Sequence[str], feature: dict[str, Any]) -> Iterator[Problem]:
    """A step whose keyword the parser does not know (「Then」, 「ﾅﾗﾊﾞ」, none at all) is a description before the first one that it
    does know, and is never carried out."""
    nodes = [feature, *(node for child in feature["children"] for node in child.values())]
    nodes += [
        node
        for child in feature["children"]
        for one in child.get("rule", {}).get("children", ())
        for node in one.values()
    ]
    nodes += [table for scenario in _scenarios(feature) for table in scenario["examples"]]
    for node in nodes:
        body = "steps" in node
        for number, raw in _description(lines, node):
            line = unicodedata.normalize("NFKC", raw).strip(" \t-・")
            word = next((one for one in _STEP_KEYWORDS if line.lower().startswith(one.lower())), "")
            rest = line[len(word) :].strip(" :")
            known = any(
                find(kind, one) is not None
                for kind in KEYWORDS
                for one in (rest, line, line.partition(" ")[2].strip())
            )
            if known or (body and word and (not word.isascii() or line[len(word) :][:1] in (" ", ":"))):
                yield Problem(
                    file,
                    number,
                    f"「{raw.strip()}」は説明の文とみなされ、実行されません。「前提」「もし」「ならば」「かつ」のどれかで始めてください。",
                )


def _description(lines: Sequence[str], node: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Number and text of each line of the description of a node."""
    told = {line.strip() for line in lines_of(node.get("description") or "")} - {""}
    for number in range(node["location"]["line"], len(lines)):
        line = lines[number].strip()
        if line and not line.startswith("#"):
            if line not in told:
                return
            yield number + 1, line


def _why_swallowed(mark: Line) -> str:
    if mark.kind == "examples":
        return "この「例」はどのシナリオアウトラインにも属さず、実行されません（シナリオなら「シナリオ:」と書いてください）。"
    return f"この「{_JAPANESE[mark.kind]}」は説明の文とみなされ、実行されません。"


# --- scenarios and sentences ---------------------------------------------------------------------------------------------


def _check_scenarios(
    file: Path, feature: dict[str, Any], scenarios: Sequence[dict[str, Any]]
) -> Iterator[Problem]:
    groups = [feature, *(child["rule"] for child in feature["children"] if "rule" in child)]
    names = _tag_names(feature)
    rules = {
        one["scenario"]["id"]: _tag_names(rule)
        for rule in groups[1:]
        for one in rule["children"]
        if "scenario" in one
    }
    for group in groups:
        speak_of(tagged_towns(names | _tag_names(group)))
        for child in group["children"]:
            if "background" in child:
                steps = child["background"]["steps"]
                for step in steps:
                    if found := re.search(r"<([^<>]+)>", step["text"]):
                        yield Problem(
                            file, step["location"]["line"], f"背景の文に〈{found[1]}〉は使えません。"
                        )
                yield from _check_steps(file, steps, [])
    for scenario in scenarios:
        speak_of(tagged_towns(names | rules.get(scenario["id"], set()) | _tag_names(scenario)))
        line, outline = (
            scenario["location"]["line"],
            scenario["keyword"] not in ("シナリオ", "Scenario", "Example"),
        )
        if not scenario["steps"]:
            yield Problem(file, line, f"「{scenario['name']}」に手順が一つもありません。")
        rows = list(_rows(scenario))
        if outline and not scenario["examples"]:
            yield Problem(file, line, f"「{scenario['name']}」に「例:」の表がありません。")
        for table in scenario["examples"]:
            if not table.get("tableBody"):
                yield Problem(file, table["location"]["line"], "「例」の表に行がありません。")
            yield from _check_head(file, table)
            yield from _check_cells(file, table)
        yield from _check_columns(file, scenario, rows)
        yield from _check_steps(file, scenario["steps"], rows)


def _tag_names(node: dict[str, Any]) -> set[str]:
    return {tag["name"].removeprefix("@") for tag in node.get("tags", ())}


Row = tuple[int, dict[str, str]]


def _rows(scenario: dict[str, Any]) -> Iterator[Row]:
    """Line and values by column of each row of 例."""
    for table in scenario["examples"]:
        head = [cell["value"] for cell in (table.get("tableHeader") or {"cells": []})["cells"]]
        for row in table.get("tableBody", ()):
            yield (
                row["location"]["line"],
                dict(zip(head, (cell["value"] for cell in row["cells"]), strict=False)),
            )


def _check_head(file: Path, table: dict[str, Any]) -> Iterator[Problem]:
    head = table.get("tableHeader")
    if not head:
        return
    names = [cell["value"] for cell in head["cells"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(file, head["location"]["line"], f"列「{name}」が二つあります。")


def _check_cells(file: Path, table: dict[str, Any]) -> Iterator[Problem]:
    """A value is put in as it stands: a column that it names is not."""
    names = [cell["value"] for cell in (table.get("tableHeader") or {"cells": []})["cells"]]
    for row in table.get("tableBody", ()):
        for cell in row["cells"]:
            if any(f"<{name}>" in cell["value"] for name in names):
                yield Problem(
                    file, row["location"]["line"], f"表の値「{cell['value']}」に列の名前は使えません。"
                )


def _check_columns(file: Path, scenario: dict[str, Any], rows: Sequence[Row]) -> Iterator[Problem]:
    texts = [(scenario["location"]["line"], scenario["name"])]
    texts += [(step["location"]["line"], step["text"]) for step in scenario["steps"]]
    tables = [
        (table["tableHeader"]["location"]["line"], [cell["value"] for cell in table["tableHeader"]["cells"]])
        for table in scenario["examples"]
        if table.get("tableHeader")
    ]
    used = {name for _, text in texts for name in re.findall(r"<([^<>]+)>", text)}
    for head_line, names in tables:
        yield from (
            Problem(
                file,
                head_line,
                f"列「{name}」はどの文にも〈{name}〉として使われていません（<{name}> は半角で書きます）。",
            )
            for name in names
            if name not in used
        )
    for line, text in texts:
        for name in re.findall(r"<([^<>]+)>", text):
            if not scenario["examples"]:
                yield Problem(
                    file,
                    line,
                    f"〈{name}〉に入れる「例:」の表がありません（表のないシナリオでは、半角の < > を使えません）。",
                )
            for head_line, names in tables:
                if name not in names:
                    near = nearest(name, names)
                    hint = f"もしかして: {' ／ '.join(near)}" if near else f"表の列: {' ／ '.join(names)}"
                    yield Problem(
                        file, line, f"「例」の表（{head_line}行目）に列「{name}」がありません。{hint}"
                    )


def _check_steps(file: Path, steps: Sequence[dict[str, Any]], rows: Sequence[Row]) -> Iterator[Problem]:
    kind = ""
    for step in steps:
        for part, name in (("dataTable", "表"), ("docString", "文書")):
            if part in step:
                at = step[part]["location"]["line"]
                yield Problem(
                    file, at, f"「{step['text']}」に{name}は付けられません（読まれないままになります）。"
                )
        own = {"Context": "given", "Action": "when", "Outcome": "then"}.get(step["keywordType"], "")
        kind = own or kind
        line, text = step["location"]["line"], step["text"]
        if not kind:
            yield Problem(file, line, "最初の手順は「前提」「もし」「ならば」のどれかで始めてください。")
            continue
        if "<" not in text or not rows:
            yield from _check_sentence(file, line, kind, text)
            continue
        for row_line, values in rows:
            filled = re.sub(r"<([^<>]+)>", lambda match, row=values: row.get(match[1], match[0]), text)  # type: ignore[misc]
            if "<" not in filled:
                yield from _check_sentence(file, line, kind, filled, row_line)


def _check_sentence(file: Path, line: int, kind: str, text: str, row: int = 0) -> Iterator[Problem]:
    found = find(kind, text)
    if found is not None:
        yield from (
            Problem(file, row or line, f"{word}（{found.keyword}　{text}）") for word in found.unknown(text)
        )
        return
    told = f"「{text}」という文はありません。"
    other = other_keyword(kind, text)
    if other is not None:
        told = f"「{text}」は「{KEYWORDS[kind]}」の文ではありません。「{other.keyword}」の文です。"
    elif near := alike(kind, text):
        told += f"もしかして: {' ／ '.join(near)}"
    else:
        told += "使える文は konbini steps で一覧できます。"
    yield Problem(file, line, told + (f"（例の{row}行目）" if row else ""))
