"""The search for secrets can fail: planted leaks of every secret of the stage, in everything a page can carry."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from reportlab.pdfgen.canvas import Canvas

from scenarios import places
from scenarios.leaks import leaks
from scenarios.stage_secrets import StageSecret, stage_secrets
from scenarios.template import PIN, template_folder
from server_stub.interface.secret import Secret


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
    for secret in stage_secrets(template_folder(), places.home() / "test-keys"):
        value = secret.value.reveal()
        found.setdefault((len(value), value.isdigit()), secret)
    nonce = Secret(b64encode(hashlib.sha256(b"nonce").digest()).decode())
    return [*found.values(), StageSecret("the nonce", nonce)]


def test_the_stage_has_all_its_secrets_in_one_place() -> None:
    told = [secret.what for secret in stage_secrets(template_folder(), places.home() / "test-keys")]
    for kind in (
        "jpki 0018", "jpki 001B", "text 0011", "text 0012", "text 0015", "juki 001C", "common 001C", "個人番号",
        "terminal-KIOSK-STORE-01", "authority-operator", "centre-to-issuing", "pseudonyms-28100",
        "ed25519-centre", "rsa-JPKI-SIM-authentication", "rsa-card-001-0001",
    ):  # fmt: skip
        assert any(kind in what for what in told), kind
    assert sum("個人番号" in what for what in told) == 37


def test_secrets_are_as_distinctive_as_their_formats_allow(one_of_each: list[StageSecret]) -> None:
    values = [s.value.reveal() for s in stage_secrets(template_folder(), places.home() / "test-keys")]
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
