"""The judge of one scenario: follows it from before its set-up until after its tear-down, and only then says what became of it.

The runner's reports are held back until the verdict stands: a secret that was left behind fails the scenario like anything
else, and page, index, JUnit and command line cannot differ.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scenarios import paths
from scenarios.evidence import Planned, failures_of, write_evidence
from scenarios.leaks import LeakSearch
from scenarios.verdict import FAILED, PASSED, SKIPPED, Verdict, Why, shown_path, why_of
from server_stub.interface.secret import MASK

if TYPE_CHECKING:
    from pytest_bdd.parser import ScenarioTemplate

PREPARING, AFTERWARDS = "手順に入る前の準備", "手順の後の確認"
NO_LEAK = "暗証番号、パスワード、個人番号、鍵が、記録・出力のどこにも残らないこと"
_EXPECTED = {PREPARING: "準備が整うこと", AFTERWARDS: "手順の後の確認に通ること"}
_LONGEST_NAME = 60
"""Characters of a page's name besides its digest: a file system has room for 255 bytes, and kanji take three."""
_LONGEST_DETAILS = 4000


class Recorder:
    """Where the trace of one test goes, and how far its steps have come. `wanted`: evidence is asked for even if it passes.

    `papers` are the sheets that were printed, named by their ids: for the page, and in no trace. `names`: 呼び名 by 宛名番号.
    """

    def __init__(self, config: pytest.Config) -> None:
        asked = str(config.getoption("--konbini-evidence"))
        self.wanted = bool(asked)
        self.target = Path(asked or "evidence")
        self._root = Path(tempfile.mkdtemp(prefix="konbini-trace-", dir=paths.fast_temporary_root()))
        self.folder = self._root / "trace"
        self.index = 0
        self.step: Any = None
        """The step (of pytest-bdd) that has begun and not ended."""
        self.broken: Any = None
        """The step that failed."""
        self.seen = ""
        """What the screen showed when it did."""
        self.warnings: list[str] = []
        self.names: Mapping[str, str] = {}
        self.search: LeakSearch | None = None
        self.run = ""

    @property
    def papers(self) -> list[Path]:
        return sorted(self._root.glob("papers/*.pdf"))

    def keep_papers(self, sheets: Iterable[Path]) -> None:
        """The stage throws them away with the visit."""
        folder = self._root / "papers"
        folder.mkdir(exist_ok=True)
        for sheet in sheets:
            try:
                os.link(sheet, folder / sheet.name)
            except OSError:  # another file system, or one without links
                shutil.copyfile(sheet, folder / sheet.name)

    def close(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)


