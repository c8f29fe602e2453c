"""A small scenario as its processes would have traced it, with secrets that are easy to recognise."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from scenarios.verdict import PASSED, Verdict
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace, new_traceparent, under_traceparent
from server_stub.interface.values import Box

MY_NUMBER = "987654321099"
PIN = "8642"
BOX = Box(x=120, y=60, width=55, height=8)


def sheet_pdf(my_number: str = MY_NUMBER) -> bytes:
    """A4, front and back, 個人番号 inside BOX and in the text layer."""
    body = io.BytesIO()
    canvas = Canvas(body, pagesize=(210 * mm, 297 * mm), invariant=1)
    canvas.setFont("Helvetica", 18)
    canvas.drawString(30 * mm, 260 * mm, "SPECIMEN")
    canvas.drawString((BOX.x + 1) * mm, (297 - BOX.y - BOX.height + 1.5) * mm, my_number)
    canvas.showPage()
    canvas.drawString(30 * mm, 260 * mm, "BACK")
    canvas.showPage()
    canvas.save()
    return body.getvalue()


def screen_png(word: str) -> bytes:
    picture = Image.new("RGB", (1280, 800), "white")
    ImageDraw.Draw(picture).text((80, 80), word, fill="black", font_size=40)
    body = io.BytesIO()
    picture.save(body, "PNG")
    return body.getvalue()


def papers(trace: Path) -> Path:
    """Where the papers of a trace folder lie: not in it."""
    return trace.with_name(f"{trace.name}-papers")


def verdict(name: str = "個人番号入りの住民票を受け取る", **changed: Any) -> Verdict:
    told: dict[str, Any] = {
        "feature": "住民票の写し", "scenario": name, "example": "", "file": "features/a.feature", "line": 3, "outcome": PASSED,
    }  # fmt: skip
    return Verdict(**(told | changed))


class Written:
    """A trace folder with a terminal and a centre in it, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock(STAGE_START)
        self.terminal = Trace(self.clock, run="RUN-1", process="terminal", folder=folder)
        self.centre = Trace(self.clock, run="RUN-1", process="centre", folder=folder)

    def begin(self, name: str, feature: str = "住民票の写し") -> None:
        self.terminal.scope(name)
        self.terminal.emit("scenario", "scenario_started", name=name, feature=feature, tags=["住所地"])

    def step(self, index: int, keyword: str, sentence: str) -> None:
        self.terminal.emit("scenario", "step_started", keyword=keyword, sentence=sentence, index=index)

    def kept(self, screen: str, word: str) -> None:
        """A screen that passes by itself, as the terminal keeps it."""
        picture = self.terminal.store(screen_png(word), ".png")
        self.terminal.emit("screen", "screen_kept", screen=screen, picture=picture)

    def passed(self, screen: str, word: str) -> None:
        """A screen on the way of a step; pictures of the same `word` are the same."""
        picture = self.terminal.store(screen_png(word), ".png")
        self.terminal.emit("scenario", "screen_passed", screen=screen, picture=picture)

    def end_step(self, index: int, status: str = "passed", error: str = "", screen: str = "") -> None:
        picture = self.terminal.store(screen_png(f"screen {index}"), ".png")
        self.terminal.emit(
            "scenario", "step_ended", index=index, status=status, picture=picture, screen=screen, error=error
        )

    def request(self, method: str, path: str, status: int = 200) -> None:
        """One request of the terminal that the centre answers."""
        with under_traceparent(new_traceparent()):
            self.terminal.emit("network", "sent", method=method, url=path)
            self.centre.emit("centre", "answered", method=method, path=path, status=status)
            self.terminal.emit("network", "received", status=status)

    def sheet(self, pdf: bytes, boxes: object = (BOX,)) -> None:
        shown = [box.model_dump() for box in boxes] if isinstance(boxes, tuple) else boxes
        sheet_id = "01JX0000000000000000000000-01-01of01"
        papers(self.folder).mkdir(exist_ok=True)
        (papers(self.folder) / f"{sheet_id}.pdf").write_bytes(pdf)
        self.terminal.emit(
            "paper",
            "sheet_printed",
            sheet_id=sheet_id,
            application_id="01JX0000000000000000000000",
            front_boxes=shown,
        )

    def end(self) -> None:
        self.terminal.emit("scenario", "scenario_ended")
        self.terminal.scope("")

    def close(self) -> None:
        self.terminal.close()
        self.centre.close()


def whole_visit(
    folder: Path, *, name: str = "個人番号入りの住民票を受け取る", pdf: bytes | None = None
) -> None:
    """A visit that ends in paper."""
    trace = Written(folder)
    trace.begin(name)
    trace.step(0, "前提", "住民の花子さんのカードがある")
    trace.end_step(0)
    trace.step(1, "もし", "正しい暗証番号を入力する")
    trace.terminal.emit("screen", "pin_entered", pin=Secret(PIN))
    trace.terminal.emit(
        "card", "command", name="VERIFY", application="公的個人認証AP", sw="9000", status="正常", ms=0.2
    )
    trace.request("POST", "/v1/sessions")
    trace.end_step(1)
    trace.step(2, "ならば", "住民票の写しが出てくる")
    trace.terminal.emit("money", "taken", amount=300)
    trace.sheet(pdf or sheet_pdf())
    trace.end_step(2)
    trace.end()
    trace.close()


def embedded(page: str) -> list[tuple[str, bytes]]:
    """Every object that the page carries: its type and its decoded bytes."""
    found = re.findall(r"data:([a-z/]+);base64,([A-Za-z0-9+/=]+)", page)
    return [(kind, b64decode(body, validate=True)) for kind, body in found]
