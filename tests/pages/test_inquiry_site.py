"""The inquiry site over HTTP: what a receiver sees of an uploaded sheet, what is refused, and that nothing of it is kept."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from server_stub.interface.clock import Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event, Trace
from server_stub.node import NodeContext, serve
from server_stub.paper.finish import SheetFacts, finish_sheets
from server_stub.paper.scramble import ScrambleKey
from server_stub.sites import InquirySettings, create_inquiry
from server_stub.sites.inquiry import MOST_BYTES
from tests.paper import samples
from tests.paper.reading import APPLICATION
from tests.paper.scanner import printed, saved, scanned

KEY = ScrambleKey.of(Secret("the secret of the centre in these tests"))


class Site:
    def __init__(self, room: Path, url: str, events: list[Event], clock: Clock) -> None:
        self.room, self.events, self.clock = room, events, clock
        self.web = httpx.Client(base_url=url, trust_env=False, timeout=110)

    def send(self, back: bytes, language: str = "ja", **more: bytes) -> httpx.Response:
        files = {
            name: (f"{name}.pdf", body, "application/pdf") for name, body in {"back": back, **more}.items()
        }
        return self.web.post(f"/{language}/sheet", files=files)

    def outcomes(self) -> list[str]:
        return [event.data["outcome"] for event in self.events if event.kind == "sheet_asked"]


@contextmanager
def served(room: Path, *program: str) -> Iterator[Site]:
    """The site; with another program to read sheets, if one is given."""
    clock, events = Clock(), list[Event]()
    trace = Trace(clock)
    trace.subscribe(events.append)
    settings = InquirySettings(
        room, Secret(KEY.secret.hex()), Secret("the key of the addresses in these tests")
    )
    app = create_inquiry(
        NodeContext(clock, trace), replace(settings, program=program) if program else settings
    )
    node = serve(app)
    site = Site(room, node.base_url, events, clock)
    yield site
    site.web.close()
    node.stop()
    app.state.inquiry.close()


def saying(**told: object) -> tuple[str, ...]:
    """A program that says so of every sheet."""
    return (sys.executable, "-S", "-c", f"import sys; sys.stdin.buffer.read(); print({json.dumps(told)!r})")


def words(response: httpx.Response) -> str:
    body = response.text.partition("<body")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def pictures(response: httpx.Response) -> list[Image.Image]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', response.text)
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in found]


@pytest.mark.witness
def test_a_receiver_sees_what_the_back_holds_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    """As poppler draws the front that the issuing server made."""
    made = samples.render_residence([samples.residence()], samples.issuer(), "household")
    (pdf,) = finish_sheets(
        made.pdf,
        municipality="見本市",
        application_id=APPLICATION,
        sheets=[SheetFacts(1, 1, 1, "x")],
        key=KEY,
    )
    upload = saved(scanned(printed(pdf, 1), turn=0.7))
    with served(tmp_path) as site:
        page = site.send(upload)
        assert page.status_code == 200, words(page)
        said = words(page)
        assert "試験用のサイトです（見本）。" in said and APPLICATION in said and "1部目 1／1" in said
        _, held = pictures(page)
        drawn = printed(made.pdf, 0, 100).convert("L").resize(held.size)
        one, other = (
            np.asarray(picture.resize((200, 283)).convert("L"), dtype=float) for picture in (held, drawn)
        )
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9
        assert site.outcomes() == ["shown"]
        told = str([event.data for event in site.events])
        assert APPLICATION not in told and "127.0.0.1" not in told
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert APPLICATION.encode() not in kept and b"127.0.0.1" not in kept and upload[1000:1100] not in kept


def test_each_refusal_of_the_reader_is_told_in_words_in_both_languages(tmp_path: Path) -> None:
    for language, sentence in (
        ("ja", "このセンターで作られたものではありません"),
        ("en", "not made by this centre"),
    ):
        with served(tmp_path, *saying(failure="Back_Page_Key_Unknown", facts={"key": "<b>"})) as site:
            page = site.send(b"x", language)
            assert page.status_code == 422 and sentence in words(page) and "<b>" not in page.text
            assert site.outcomes() == ["Back_Page_Key_Unknown"]


@pytest.mark.attack
def test_what_ends_the_reader_ends_nothing_else(tmp_path: Path) -> None:
    with served(tmp_path, sys.executable, "-S", "-c", "import os; os.abort()") as site:
        page = site.send(b"whatever bursts a reader")
        assert page.status_code == 422 and "ファイルを開けません" in words(page)
        assert site.web.get("/ja").status_code == 200


@pytest.mark.attack
def test_an_upload_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with served(tmp_path, *saying(failure="Internal_Error", facts={})) as site:
        page = site.send(b"0" * (MOST_BYTES + 1))
        assert page.status_code == 413 and "20 MBまで" in words(page)
        assert site.outcomes() == []


@pytest.mark.attack
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="back"\r\n\r\n\r\n--x--',
        ),
        ("multipart/form-data; boundary=x", b"--x" * 1000),
        ("multipart/form-data", b"abc"),
        ("text/plain", b"abc"),
    ],
    ids=["cut off", "empty", "many", "no boundary", "no form"],
)
def test_what_is_no_form_is_answered_by_the_form(tmp_path: Path, kind: str, body: bytes) -> None:
    with served(tmp_path, *saying(failure="Internal_Error", facts={})) as site:
        page = site.web.post("/ja/sheet", content=body, headers={"content-type": kind})
        assert page.status_code == 422 and "裏面を読み取ったファイルを選んでください。" in words(page)


def test_who_uploads_much_has_to_wait(tmp_path: Path) -> None:
    with served(tmp_path, *saying(failure="Back_Page_Absent", facts={})) as site:
        codes = [site.send(b"x").status_code for _ in range(8)]
        assert codes[:6] == [422] * 6 and 429 in codes[6:]
        waiting = site.send(b"x")
        assert waiting.status_code == 429 and int(waiting.headers["retry-after"]) > 0
        site.clock.advance(timedelta(hours=1, minutes=1))
        assert site.send(b"x").status_code == 422


def test_pages_have_no_script_and_take_pictures_from_themselves_only(tmp_path: Path) -> None:
    with served(tmp_path, *saying(failure="Back_Page_Absent", facts={})) as site:
        for path in ("/ja", "/en", "/nowhere"):
            page = site.web.get(path)
            assert "<script" not in page.text and "試験用" in page.text + "試験用" * (path == "/en")
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy and policy.endswith("img-src data:")
            assert page.headers["cache-control"] == "no-store"
        assert "This is a test site" in words(site.web.get("/en"))
