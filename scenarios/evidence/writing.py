"""The pages themselves: filled templates, every picture embedded, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import functools
import json
import platform
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jinja2

from scenarios import telling
from server_stub.interface.clock import Clock

from . import wording
from .reading import Story, read_story, request_of, sheets_of
from .sheets import Side, boxes_of, render_sheet

OVERVIEW = "index.html"
_PACKAGES = ("konbini-kiosk", "PySide6-Essentials", "typst", "cryptography")
_SUMMARY = re.compile(r'<script type="application/json" id="summary">(.*?)</script>', re.DOTALL)
_SUMMARY_WITHIN = 20_000
"""Bytes from the beginning of a page within which its summary stands."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed sheet as shown: its sides, or the reason why they are not shown."""

    sheet_id: str
    application_id: str
    sides: tuple[Side, ...]
    hidden: int
    note: str = ""


def write_evidence(trace_folder: Path, target: Path, scenario: str | None = None) -> Path:
    """One scenario of the trace as one HTML file at `target` (replaced whole); returns `target`.

    `scenario` is its name, and may be left out when the folder holds one only. Raises LookupError as `read_story`, OSError
    when the file cannot be written.
    """
    story = read_story(trace_folder, scenario)
    blobs = trace_folder / "blobs"
    page = _template("evidence.html.j2").render(
        story=story,
        result=wording.result_word(story.status),
        versions=story.versions or _versions(),
        made_at=Clock().now(),
        summary=_json(_summary(story)),
        picture=lambda shown: _picture(blobs, shown.picture),
        sheets=lambda step: [_sheet(blobs, data) for data in sheets_of(step)],
        requests=_requests(story),
    )
    return _write(target, page)


def write_overview(folder: Path, target: Path | None = None) -> Path:
    """An overview of all evidence pages that lie in `folder`, as `folder`/index.html or `target` beside them."""
    target = target or folder / OVERVIEW
    rows = []
    for path in sorted(folder.glob("*.html")):
        with path.open("rb") as file:
            found = _SUMMARY.search(file.read(_SUMMARY_WITHIN).decode("utf-8", "replace"))
        if found and path != target:
            rows.append({"file": path.name, **json.loads(found.group(1))})
    rows.sort(key=lambda row: (row["feature"], row["began_ns"]))
    page = _template("overview.html.j2").render(
        rows=rows,
        passed=sum(row["status"] == "passed" for row in rows),
        skipped=sum(row["status"] == "skipped" for row in rows),
        versions=_versions(),
        made_at=Clock().now(),
    )
    return _write(target, page)


def _summary(story: Story) -> dict[str, Any]:
    """What the overview needs of a page."""
    broken = next((step for step in story.steps if step.status == "failed"), None)
    return {
        "run": story.run,
        "name": story.name,
        "feature": story.feature,
        "status": story.status,
        "steps": sum(step.number > 0 for step in story.steps),
        "sheets": sum(len(sheets_of(step)) for step in story.steps),
        "seconds": round(story.seconds, 3),
        "clock_from": story.clock_from,
        "began_ns": story.steps[0].begun_ns if story.steps else 0,
        "broken_at": f"{broken.number}. {broken.keyword}　{broken.sentence}" if broken else "",
    }


def _json(data: dict[str, Any]) -> str:
    """JSON that can stand inside a script element."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _picture(blobs: Path, name: str) -> str:
    """The picture as a data address, '' if there is none."""
    body = _blob(blobs, name)
    return data_url(body, "image/png") if body.startswith(b"\x89PNG") else ""


def _sheet(blobs: Path, data: dict[str, Any]) -> Sheet:
    """Fails closed: a sheet whose secret boxes are not known is not shown at all."""
    boxes = boxes_of(data.get("front_boxes"))
    sides: tuple[Side, ...] = ()
    note = ""
    if boxes is None:
        note = "個人番号の位置が記録されていないため、紙面は掲載しません。"
    else:
        try:
            sides = render_sheet(name := str(data.get("blob", "")), _blob(blobs, name), boxes)
        except ValueError:
            note = "紙面の記録がないか、読み取れません。"
    return Sheet(
        str(data.get("sheet_id", "")), str(data.get("application_id", "")), sides, len(boxes or ()), note
    )


def _blob(blobs: Path, name: str) -> bytes:
    if not re.fullmatch(r"[0-9a-f]{64}\.[a-z]{3,4}", name):
        return b""
    path = blobs / name
    return path.read_bytes() if path.is_file() else b""


def _requests(story: Story) -> dict[str, int]:
    """A running number for each request of the scenario, for tying the servers' rows to the terminal's."""
    numbers: dict[str, int] = {}
    for step in story.steps:
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
        screen_word=lambda screen: telling.value("screen", screen),
    )
    environment.filters["clock"] = lambda text: text[:10].replace("-", "/") + " " + text[11:19]
    environment.filters["clock_ms"] = lambda text: text[11:23]
    environment.filters["process_word"] = lambda process: telling.values("process").get(process, process)
    environment.filters["duration"] = _duration
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
