"""Runs one shipped scenario by its real steps until a sentence fails, and tells which."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from _pytest.fixtures import call_fixture_func
from pytest_bdd.feature import get_features
from pytest_bdd.parser import Scenario, Step
from pytest_bdd.scenario import get_step_function, parse_step_arguments

from scenarios import paths
from scenarios.driver import NotReached, Terminal
from scenarios.leaks import LeakSearch
from scenarios.stage import Stage
from scenarios.stage_secrets import stage_secrets
from scenarios.steps.judge import AFTERWARDS

IMPATIENCE, QUIET = 0.5, 0.1
"""Real seconds that the sentence which must fail is waited for, and those that nothing goes on at the terminal before that."""


@dataclass(frozen=True)
class Failure:
    """The step that failed, as it stands in the feature, and why."""

    sentence: str
    error: AssertionError | LookupError


@cache
def shipped(title: str) -> Scenario:
    """The one scenario of that title. Raises LookupError for none or several."""
    found = [scenario for scenario in _all() if scenario.name == title]
    if len(found) != 1:
        raise LookupError(f"{len(found)} scenarios are called 「{title}」")
    return found[0]


def _all() -> Iterator[Scenario]:
    for feature in get_features([str(path) for path in sorted(paths.FEATURES.glob("*.feature"))]):
        for template in feature.scenarios.values():
            rows = [row for examples in template.examples for row in examples.as_contexts()]
            yield from (template.render(row) for row in rows or [{}])


def run(
    request: pytest.FixtureRequest, scenario: Scenario, *, doubted: str, patch: pytest.MonkeyPatch
) -> Failure | None:
    """What fails first, or None. What waits for a state gives up early in the step `doubted` only, so that a slow machine
    makes no other step fail. The stage is that of the `world` fixture."""
    for step in scenario.steps:
        with patch.context() as hurry:
            if step.name == doubted:
                hurry.setattr(Terminal, "wait_until", _impatient)
            try:
                _carry_out(request, step)
            except (AssertionError, LookupError) as error:
                return Failure(step.name, error)
    return None


_wait_until = Terminal.wait_until


def _impatient(
    terminal: Terminal, condition: Callable[[], bool], what: str, patience: float = IMPATIENCE
) -> None:
    since = 0.0

    def settled() -> bool:
        nonlocal since
        if not terminal.call("idle"):
            since = 0.0
        else:
            since = since or time.monotonic()
        return bool(since) and time.monotonic() - since > QUIET

    _wait_until(terminal, lambda: condition() or settled(), what, min(patience, IMPATIENCE))
    if not condition():
        raise NotReached(f"not reached: {what}")


def search_afterwards(stage: Stage, outputs: dict[str, str]) -> Failure | None:
    """What the judge looks for when the steps are done: secrets in the trace and in what was printed and logged."""
    folder = stage.trace.folder
    assert folder is not None, "this run keeps no trace"
    stage.close_trace()
    search = LeakSearch(stage_secrets(stage.template, paths.home() / "test-keys"))
    found = search.in_trace(folder)
    for where, text in outputs.items():
        found += search.in_text(where, text)
    return Failure(AFTERWARDS, AssertionError("、".join(found))) if found else None


def _carry_out(request: pytest.FixtureRequest, step: Step) -> None:
    """As pytest-bdd does, without its hooks: nothing of a planted run becomes evidence."""
    found = get_step_function(request, step)
    if found is None:
        raise NotImplementedError(f"no step is written for 「{step.name}」")
    wanted = inspect.signature(found.step_func).parameters
    told = {name: value for name, value in parse_step_arguments(step, found).items() if name in wanted}
    missing = [
        name for name, one in wanted.items() if name not in told and one.default is inspect.Parameter.empty
    ]
    told |= {name: request.getfixturevalue(name) for name in missing}
    call_fixture_func(found.step_func, request, told)
