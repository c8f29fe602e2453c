"""`konbini run`: scenarios without knowing pytest. It starts pytest with our plugin and tells the result in our words."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scenarios import places
from scenarios.evidence import write_overview

from .chosen import check_expression, check_features, check_tags
from .display import PLATFORM, need_display
from .usage import WrongUse, usable_folder

PASSED, FAILED, WRONG_USE = 0, 1, 2
FEATURES_VARIABLE = "KONBINI_FEATURES"
_BINDING = Path(__file__).resolve().parent.parent / "steps" / "bind.py"
_SETTINGS = Path(__file__).resolve().parent.parent / "steps" / "pytest.ini"


@dataclass
class Outcome:
    """Counts a run as it goes, and prints a line for each scenario."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    _reports: dict[str, list[pytest.TestReport]] = field(default_factory=dict)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known = self._reports.setdefault(report.nodeid, [])
        known.append(report)
        if report.when != "teardown":
            return
        worst = max(known, key=lambda one: ("passed", "skipped", "failed").index(one.outcome))
        self.counts[worst.outcome] += 1
        mark = {"passed": "○", "failed": "×", "skipped": "－"}[worst.outcome]
        seconds = sum(one.duration for one in known)
        why = _reason(worst) if worst.skipped else f"{seconds:.2f} 秒"
        print(f"{mark} {_title(known)}  {why}", flush=True)
        for one in known:
            if one.failed:
                print(one.longreprtext, flush=True)
        del self._reports[report.nodeid]


def _title(reports: list[pytest.TestReport]) -> str:
    """The scenario's own title."""
    told = {key: value for one in reports for key, value in one.user_properties}
    return str(told.get("scenario", "")) or reports[0].nodeid.split("::")[-1].removeprefix("test_")


def _reason(report: pytest.TestReport) -> str:
    told = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longreprtext
    return str(told).removeprefix("Skipped: ")


def run_scenarios(
    paths: Sequence[Path],
    *,
    keyword: str = "",
    tags: str = "",
    jobs: int = 1,
    evidence: Path | None = None,
    junit: Path | None = None,
    headed: bool = False,
    reader: str = "virtual",
    trust: bool = False,
) -> int:
    """Runs the features under `paths` (all of the project's if empty) and returns the exit code: 0 all passed, 1 any
    failed, 2 wrong use, set-up error or nothing matched. The last line printed is `N passed, N failed`.

    Raises WrongUse for paths and an expression that cannot be used, and for a display that is not there."""
    chosen = [path.resolve() for path in paths] or [places.FEATURES]
    check_features(chosen)
    check_expression("-k", keyword)
    tags = tags.replace("@", "")
    check_tags(tags, chosen)
    if evidence:
        usable_folder(evidence, "--evidence")
    if junit:
        usable_folder(junit.parent, "--junit")
        if junit.is_dir():
            raise WrongUse(f"--junit に指定した {junit} はフォルダです。ファイルの名前を指定してください。")
    os.environ[FEATURES_VARIABLE] = os.pathsep.join(map(str, chosen))
    if headed:
        need_display("--headed を付けずに実行してください。")
    else:
        os.environ[PLATFORM] = "offscreen"
    arguments = [str(_BINDING), "-c", str(_SETTINGS), f"--rootdir={places.ROOT}", "-p", "scenarios.quiet"]
    arguments += ["-p", "scenarios.steps.plugin", "-p", "no:cacheprovider", "-q", "--no-header", "--tb=short"]
    if keyword:
        arguments += ["-k", keyword]
    if tags:
        arguments += ["-m", tags]
    if jobs > 1:
        arguments += ["-n", str(jobs)]
    if junit:
        arguments += [f"--junitxml={junit.resolve()}"]
    if evidence:
        arguments += [f"--konbini-evidence={evidence.resolve()}"]
    arguments += [f"--konbini-reader={reader}"]
    if trust:
        arguments += ["--konbini-trust-test-hierarchy"]
    if headed:
        arguments += ["--konbini-headed"]
    outcome = Outcome()
    code = pytest.main(arguments, plugins=[outcome])
    if evidence and evidence.exists():
        write_overview(evidence)
    counts = outcome.counts
    if code == pytest.ExitCode.USAGE_ERROR:
        print("konbini run: シナリオを始められません（上の pytest の説明をご覧ください）。", file=sys.stderr)
    elif code == pytest.ExitCode.NO_TESTS_COLLECTED:
        print("konbini run: 条件に合うシナリオがありません。", file=sys.stderr)
    for problem in outcome.problems:
        print(problem, file=sys.stderr)
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    print(line + (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
    if (
        outcome.problems
        or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        or not sum(counts.values())
    ):
        return WRONG_USE
    return FAILED if counts["failed"] else PASSED
