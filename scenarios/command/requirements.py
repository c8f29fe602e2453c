"""`konbini requirements`: each requirement, the scenarios that show it, their last verdicts, and what nothing covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cards.columns import hung
from scenarios.feature_check import feature_files
from scenarios.last_verdicts import Last, last_verdicts
from scenarios.paths import FEATURES
from scenarios.requirements import TAG, Case, Requirement, cases, load_requirements
from scenarios.verdict import FAILED, MARKS, PASSED, SKIPPED, WORDS, shown_path

from .usage import WrongUse

NOT_RUN, BY_TESTS, UNCOVERED, TO_COME = "not_run", "by_tests", "uncovered", "to_come"
_WORDS = {
    PASSED: "合格",
    FAILED: "不合格",
    NOT_RUN: "未実施",
    BY_TESTS: "試験で確認",
    UNCOVERED: "確認なし",
    TO_COME: "これから",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement with what is run for it. `verdicts` by case, of those that were run as they stand."""

    requirement: Requirement
    cases: tuple[Case, ...]
    verdicts: Mapping[Case, Last]

    @property
    def state(self) -> str:
        """`passed` only if every one of its scenarios has passed."""
        outcomes = [self.outcome(case) for case in self.cases]
        if FAILED in outcomes:
            return FAILED
        if outcomes:
            return PASSED if set(outcomes) == {PASSED} else NOT_RUN
        if self.requirement.tests:
            return BY_TESTS
        return UNCOVERED if self.requirement.built else TO_COME

    def outcome(self, case: Case) -> str:
        """Of one case: passed, failed, skipped, or `not_run`."""
        last = self.verdicts.get(case)
        return NOT_RUN if last is None else last.outcome

    def to_json(self) -> dict[str, Any]:
        told = self.requirement.model_dump()
        return told | {
            "state": self.state,
            "scenarios": [
                {
                    "file": shown_path(case.file),
                    "line": case.line,
                    "scenario": case.title,
                    "outcome": self.outcome(case),
                    "at": self.verdicts[case].at if case in self.verdicts else None,
                }
                for case in self.cases
            ],
        }


def rows() -> list[Row]:
    """List all requirements. Raises WrongUse where a scenario names one that is not there, Failed(Settings_Wrong)."""
    known = load_requirements()
    run = cases(feature_files([FEATURES]))
    for case in run:
        for id_ in case.ids:
            if id_ not in known:
                raise WrongUse(
                    f"{shown_path(case.file)} {case.line}行目: タグ「@{TAG}{id_}」の要件はありません。"
                )
    verdicts = last_verdicts(run)
    return [Row(one, tuple(case for case in run if id_ in case.ids), verdicts) for id_, one in known.items()]


def lines(told: Sequence[Row], columns: int | None) -> Iterator[str]:
    """Tell them to a person, on a terminal of so many columns."""
    chapter = ""
    for row in told:
        one = row.requirement
        if one.chapter != chapter:
            chapter = one.chapter
            yield f"■ {chapter}"
        yield from hung(f"【{_WORDS[row.state]}】 {one.id}　", one.text, columns)
        yield from hung("　　出典　", one.source + ("" if one.proved else "（推定）"), columns)
        for case, outcomes in _by_scenario(row):
            yield from hung(
                "　　", f"{_marked(outcomes)}　{case.file.name}:{case.line} {case.scenario}", columns
            )
        for test in one.tests:
            yield from hung("　　試験　", test, columns)
    yield ""
    yield from _summary(told)


def _by_scenario(row: Row) -> Iterator[tuple[Case, list[str]]]:
    """Each scenario once, with the outcomes of all its rows; of an outline its name as it stands for its first row."""
    found: dict[tuple[str, int], tuple[Case, list[str]]] = {}
    for case in row.cases:
        known = found.setdefault((str(case.file), case.line), (case, []))
        known[1].append(row.outcome(case))
    for case, outcomes in found.values():
        several = f"{case.scenario} ほか{len(outcomes) - 1}例" if len(outcomes) > 1 else case.scenario
        yield replace(case, scenario=several), outcomes


def _marked(outcomes: Sequence[str]) -> str:
    """The worst of several decides."""
    worst = next((one for one in (FAILED, NOT_RUN, SKIPPED) if one in outcomes), PASSED)
    return f"{MARKS.get(worst, MARKS[SKIPPED])} {WORDS.get(worst, _WORDS[NOT_RUN])}"


def _summary(told: Sequence[Row]) -> Iterator[str]:
    built = [row for row in told if row.requirement.built]
    guessed = sum(not row.requirement.proved for row in told)
    yield f"要件 {len(told)}件（推定 {guessed}件）: できているもの {len(built)}件、これからのもの {len(told) - len(built)}件"
    counts = (
        f"{_WORDS[state]} {sum(row.state == state for row in built)}件"
        for state in _WORDS
        if state != TO_COME
    )
    yield f"できているもの: {'、'.join(counts)}"
    if bare := uncovered(told):
        yield f"できているのに確かめるものがない要件: {'、'.join(row.requirement.id for row in bare)}"
    if early := [row for row in told if not row.requirement.built and row.cases]:
        yield f"これからの要件なのにシナリオがあるもの: {'、'.join(row.requirement.id for row in early)}"


def uncovered(told: Sequence[Row]) -> list[Row]:
    """List the requirements that are said to be built and that nothing shows."""
    return [row for row in told if row.state == UNCOVERED]
