"""The pages themselves: filled templates, every picture embedded, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import functools
import hashlib
import platform
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from scenarios import trace_labels
from scenarios.verdict import FAILED, LAST_PAPER, PASSED, SKIPPED, WORDS, Verdict, Why
from server_stub.interface.clock import Clock

from . import wording
from .between import ROOM, lead
from .reading import UNREACHED, Step, Story, failures_of, read_story, request_of, sheets_of
from .sheets import Side, boxes_of, render_sheet
from .telling import asked, happened
from .timeline import timelines_of

OVERVIEW = "index.html"
_PACKAGES = ("konbini-kiosk", "PySide6-Essentials", "typst", "cryptography")
_OURS = re.compile(r'<meta name="konbini-page" content="([^"]*)">')
_REQUIREMENT = "要件-"
_WITHIN = 2_000
"""Bytes from the beginning of a page within which it says that it is ours."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as the feature file has it."""

    keyword: str
    sentence: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed sheet as shown: its sides, or the reason why they are not shown."""

    sheet_id: str
    application_id: str
    sides: tuple[Side, ...]
    hidden: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Proof:
    """The picture that shows why a scenario failed."""

    picture: str
    caption: str
    paper: bool


def write_evidence(
    trace_folder: Path,
    target: Path,
    verdict: Verdict,
    *,
    plan: Sequence[Planned] = (),
    papers: Iterable[Path] = (),
    scenario: str | None = None,
    clean: Callable[[str], str | None] = lambda page: page,
) -> Path:
    """One scenario as one HTML file at `target` (replaced whole); returns `target`.

    `plan`: all its steps; those that never began stand there grey. `papers`: the printed sheets, PDFs named by their sheet id.
    `scenario` names it in the trace, and may be left out when the folder holds one only; there may be nothing of it at all.
    `clean` is given the page, and returns it as it may be written, or None if it may not: then the events, pictures and papers
    stay out. Raises LookupError as `read_story`, OSError when the file cannot be written.
    """
    story = read_story(trace_folder, scenario) if any(trace_folder.glob("*.jsonl")) else None
    page = clean(_page(story, trace_folder, target.name, verdict, plan, papers))
    if page is None:
        page = clean(_page(None, trace_folder, target.name, verdict, plan, ()))
    return _write(target, page or "")


def _page(
    story: Story | None,
    folder: Path,
    name: str,
    verdict: Verdict,
    plan: Sequence[Planned],
    papers: Iterable[Path],
) -> str:
    blobs = folder / "blobs"
    by_id = {path.stem: path for path in papers}
    steps = _steps(story, plan)

    printed = [[_sheet(by_id, data) for data in sheets_of(step)] for step in steps]

    def proof(why: Why) -> _Proof | None:
        found = _paper_of(why, [sheet for sheets in printed for sheet in sheets]) if why.paper else None
        return found or _screen_of(why, steps, blobs)

    versions = (story and story.versions) or _versions()
    refused = [trace_labels.value("failure", one) for one in failures_of(folder)] if story else []
    return _template("evidence.html.j2").render(
        name=name,
        verdict=verdict,
        between=ROOM,
        script=_script("evidence.js.j2"),
        tags=verdict.tags or (story.tags if story else ()),
        planned=max(verdict.steps, sum(step.number > 0 for step in steps)),
        happened=happened(verdict, steps),
        asked=asked(verdict, story, steps, versions, refused) if verdict.outcome == FAILED else "",
        refusals=refused,
        timelines=timelines_of(story) if story else [],
        story=story,
        steps=steps,
        unreached=UNREACHED,
        versions=versions,
        made_at=Clock().now(),
        picture=lambda shown: _picture(blobs, shown.picture),
        proof=proof,
        with_sheets=list(zip(steps, printed, strict=True)),
        requests=_requests(steps),
    )


def write_overview(
    folder: Path,
    verdicts: Sequence[Verdict],
    *,
    problems: Sequence[str] = (),
) -> Path:
    """The index of one run, as `folder`/index.html: its verdicts and nothing else that may lie there. Their pages are told of each
    other, so that one leads to the next.

    `problems`: why the run did not come to its end, or did not begin; such a run has not passed."""
    rows = sorted(verdicts, key=lambda verdict: (verdict.file, verdict.line, verdict.example))
    counts = Counter(row.outcome for row in rows)
    tags = Counter(tag for row in rows for tag in row.tags)
    page = _template("overview.html.j2").render(
        name=OVERVIEW,
        script=_script("overview.js.j2"),
        rows=rows,
        groups=_grouped(rows),
        outcomes=WORDS,
        counts={outcome: counts[outcome] for outcome in (PASSED, FAILED, SKIPPED)},
        warned=sum(bool(row.warnings) for row in rows),
        tags=sorted(tags.items(), key=lambda one: (one[0].startswith(_REQUIREMENT), one[0])),
        problems=problems,
        link=lambda row: Path(row.page).name if row.page else "",
        versions=_versions(),
        made_at=Clock().now(),
    )
    index = _write(folder / OVERVIEW, page)
    lead([row for row in rows if row.page and _is_page(folder / Path(row.page).name)], folder, OVERVIEW)
    return index


def _is_page(path: Path) -> bool:
    return path.is_file() and is_ours(path)


def _grouped(rows: Sequence[Verdict]) -> list[tuple[str, list[tuple[int, Verdict]]]]:
    """Feature -> its scenarios with their running numbers, in the order of the files."""
    numbered = enumerate(rows, start=1)
    return [(feature, list(group)) for feature, group in groupby(numbered, key=lambda one: one[1].feature)]


def write_references(target: Path, **told: Any) -> Path:
    """The page that shows papers beside their reference pictures, at `target`; `told`: what its template names."""
    return _write(target, _template("references.html.j2").render(**told))


def write_screens(target: Path, **told: Any) -> Path:
    """The page that shows the terminal's screens, at `target`; `told`: what its template names."""
    return _write(target, _template("gallery.html.j2").render(**told))


