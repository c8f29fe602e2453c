"""The requirements: what must hold, by the clause that asks it, and which scenarios show it.

They stand in one file, `requirements.toml`. A scenario carries their ids as tags: `@要件-住記-5.1-02`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from gherkin.parser import Parser
from pydantic import Field

from server_stub.settings_file import (
    Settings,
    SettingsText,
    file_named,
    matching,
    read_settings,
    settings_wrong,
)

FILE = Path(__file__).parent / "requirements.toml"
MARK = "要件"
TAG = f"{MARK}-"
"""What a tag begins with that names a requirement; its id follows."""


class Requirement(Settings):
    """One thing that must hold. `source`: the clause, ordinance or publication that asks it, in our own words; `proved`: it was
    read there (else it is 推定). `built`: the product does it. `tests`: FILE::TEST of each test that shows it, where no scenario
    can."""

    id: Annotated[str, matching(r"\w+(-[\w.]+)+", "住記-5.1-02 のような、出典の箇所と番号")]
    chapter: SettingsText
    text: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    proved: bool
    built: bool
    tests: list[Annotated[str, Field(pattern=r"^tests/\S+\.py::test_\w+$")]] = []


class _File(Settings):
    requirement: list[Requirement]


@functools.cache
def load_requirements(file: Path = FILE) -> Mapping[str, Requirement]:
    """Load all by their ids, in the order of the file. Raises Failed(Settings_Wrong), for an id that stands there twice too."""
    found: dict[str, Requirement] = {}
    for number, one in enumerate(read_settings(file, _File).requirement, start=1):
        if one.id in found:
            raise settings_wrong(file_named(file), f"requirement[{number}].id", "ほかと重ならない ID")
        found[one.id] = one
    return found


@dataclass(frozen=True, slots=True)
class Case:
    """What is run as one: a scenario, or one row of an outline's examples (`example`: its values in words, '' for none).

    `line` is the scenario's; `ids` the requirements it names, whether or not there are such; `tags` the other tags, `steps` the
    sentences; `digest` is over all that is carried out, so that a verdict of another text is none of this one."""

    file: Path
    feature: str
    scenario: str
    example: str
    line: int
    ids: tuple[str, ...]
    tags: tuple[str, ...]
    steps: tuple[str, ...]
    digest: str

    @property
    def title(self) -> str:
        return self.scenario + (f"（{self.example}）" if self.example else "")


def cases(files: Sequence[Path]) -> list[Case]:
    """List what the features `files` (checked ones) run, in order."""
    return [case for file in files for case in _cases_of(file)]


def _cases_of(file: Path) -> Iterator[Case]:
    feature = Parser().parse(file.read_text(encoding="utf-8"))["feature"]
    if feature is None:
        return
    for group, tags in _groups(feature):
        before = [
            step
            for child in group["children"]
            if "background" in child
            for step in child["background"]["steps"]
        ]
        if group is not feature:
            before = [*_background(feature), *before]
        for child in group["children"]:
            if "scenario" in child:
                yield from _cases_of_scenario(file, feature["name"], before, child["scenario"], tags)


def _groups(feature: Any) -> Iterator[tuple[Any, list[str]]]:
    """The feature and its rules, with the tags that hold for all within."""
    tags = _tags(feature)
    yield feature, tags
    for child in feature["children"]:
        if "rule" in child:
            yield child["rule"], [*tags, *_tags(child["rule"])]


def _background(feature: Any) -> list[Any]:
    return [
        step
        for child in feature["children"]
        if "background" in child
        for step in child["background"]["steps"]
    ]


def _cases_of_scenario(
    file: Path, feature: str, before: Sequence[Any], scenario: Any, tags: Sequence[str]
) -> Iterator[Case]:
    own = [*tags, *_tags(scenario)]
    steps = [(step["keyword"].strip(), step["text"]) for step in (*before, *scenario["steps"])]
    rows: list[tuple[list[str], dict[str, str]]] = [
        (
            [*own, *_tags(table)],
            {
                head["value"]: cell["value"]
                for head, cell in zip(table["tableHeader"]["cells"], row["cells"], strict=True)
            },
        )
        for table in scenario["examples"]
        for row in table["tableBody"]
    ]
    for names, row in rows or [(own, {})]:
        ids = [name.removeprefix(TAG) for name in names if name.startswith(TAG)]
        # other tags say where it is run
        others = sorted({name for name in names if not name.startswith(TAG)})
        carried_out = json.dumps([others, steps, row], ensure_ascii=False)
        yield Case(
            file=file,
            feature=feature,
            scenario=_filled(scenario["name"], row),
            example="、".join(row.values()),
            line=scenario["location"]["line"],
            ids=tuple(dict.fromkeys(ids)),
            tags=tuple(others),
            steps=tuple(_filled(text, row) for _, text in steps),
            digest=hashlib.sha256(carried_out.encode()).hexdigest()[:16],
        )


def _tags(node: Any) -> list[str]:
    return [tag["name"].removeprefix("@") for tag in node["tags"]]


def _filled(text: str, row: Mapping[str, str]) -> str:
    for name, value in row.items():
        text = text.replace(f"<{name}>", value)
    return text
