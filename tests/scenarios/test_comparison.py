"""docs/comparison.md: each line says what shows it, and what it names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scenarios import paths
from scenarios.feature_check import feature_files
from scenarios.requirements import cases

_NOT_SHOWN = ("対象外", "未対応")


def shown_by() -> Iterator[str]:
    """The last cell of each line of each table."""
    for line in (paths.ROOT / "docs" / "comparison.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(cells[0]) <= set("-") and cells[0] != "項目":
            yield cells[-1]


def test_what_is_not_simulated_stands_in_one_table() -> None:
    text = (paths.ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    before, heading, after = text.partition("\n## 対象外（not simulated）\n")
    assert heading and after.count("\n## ") == 0
    rows = [line for line in after.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 10
    assert all("| 対象外（" in row for row in rows)
    assert "| 対象外（" not in before


def test_every_line_of_both_documents_says_what_shows_it() -> None:
    titles = {
        name for case in cases(feature_files([paths.FEATURES])) for name in (case.scenario, case.feature)
    }
    lines = list(shown_by())
    assert len(lines) > 30
    for cell in lines:
        named = re.findall("「([^」]+)」", cell)
        tests = re.findall(r"`(tests/[^`:]+\.py)(?:::(\w+))?`", cell)
        other = re.findall(r"`(scenarios/[^`]+)`", cell)
        assert named or tests or other or cell.startswith(_NOT_SHOWN), cell
        assert set(named) <= titles, cell
        for file, test in tests:
            text = (paths.ROOT / file).read_text(encoding="utf-8")
            assert f"def {test}" in text, cell
        assert all((paths.ROOT / one).exists() for one in other), cell
