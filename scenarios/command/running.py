"""`konbini run`: scenarios without knowing pytest. It starts pytest with our plugin and tells the verdicts in our words."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scenarios.evidence import OVERVIEW, is_ours, remove_pages, write_overview
from scenarios.evidence.junit import junit_xml
from scenarios.feature_check import feature_files
from scenarios.last_verdicts import remember
from scenarios.paths import FEATURES, ROOT
from scenarios.steps.standstill import ALWAYS, NEVER
from scenarios.verdict import FAILED, MARKS, PASSED, SKIPPED, Verdict, Why, shown_path

from .chosen import check_features, check_tags, near_titles, pasted_titles
from .colours import BAD, GOOD, NAME, WARNING, marked, painted
from .display import PLATFORM, need_display
from .progress import Progress
from .titles import OPTION as TITLES
from .usage import WrongUse, usable_folder

_log = logging.getLogger(__name__)
ALL_PASSED, SOME_FAILED, WRONG_USE = 0, 1, 2
FEATURES_VARIABLE = "KONBINI_FEATURES"
EVIDENCE = "evidence"
"""Where evidence of failures is kept unasked."""
_BINDING = Path(__file__).resolve().parent.parent / "steps" / "bind.py"
_SETTINGS = Path(__file__).resolve().parent.parent / "steps" / "pytest.ini"
_NAMED = 10
"""So many scenarios that were not run are named."""
_LONGEST = 120
"""Characters of what was expected, and of what was found, on the command line; the page has the whole."""


def chosen_files() -> list[Path]:
    """The feature files of the run that this process belongs to; none where other tests are run."""
    return feature_files([Path(path) for path in json.loads(os.environ.get(FEATURES_VARIABLE, "[]"))])


@dataclass
class Outcome:
    """Collects the verdicts of a run as they come, and prints each. `problems`: what kept scenarios from being run."""

    verbose: bool = False
    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _progress: Progress = field(default_factory=lambda: Progress("シナリオ", "", only_on_a_screen=True))
    _expected: set[str] = field(default_factory=set)
    _ended: set[str] = field(default_factory=set)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._expected.update(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        self._expected.update(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = getattr(report, "konbini_verdict", None)
        if told is not None:
            self._tell(report.nodeid, Verdict.from_json(told))
        elif report.when not in ("setup", "call", "teardown"):  # the process of a worker has ended
            self._tell(report.nodeid, _crashed(report))
        if self.verbose and report.failed:
            print(report.longreprtext, flush=True)

    def _tell(self, node: str, verdict: Verdict) -> None:
        self._ended.add(node)
        self.verdicts.append(verdict)
        self._progress.clear()
        beside = verdict.skipped if verdict.outcome == SKIPPED else f"{verdict.seconds:.2f} 秒"
        print(f"{marked(MARKS[verdict.outcome])} {verdict.title}  {beside}", flush=True)
        for line in (
            *_why(verdict),
            *(f"{painted('注意:', WARNING)} {warning}" for warning in verdict.warnings),
        ):
            print(f"    {line}", flush=True)
        self._tell_progress()

    def pytest_runtest_logstart(self) -> None:
        self._tell_progress()

    def pytest_fixture_setup(self) -> None:
        self._tell_progress()

    def _tell_progress(self) -> None:
        what = "シナリオ" if self._ended else "準備中"
        self._progress.tell(len(self._ended), len(self._expected), what)

    def pytest_sessionfinish(self) -> None:
        self._progress.clear()

    def swallowed(self) -> list[str]:
        """What was to be run and has no verdict."""
        return sorted(node.split("::")[-1].removeprefix("test_") for node in self._expected - self._ended)

    def count(self, outcome: str) -> int:
        return Counter(verdict.outcome for verdict in self.verdicts)[outcome]


def _why(verdict: Verdict) -> Iterable[str]:
    """Three lines: where and which sentence, expected and found, and where the page lies."""
    if (why := verdict.why) is None:
        return
    page = shown_path(Path(verdict.page)) if verdict.page else "（書けませんでした）"
    yield f"{painted(verdict.place, NAME)}　{why.sentence}"
    yield f"期待: {painted(_short(why.expected), GOOD)}　／　実際: {painted(_short(why.found), BAD)}"
    yield f"証跡: {page}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _crashed(report: pytest.TestReport) -> Verdict:
    """A scenario during which its process ended: nobody was left to judge it."""
    name = report.nodeid.split("::")[-1].removeprefix("test_")
    why = Why(
        "シナリオの途中",
        "シナリオの終わりまで動くこと",
        "実行していたプロセスが終了しました",
        details=report.longreprtext,
    )
    return Verdict("", name, "", "", 0, FAILED, whys=(why,))


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
    verbose: bool = False,
    strict_screen: bool = False,
) -> int:
    """Runs the features under `paths` (all of the project's if empty) and returns the exit code: 0 something passed and nothing
    failed, 1 any failed, 2 wrong use, set-up error, nothing matched, or nothing was carried out. The last line printed is
    `N passed, N failed`.

    `evidence`: keep a page of every scenario there; of those that failed one is kept in any case (in `evidence/`). The pages of
    an earlier run in a folder that this one writes into are removed. `verbose`: tell errors as they were raised. `strict_screen`: a terminal that
    stood still fails its scenario. Raises WrongUse for paths and an expression that cannot be used, and for a display that is
    not there."""
    chosen = [path.resolve() for path in paths] or [FEATURES]
    check_features(chosen)
    titles = pasted_titles(keyword, chosen)
    if tags and not tags.replace("@", "").strip():
        raise WrongUse("--tag にタグの名前がありません。例: --tag @急ぎ")
    tags = tags.replace("@", "")
    check_tags(tags, chosen)
    folder = (evidence or Path(EVIDENCE)).resolve()
    if evidence:
        usable_folder(evidence, "--evidence")
    if (folder / OVERVIEW).exists() and not is_ours(folder / OVERVIEW):
        raise WrongUse(
            f"{folder} には別の {OVERVIEW} があります。証跡には別のフォルダを --evidence で指定してください。"
        )
    if junit:
        usable_folder(junit.parent, "--junit")
        if junit.is_dir():
            raise WrongUse(f"--junit に指定した {junit} はフォルダです。ファイルの名前を指定してください。")
        if junit.resolve() == folder / OVERVIEW or (
            junit.exists() and junit.resolve() in feature_files(chosen)
        ):
            raise WrongUse(
                f"--junit に指定した {junit} は、証跡の一覧かシナリオのファイルです。別の名前を指定してください。"
            )
    os.environ[FEATURES_VARIABLE] = json.dumps([str(path) for path in chosen])
    if headed:
        need_display("--headed を付けずに実行してください。")
    else:
        os.environ[PLATFORM] = "offscreen"
    arguments = [str(_BINDING), "-c", str(_SETTINGS), f"--rootdir={ROOT}", "-p", "scenarios.fail_on_log"]
    arguments += ["-p", "scenarios.steps.plugin", "-p", "no:cacheprovider", "-q", "--no-header", "--tb=short"]
    # plugins of our own tests that scenarios do not need, and that are slow to load
    arguments += ["-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio"]
    arguments += ["-p", "scenarios.command.titles"]
    if titles:
        arguments += [f"{TITLES}={json.dumps(titles)}"]
    elif keyword:
        arguments += ["-k", keyword]
    if tags:
        arguments += ["-m", tags]
    if jobs > 1:
        arguments += ["-n", str(jobs)]
    if evidence:
        arguments += [f"--konbini-evidence={folder}"]
    arguments += [f"--konbini-reader={reader}"]
    arguments += [f"--konbini-strict-screen={ALWAYS if strict_screen else NEVER}"]
    if trust:
        arguments += ["--konbini-trust-test-hierarchy"]
    if headed:
        arguments += ["--konbini-headed"]
    if evidence:
        remove_pages(folder)
    if junit:  # a run that is killed must not leave the results of the one before
        junit.unlink(missing_ok=True)
    outcome = Outcome(verbose)
    try:
        code = int(pytest.main(arguments, plugins=[outcome]))
    except (Exception, SystemExit) as error:
        # whatever it was: what has been judged is told, and that the run was not ended
        _log.critical("the run ends with an error", exc_info=error)
        code = int(pytest.ExitCode.INTERNAL_ERROR)
    near = near_titles(keyword, chosen) if keyword and not titles else ""
    return _close(outcome, code, folder, junit, asked=evidence is not None, near=near)


def _close(outcome: Outcome, code: int, folder: Path, junit: Path | None, *, asked: bool, near: str) -> int:
    """Write what is written of a whole run, tell the counts; the exit code. `near`: what may have been meant where nothing matched."""
    verdicts, problems = outcome.verdicts, list(outcome.problems)
    passed, failed, skipped = map(outcome.count, (PASSED, FAILED, SKIPPED))
    if code == pytest.ExitCode.USAGE_ERROR:
        problems.append("シナリオを始められません（上の pytest の説明をご覧ください）。")
    elif code == pytest.ExitCode.NO_TESTS_COLLECTED and not problems:
        problems.append(f"条件に合うシナリオがありません。{near}")
    elif code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not problems:
        problems.append("実行が途中で終わりました。")
    elif not passed and not failed and not problems:
        problems.append("一つも実施されていません。未実施の理由を、シナリオごとにご確認ください。")
    if swallowed := outcome.swallowed():
        more = f" ほか{len(swallowed) - _NAMED}件" if len(swallowed) > _NAMED else ""
        problems.append(f"実行されなかったシナリオがあります: {'、'.join(swallowed[:_NAMED])}{more}")
    pages = {Path(verdict.page).name for verdict in verdicts if verdict.page}
    if asked or pages:  # where nothing is written, what an earlier run has left is not touched
        remove_pages(folder, but=pages)
        write_overview(folder, verdicts, problems=problems)
    if junit:
        junit.write_text(junit_xml(verdicts, problems), encoding="utf-8")
    remember(verdicts)
    for problem in problems:
        print(f"{painted('konbini run:', BAD, sys.stderr)} {problem}", file=sys.stderr)
    counts = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    print(painted(counts, BAD if problems or failed else GOOD))
    return WRONG_USE if problems else SOME_FAILED if failed else ALL_PASSED
