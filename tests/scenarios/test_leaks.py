"""The search for secrets can fail: planted leaks of every secret of the stage, in everything a page or a trace can carry."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from reportlab.pdfgen.canvas import Canvas

from scenarios import paths
from scenarios.leaks import LeakSearch, leaks
from scenarios.stage_secrets import StageSecret, stage_secrets
from scenarios.template import PIN, template_folder
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace


def page(inside: str = "", body: bytes = b"", kind: str = "application/octet-stream") -> str:
    carried = f'<img src="data:{kind};base64,{b64encode(body).decode()}">' if body else ""
    return f"<!doctype html><html><body><p>手順 1　合格</p>{inside}{carried}</body></html>"


def png(info: PngInfo | None = None, behind: bytes = b"") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "PNG", pnginfo=info)
    return out.getvalue() + behind


def png_text(text: str, *, packed: bool = False, international: bool = False) -> bytes:
    info = PngInfo()
    if international:
        info.add_itxt("Comment", text, zip=packed)
    else:
        info.add_text("Comment", text, zip=packed)
    return png(info)


def jpeg(comment: bytes = b"", behind: bytes = b"") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "JPEG", comment=comment)
    return out.getvalue() + behind


def pdf(drawn: str = "", title: str = "", attached: bytes = b"") -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=1, invariant=1)
    canvas.setTitle(title)
    canvas.drawString(100, 700, drawn)
    canvas.showPage()
    canvas.save()
    if not attached:
        return out.getvalue()
    with pikepdf.open(out) as document:
        document.attachments["a.txt"] = pikepdf.AttachedFileSpec(document, attached)
        again = io.BytesIO()
        document.save(again, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return again.getvalue()


def packed_in_zip(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", text)
    return out.getvalue()


CARRIERS: dict[str, Callable[[str], str]] = {
    "text": lambda s: page(f"<td>内容：{s}</td>"),
    "an attribute": lambda s: page(f'<i title="{s}"></i>'),
    "an address": lambda s: page(f"<td>/v1/pins/{s}/verify</td>"),
    "characters by number": lambda s: page("".join(f"&#{ord(c)};" for c in s)),
    "characters by tag": lambda s: page("".join(f"<b>{c}</b>" for c in s)),
    "percents": lambda s: page("q=" + "".join(f"%{ord(c):02x}" for c in s)),
    "JSON": lambda s: page(
        '<script type="application/json">"' + "".join(f"\\u{ord(c):04x}" for c in s) + '"</script>'
    ),
    "full-width": lambda s: page("".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in s)),
    "Base64": lambda s: page(b64encode(f"pin={s}".encode()).decode()),
    "Base64 alone": lambda s: page(b64encode(s.encode()).decode()),
    "hex": lambda s: page("0020009804" + s.encode().hex()),
    "hex with blanks": lambda s: page("00 20 00 98 " + s.encode().hex(" ").upper()),
    "a text object": lambda s: page(body=s.encode(), kind="text/plain"),
    "a text object in UTF-16": lambda s: page(body=f"見本 {s}".encode("utf-16")),
    "a JSON object": lambda s: page(body=json.dumps({"pin": s}).encode(), kind="application/json"),
    "gzip": lambda s: page(body=gzip.compress(f"a {s}".encode())),
    "zlib in something": lambda s: page(body=b"\x00\xffhead" + zlib.compress(f"a {s}".encode())),
    "a ZIP archive": lambda s: page(body=packed_in_zip(s)),
    "gzip in a ZIP archive's Base64": lambda s: page(b64encode(packed_in_zip(f"x {s} x")).decode()),
    "a PDF's text": lambda s: page(body=pdf(drawn=f"No. {s}"), kind="application/pdf"),
    "a PDF's title": lambda s: page(body=pdf(title=s), kind="application/pdf"),
    "a PDF's attachment": lambda s: page(body=pdf(attached=s.encode()), kind="application/pdf"),
    "a PNG's text": lambda s: page(body=png_text(s), kind="image/png"),
    "a PNG's packed text": lambda s: page(body=png_text(s, packed=True), kind="image/png"),
    "a PNG's international text": lambda s: page(body=png_text(s, international=True), kind="image/png"),
    "a PNG's packed international text": lambda s: page(
        body=png_text(s, packed=True, international=True), kind="image/png"
    ),
    "behind a PNG": lambda s: page(body=png(behind=s.encode()), kind="image/png"),
    "a JPEG's comment": lambda s: page(body=jpeg(s.encode()), kind="image/jpeg"),
    "behind a JPEG": lambda s: page(body=jpeg(behind=s.encode()), kind="image/jpeg"),
}  # fmt: skip


@pytest.fixture(scope="module")
def one_of_each() -> list[StageSecret]:
    """A secret of each form, and one as it is made anew for a visit."""
    found: dict[tuple[int, bool], StageSecret] = {}
    for secret in stage_secrets(template_folder(), paths.home() / "test-keys"):
        value = secret.value.reveal()
        found.setdefault((len(value), value.isdigit()), secret)
    nonce = Secret(b64encode(hashlib.sha256(b"nonce").digest()).decode())
    return [*found.values(), StageSecret("the nonce", nonce)]


def test_the_stage_has_all_its_secrets_in_one_place() -> None:
    told = [secret.what for secret in stage_secrets(template_folder(), paths.home() / "test-keys")]
    for kind in (
        "jpki 0018", "jpki 001B", "text 0011", "text 0012", "text 0015", "juki 001C", "common 001C", "個人番号",
        "terminal-KIOSK-STORE-01", "authority-operator", "centre-to-issuing", "pseudonyms-28100",
        "ed25519-centre", "rsa-JPKI-SIM-authentication", "rsa-card-001-0001",
    ):  # fmt: skip
        assert any(kind in what for what in told), kind
    assert sum("個人番号" in what for what in told) == 70


def test_secrets_are_as_distinctive_as_their_formats_allow(one_of_each: list[StageSecret]) -> None:
    values = [s.value.reveal() for s in stage_secrets(template_folder(), paths.home() / "test-keys")]
    assert len(set(values)) == len(values)
    assert {len(v) for v in values if len(v) < 12} == {4}, (
        "PINs alone are short: their format has four digits"
    )
    assert not {v for v in values if v in ("1234", "0000", "ABC123", "123456")}
    assert not any(a != b and len(a) > 4 and a in b for a in values for b in values if len(b) < 48)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_planted_leak_is_found(carrier: str, one_of_each: list[StageSecret]) -> None:
    for secret in one_of_each:
        planted = CARRIERS[carrier](secret.value.reveal())
        found = leaks(planted, [secret])
        assert found, f"{secret.what} in {carrier}"
        assert secret.value.reveal() not in "".join(found), "the finding tells where, never what"
        assert leaks(CARRIERS[carrier]("見本" if carrier == "text" else "none"), [secret]) == []


@pytest.mark.parametrize("written", ["{} {} {}", "{}-{}-{}", "{}　{}　{}"])
def test_a_parted_number_is_found(written: str, one_of_each: list[StageSecret]) -> None:
    (number,) = (s for s in one_of_each if len(s.value) == 12)
    digits = number.value.reveal()
    assert leaks(page(written.format(digits[:4], digits[4:8], digits[8:])), [number])


@pytest.mark.parametrize(
    "around", ["sha256 9f{}0c1e", "0.{} 秒", "{}.2 ms", "21{}", "port 4{}", "KIOSK{}X", "a{}=="]
)
def test_four_digits_by_chance_are_no_leak(around: str) -> None:
    """A digest, a duration, a size: the digits of a PIN are there, the PIN is not."""
    assert leaks(page(around.format(PIN.reveal())), [StageSecret("the PIN", PIN)]) == []


# --- the trace --------------------------------------------------------------------------------------------------------------

IN_EVENTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "a value": lambda s: {"pin": s},
    "within a text": lambda s: {"body": f"a=1&pin={s}&b=2"},
    "a list": lambda s: {"parts": ["x", {"deep": [s]}]},
    "digit by digit": lambda s: {"pressed": list(s)},
    "a name": lambda s: {s: "x"},
    "full-width": lambda s: {"text": "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in s)},
    "a command's body": lambda s: {"bytes": f"00200080{len(s):02X}" + s.encode().hex()},
    "Base64": lambda s: {"header": "Basic " + b64encode(f"pin:{s}".encode()).decode()},
}


def searched(folder: Path, secrets: list[StageSecret], *, stored: bytes = b"", **data: Any) -> list[str]:
    """What is found in a trace of one event."""
    trace = Trace(Clock(STAGE_START), process="kiosk", folder=folder)
    trace.emit("screen", "odd", **data)
    if stored:
        trace.store(stored, ".bin")
    trace.close()
    return LeakSearch(secrets).in_trace(folder)


@pytest.mark.parametrize("place", IN_EVENTS)
def test_a_leak_in_an_event_is_found(place: str, one_of_each: list[StageSecret], tmp_path: Path) -> None:
    for number, secret in enumerate(one_of_each):
        value = secret.value.reveal()
        found = searched(tmp_path / str(number), [secret], **IN_EVENTS[place](value))
        assert len(found) == 1 and secret.what in found[0], f"{secret.what} as {place}"
        assert value not in found[0]
        assert searched(tmp_path / f"{number} none", [secret], **IN_EVENTS[place]("none")) == []


def test_a_leak_in_what_a_trace_keeps_beside_its_events_is_found(
    one_of_each: list[StageSecret], tmp_path: Path
) -> None:
    """The text of a paper is packed in its file; a picture carries comments; a line may be cut off."""
    for number, secret in enumerate(one_of_each):
        value = secret.value.reveal()
        for kind, body in (("pdf", pdf(drawn=f"No. {value}")), ("png", png_text(value, packed=True))):
            assert searched(tmp_path / f"{number} {kind}", [secret], stored=body), kind
        cut = tmp_path / f"{number} cut"
        cut.mkdir()
        (cut / "kiosk.jsonl").write_text(f'{{"run":"1","data":{{"pin":"{value}', encoding="utf-8")
        assert LeakSearch([secret]).in_trace(cut)


def test_a_pin_as_a_number_is_found_and_a_measure_is_not(tmp_path: Path) -> None:
    wanted = [StageSecret("the PIN", PIN)]
    value = int(PIN.reveal())
    assert searched(tmp_path / "pin", wanted, entered=value)
    assert searched(tmp_path / "ms", wanted, ms=value, length=value, seconds=value / 10) == []


@pytest.mark.parametrize(
    "around",
    [
        "28100-20260603-AB12-{}-9XYZ",
        "http://127.0.0.1:{}/v1/sessions",
        "{} バイト",
        "01KT5FX5V97KMY7FHBZZZ{}S",
        "2026-06-03T10:00:00.{}51",
    ],
)
def test_four_digits_in_what_has_another_meaning_are_no_leak(around: str, tmp_path: Path) -> None:
    wanted = [StageSecret("the PIN", PIN)]
    assert searched(tmp_path / "a", wanted, text=around.format(PIN.reveal())) == []
    assert searched(tmp_path / "b", wanted, text=around.format(PIN.reveal()) + f" {PIN.reveal()}")


def test_the_count_of_a_long_run_is_no_leak(tmp_path: Path) -> None:
    """Every event has its number: in a long run one is the PIN's."""
    trace = Trace(Clock(STAGE_START), process="kiosk", folder=tmp_path)
    trace._seq = int(PIN.reveal()) - 2
    for _ in range(3):
        trace.emit("screen", "odd", text="x")
    trace.close()
    assert LeakSearch([StageSecret("the PIN", PIN)]).in_trace(tmp_path) == []


def test_what_is_masked_is_not_found_any_more(one_of_each: list[StageSecret]) -> None:
    search = LeakSearch(one_of_each)
    for secret in one_of_each:
        value = secret.value.reveal()
        masked = search.mask(f"前 {value} 後　{' '.join(value)}" if len(value) > 4 else f"前 {value} 後")
        assert masked.startswith("前 ●●●● 後") and search.in_text("", masked) == []
        assert search.mask("発行番号 28100-20260603") == "発行番号 28100-20260603"
