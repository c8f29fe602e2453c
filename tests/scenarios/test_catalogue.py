"""The failure catalogue says of every failure what provokes it, and that is so."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from functools import cache

import pytest
from gherkin.parser import Parser
from typer.testing import CliRunner

from scenarios import paths
from scenarios.cli import app
from server_stub.interface.failures import CATALOGUE

NAME = re.compile(r"「([A-Z]\w+_\w+)」")


@dataclass(frozen=True)
class Scenario:
    """`titles`: as it runs, and for an example also the example's first cell."""

    titles: frozenset[str]
    steps: str

    @property
    def failures(self) -> set[str]:
        return set(NAME.findall(self.steps))


@cache
def every_scenario() -> tuple[Scenario, ...]:
    """Outlines with each example filled in."""
    found = []
    for path in sorted(paths.FEATURES.glob("*.feature")):
        feature = Parser().parse(path.read_text(encoding="utf-8"))["feature"]
        for child in feature["children"]:
            if "scenario" not in child:
                continue
            told = child["scenario"]
            steps = "\n".join(step["text"] for step in told["steps"])
            for row in _examples(told) or [{}]:
                first = list(row.values())[:1]
                found.append(Scenario(frozenset([_filled(told["name"], row), *first]), _filled(steps, row)))
    return tuple(found)


def _examples(told: dict) -> list[dict[str, str]]:  # type: ignore[type-arg]
    return [
        {
            head["value"]: cell["value"]
            for head, cell in zip(table["tableHeader"]["cells"], row["cells"], strict=True)
        }
        for table in told["examples"]
        for row in table["tableBody"]
    ]


def _filled(text: str, row: dict[str, str]) -> str:
    for name, value in row.items():
        text = text.replace(f"<{name}>", value)
    return text


def complaint(failure: str, reference: str) -> str:
    """What is wrong with `reference` as that which provokes `failure`; '' for nothing."""
    if "::" not in reference:
        titled = [scenario for scenario in every_scenario() if reference in scenario.titles]
        if not titled:
            return "no such scenario"
        return "" if any(failure in scenario.failures for scenario in titled) else "it does not name it"
    file, _, function = reference.partition("::")
    path = paths.ROOT / file
    if not path.is_file():
        return "no such file"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    if not tests or not function.startswith("test_"):
        return "no such test"
    inside = list(ast.walk(tests[0]))
    texts = [node.value for node in inside if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if not any(re.search(rf"\b{failure}\b", text) for text in texts):
        return "it does not name it"
    demands = any(isinstance(node, ast.Assert) or _raises(node) for node in inside)
    return "" if demands else "it demands nothing"


def _raises(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "raises"


def test_every_failure_has_a_scenario_or_a_test_that_really_names_it() -> None:
    wrong = {
        f.name: f"{f.scenario}: {told}" for f in CATALOGUE.values() if (told := complaint(f.name, f.scenario))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("failure", "reference", "told"),
    [
        ("Card_Removed", "", "no such scenario"),
        ("Card_Removed", "そのような場面はない", "no such scenario"),
        ("Card_Removed", "応答しないカード", "it does not name it"),
        ("Card_Mute", "応答しないカード", ""),
        ("Card_Mute", "読み取れない応答しないカード", ""),
        ("Font_Missing", "tests/paper/no_such_file.py::test_a_missing_font_is_named", "no such file"),
        ("Font_Missing", "tests/paper/test_glyphs.py::test_no_such_test", "no such test"),
        ("Font_Missing", "tests/paper/test_glyphs.py::glyph_of", "no such test"),
        ("Card_Removed", "tests/paper/test_glyphs.py::test_a_missing_font_is_named", "it does not name it"),
        ("Font_Missing", "tests/paper/test_glyphs.py::test_a_missing_font_is_named", ""),
    ],
)
def test_a_wrong_reference_would_be_noticed(failure: str, reference: str, told: str) -> None:
    assert complaint(failure, reference) == told


def test_every_failure_that_a_scenario_names_is_in_the_catalogue_with_a_scenario() -> None:
    named = set().union(*(scenario.failures for scenario in every_scenario()))
    assert named <= set(CATALOGUE)
    assert {name for name in named if "::" in CATALOGUE[name].scenario} == set()


def test_no_refusal_on_a_screen_that_a_resident_can_cause_is_left_to_a_test_alone() -> None:
    """What stands under `file::test` needs a broken server, a broken delivery, a wrong setting, or a tester's own card."""
    left = {f.name for f in CATALOGUE.values() if "::" in f.scenario}
    by_resident = {
        name for name in CATALOGUE if name.startswith(("Card_", "Money_", "Visit_", "Service_", "Seal_"))
    }
    assert left & by_resident == {"Card_Not_Enrolled", "Card_Pin_Withheld"}


def test_the_command_tells_the_whole_catalogue() -> None:
    told = CliRunner().invoke(app, ["failures", "--json"])
    rows = json.loads(told.stdout)
    assert [row["name"] for row in rows] == list(CATALOGUE)
    assert all(row[key] for row in rows for key in ("name", "cause", "remedy", "scenario"))