class Judge:
    """`failed` is told of each failed report as it comes; `conclude` says the verdict over all of them."""

    def __init__(self, item: pytest.Item, template: ScenarioTemplate) -> None:
        callspec = getattr(item, "callspec", None)
        example: dict[str, str] = callspec.params.get("_pytest_bdd_example", {}) if callspec else {}
        scenario = template.render(example)
        self.recorder = Recorder(item.config)
        self._plan = [Planned(step.keyword.strip(), step.name, step.line_number) for step in scenario.steps]
        self._file = Path(template.feature.filename)
        self._digest = hashlib.sha256(f"{self._file}\0{template.line_number}\0{item.name}".encode())
        self._whys: list[Why] = []
        self._verdict = Verdict(
            feature=template.feature.name or self._file.stem,
            scenario=scenario.name,
            example="、".join(example.values()),
            file=shown_path(self._file),
            line=template.line_number,
            outcome=PASSED,
            steps=len(self._plan),
            tags=tuple(sorted(template.tags | template.feature.tags)),
            about="\n".join(line.strip() for line in (template.description or "").strip().splitlines()),
            sentences=tuple(planned.sentence for planned in self._plan),
        )

    def failed(self, report: pytest.TestReport, error: BaseException | None) -> None:
        """Keep why, while the error itself is at hand."""
        recorder, step = self.recorder, self.recorder.broken
        told = f"{type(error).__name__}: {error}" if error is not None else report.longreprtext
        if report.when == "call" and step is not None:
            why = why_of(error, told, seen=recorder.seen)
            sentence = f"{step.keyword.strip()}　{step.name}"
            why = replace(why, sentence=sentence, step=recorder.index, line=step.line_number)
        else:
            before = report.when == "setup" or (report.when == "call" and recorder.index == 0)
            sentence = PREPARING if before else AFTERWARDS
            why = replace(why_of(error, told, otherwise=_EXPECTED[sentence]), sentence=sentence)
        self._whys.append(why)

    def conclude(self, reports: Sequence[pytest.TestReport]) -> Verdict:
        """The verdict, its page written if there is to be one. What is secret in the reports is masked, and fails the last."""
        last = reports[-1]
        self._search(reports)
        verdict = self._say(reports)
        if self.recorder.wanted or verdict.outcome == FAILED:
            verdict = self._write(verdict, last)
        last.konbini_verdict = verdict.to_json()  # type: ignore[attr-defined]
        return verdict

    # --- secrets ---------------------------------------------------------------------------------------------------------

    def _search(self, reports: Sequence[pytest.TestReport]) -> None:
        """In the trace and its bodies, in the error texts, and in all that was printed and logged."""
        search = self.recorder.search
        if search is None:  # no stage stood: there was nothing secret
            return
        found = search.in_trace(self.recorder.folder)
        for report in reports:
            texts = {"エラーの文": report.longreprtext, **dict(report.sections)}
            leaking = [where for where, text in texts.items() if text and search.in_text(where, text)]
            for where in leaking:
                found += search.in_text(_section(where), texts[where])
            if leaking:
                report.longrepr = _masked(search, report.longreprtext) or report.longrepr
                report.sections = [(name, _masked(search, text)) for name, text in report.sections]
        for why in self._whys:
            if search.in_text("", f"{why.expected}\n{why.found}\n{why.details}"):
                self._whys[self._whys.index(why)] = replace(
                    why,
                    expected=_masked(search, why.expected),
                    found=_masked(search, why.found),
                    details=_masked(search, why.details),
                )
        if found:
            self._add_leaks(found, reports[-1])

    def _add_leaks(self, found: Iterable[str], last: pytest.TestReport) -> None:
        told = "、".join(dict.fromkeys(found))
        self._whys.append(Why(AFTERWARDS, NO_LEAK, f"残っていたもの: {told}"))
        earlier = f"{last.longreprtext}\n" if last.failed else ""
        last.outcome, last.longrepr = "failed", f"{earlier}{AFTERWARDS}: 秘密の情報が残っています: {told}"

    # --- the verdict and its page -------------------------------------------------------------------------------------------

    def _say(self, reports: Sequence[pytest.TestReport]) -> Verdict:
        skipped = next((report for report in reports if report.skipped), None)
        failed = any(report.failed for report in reports)
        whys = tuple(self._finished(why) for why in self._whys)
        if failed and not whys:  # nothing that fails goes without a reason
            told = next(report.longreprtext for report in reports if report.failed)
            whys = (replace(why_of(None, told, otherwise=_EXPECTED[AFTERWARDS]), sentence=AFTERWARDS),)
        return replace(
            self._verdict,
            outcome=FAILED if failed else SKIPPED if skipped else PASSED,
            seconds=sum(report.duration for report in reports),
            whys=whys if failed else (),
            skipped=_reason(skipped) if skipped and not failed else "",
            warnings=tuple(self.recorder.warnings),
            sheets=len(self.recorder.papers),
            run=self.recorder.run,
            failures=failures_of(self.recorder.folder),
        )

    def _finished(self, why: Why) -> Why:
        """Persons by their names, texts of bounded length."""
        return replace(
            why,
            expected=self._named(why.expected),
            found=self._named(why.found),
            details=why.details[:_LONGEST_DETAILS],
        )

    def _named(self, text: str) -> str:
        for key, name in self.recorder.names.items():
            text = re.sub(rf"(?<!\d){re.escape(key)}(?!\d)", name, text)
        return text

    def _write(self, verdict: Verdict, last: pytest.TestReport) -> Verdict:
        recorder = self.recorder
        name = re.sub(r"[^\w-]+", "_", f"{self._file.stem}-{verdict.title}")[:_LONGEST_NAME]
        page = recorder.target.resolve() / f"{name}-{self._digest.hexdigest()[:8]}.html"
        left: list[str] = []

        def clean(text: str) -> str | None:
            if recorder.search is None or not (found := recorder.search.in_page(text)):
                return text
            left.extend(found)
            masked = _masked(recorder.search, text)
            return None if recorder.search.in_page(masked) else masked

        verdict = replace(verdict, page=str(page))
        try:
            self._write_page(verdict, page, clean)
            if left and verdict.outcome != FAILED:
                self._add_leaks([f"{one}（証跡のページ）" for one in left], last)
                verdict = replace(
                    verdict, outcome=FAILED, whys=tuple(self._finished(why) for why in self._whys)
                )
                self._write_page(verdict, page, clean)
        except Exception as error:
            # a pass without its proof is none, and the run goes on
            why = why_of(error, f"{type(error).__name__}: {error}", otherwise="証跡のページが書けること")
            last.outcome, last.longrepr = "failed", why.details
            verdict = replace(
                verdict, outcome=FAILED, whys=(*verdict.whys, replace(why, sentence=AFTERWARDS)), page=""
            )
        return verdict

    def _write_page(self, verdict: Verdict, page: Path, clean: Any) -> None:
        recorder = self.recorder
        write_evidence(recorder.folder, page, verdict, plan=self._plan, papers=recorder.papers, clean=clean)

    def close(self) -> None:
        self.recorder.close()


def _masked(search: LeakSearch, text: str) -> str:
    """Without what is spelled out; nothing of it, where a secret is still there in another form."""
    masked = search.mask(text)
    return masked if not search.in_text("", masked) else f"（秘密の情報を含むため表示しません {MASK}）"


def _section(name: str) -> str:
    """pytest's name of a piece of output, in words."""
    for told, word in (("stdout", "標準出力"), ("stderr", "標準エラー出力"), ("log", "ログ")):
        if told in name:
            return word
    return name


def _reason(report: pytest.TestReport) -> str:
    told = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longreprtext
    return str(told).removeprefix("Skipped: ")