def remove_pages(folder: Path, but: Collection[str] = ()) -> int:
    """Remove the pages of earlier runs, all `but` those names: what says that it is a page of ours and still bears the name it
    was written under. Returns how many. A copy under another name, and everything else, stays."""
    old = [path for path in folder.glob("*.html") if path.name not in but and is_ours(path)]
    for path in old:
        path.unlink()
    return len(old)


def is_ours(path: Path) -> bool:
    """Whether the file is a page that was written here under this name."""
    with path.open("rb") as file:
        found = _OURS.search(file.read(_WITHIN).decode("utf-8", "replace"))
    return found is not None and found[1] == path.name


def _steps(story: Story | None, plan: Sequence[Planned]) -> list[Step]:
    """What happened, and then what was never reached."""
    steps = list(story.steps) if story else []
    begun = sum(step.number > 0 for step in steps)
    for number, planned in enumerate(plan[begun:], start=begun + 1):
        steps.append(Step(number, planned.keyword, planned.sentence, status=UNREACHED))
    return steps


def _paper_of(why: Why, sheets: Sequence[Sheet]) -> _Proof | None:
    wanted = [one for one in sheets if one.sides and why.paper in (LAST_PAPER, one.sheet_id)]
    if not wanted:
        return None
    last = wanted[-1]
    return _Proof(data_url(last.sides[0].jpeg, "image/jpeg"), f"用紙 {last.sheet_id}", paper=True)


def _screen_of(why: Why, steps: Sequence[Step], blobs: Path) -> _Proof | None:
    """The screen at the end of the step, or of the last one that there was."""
    for step in reversed(steps):
        if why.step in (0, step.number):
            shown, name = (
                (step.after.picture, step.after.screen) if step.after else (step.picture, step.shown)
            )
            if picture := _picture(blobs, shown):
                word = trace_labels.value("screen", name) if name else ""
                return _Proof(picture, f"そのときの画面{f'「{word}」' if word else ''}", paper=False)
    return None


def _picture(blobs: Path, name: str) -> str:
    """The picture as a data address, '' if there is none."""
    body = _blob(blobs, name)
    return data_url(body, "image/png") if body.startswith(b"\x89PNG") else ""


def _sheet(papers: dict[str, Path], data: dict[str, Any]) -> Sheet:
    """Fails closed: a sheet whose secret boxes are not known is not shown at all."""
    sheet_id = str(data.get("sheet_id", ""))
    boxes = boxes_of(data.get("front_boxes"))
    sides: tuple[Side, ...] = ()
    note = ""
    if boxes is None:
        note = "個人番号の位置が記録されていないため、紙面は掲載しません。"
    else:
        try:
            sides = render_sheet(papers[sheet_id].read_bytes(), boxes)
        except (KeyError, OSError, ValueError):
            note = "紙面の記録がないか、読み取れません。"
    return Sheet(sheet_id, str(data.get("application_id", "")), sides, len(boxes or ()), note)


def _blob(blobs: Path, name: str) -> bytes:
    if not re.fullmatch(r"[0-9a-f]{64}\.[a-z]{3,4}", name):
        return b""
    path = blobs / name
    return path.read_bytes() if path.is_file() else b""


def _requests(steps: Sequence[Step]) -> dict[str, int]:
    """A running number for each request of the scenario, for tying the servers' rows to the terminal's."""
    numbers: dict[str, int] = {}
    for step in steps:
        for event in step.events:
            if request := request_of(event):
                numbers.setdefault(request, len(numbers) + 1)
    return numbers


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def data_url(body: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"


@dataclass(frozen=True, slots=True)
class _Script:
    """What a page runs, and the digest by which its Content-Security-Policy lets this run and nothing else."""

    text: str
    digest: str


@functools.cache
def _script(name: str) -> _Script:
    text = _template(name).render()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return _Script(text, f"sha256-{digest}")


@functools.cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("scenarios.evidence"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        counted=wording.counted,
        further=wording.further,
        headline=wording.headline,
        jpeg=lambda side: data_url(side.jpeg, "image/jpeg"),
        raw=wording.raw,
        request_of=request_of,
        source_word=lambda source: wording.SOURCES.get(source, source),
        result_word=wording.result_word,
        screen_word=lambda screen: trace_labels.value("screen", screen),
    )
    environment.filters["clock"] = lambda text: text[:10].replace("-", "/") + " " + text[11:19]
    environment.filters["clock_ms"] = lambda text: text[11:23]
    environment.filters["process_word"] = lambda process: trace_labels.process_words(process) or process
    environment.filters["duration"] = _duration
    environment.filters["css_text"] = lambda text: "".join(f"\\{ord(c):06x}" for c in text)
    return environment.get_template(name)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "終了せず"
    return f"{seconds * 1000:.0f} ミリ秒" if seconds < 1 else f"{seconds:.2f} 秒"


def _write(target: Path, page: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.write_text(page, encoding="utf-8", errors="replace", newline="\n")
    part.replace(target)
    return target
