"""The inquiry site of back pages (証明書裏面確認サイト): a receiver uploads the scan of a certificate and sees its front beside the one
that the scrambled image of its back holds.

A node of its own, for anybody's browser; no scripts. What is uploaded is in memory only while it is read, and is read by a process of
its own (`server_stub.paper.inquiry`), which this node knows as a program and not as a module: whatever bursts there ends there. It keeps
only, for an hour, that somebody has uploaded (`guesses.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from email.message import Message as Mime
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from server_stub.db import sqlite_url
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.node import NodeContext, Uploads

from .guesses import Guesses, Locked, prepare_database
from .inquiry_texts import say
from .pages import Pages, add_form, make_site, outcome_of
from .settings import Limits
from .texts import LANGUAGES

MOST_BYTES = 20_000_000
"""Of an upload, both files together."""
UPLOAD_SECONDS = 60.0
READING_SECONDS = 90.0
"""Real seconds in which the process that reads must have answered."""
WAITING_SECONDS = 30.0
"""Real seconds in which a sheet waits for those before it: one is read at a time."""
_PARTS = 5
_KEPT = "inquiry.db"


@dataclass(frozen=True, slots=True)
class InquirySettings:
    """`room`: a folder for the count of uploads, which begins anew with each start. `key`: of the scrambled images, the bytes that the
    centre derived (hex). `address_key`: under it addresses are digested."""

    room: Path
    key: Secret
    address_key: Secret
    limits: Limits = field(default_factory=lambda: Limits(per_address=20, overall=200, free=6, most_live=1))
    program: tuple[str, ...] = (sys.executable, "-m", "server_stub.paper.inquiry")


class InquirySite:
    """What stands behind the pages."""

    def __init__(self, context: NodeContext, settings: InquirySettings) -> None:
        self._context, self._settings = context, settings
        self._guesses: Guesses | None = None
        self._opening, self._reading = threading.Lock(), threading.Semaphore(1)
        self.pages = Pages(say)

    def reopen(self) -> None:
        """Forget who has uploaded."""
        self.close()
        for end in ("", "-wal", "-shm"):
            (self._settings.room / f"{_KEPT}{end}").unlink(missing_ok=True)

    def close(self) -> None:
        with self._opening:
            if self._guesses is not None:
                self._guesses.close()
                self._guesses = None

    def ask(self, language: str, problem: str = "", status: int = 200) -> Response:
        """The form, with what is wrong about the upload (a sentence)."""
        return self.pages.page("sheet.html", language, status, problem=problem)

    def answer(self, kind: str, body: bytes, address: str, language: str) -> Response:
        """Tell what the uploaded sheet holds."""
        uploaded = parts_of(kind, body)
        back, front = uploaded.get("back", b""), uploaded.get("front", b"")
        if not back:
            self._tell("nothing")
            return self.ask(language, say("nothing", language), 422)
        reserved = self._counted().reserve(address, self._context.clock.now())
        if isinstance(reserved, Locked):
            self._tell(outcome_of(reserved))
            return self.pages.locked(reserved, language)
        if not self._reading.acquire(timeout=WAITING_SECONDS):
            self._tell("busy")
            return self.pages.notice("busy", language, 503, title="locked.title", wait=say("later", language))
        try:
            told = self._read(back, front)
        finally:
            self._reading.release()
        failure = told.get("failure")
        if failure is not None:
            self._tell(str(failure))
            return self.ask(language, say(str(failure), language), Failed(str(failure)).entry.status)
        self._tell("shown")
        return self.pages.page("sheet_result.html", language, found=told)

    def refused(self, failed: Failed) -> Response:
        """The page of an upload that was not read at all: its language is not known yet."""
        return self.ask("ja", say(failed.failure, "ja"), failed.entry.status)

    def _read(self, back: bytes, front: bytes) -> dict[str, Any]:
        files_ = [back, front] if front else [back]
        head = json.dumps({"key": self._settings.key.reveal(), "sizes": [len(one) for one in files_]})
        try:
            done = subprocess.run(
                self._settings.program,
                input=head.encode() + b"\n" + b"".join(files_),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=READING_SECONDS,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                check=True,
            )
            return dict(json.loads(done.stdout))
        except (subprocess.SubprocessError, ValueError):
            return {"failure": "Scan_Unreadable"}

    def _counted(self) -> Guesses:
        with self._opening:
            if self._guesses is None:
                url = sqlite_url(self._settings.room / _KEPT)
                prepare_database(url)
                self._guesses = Guesses(url, self._settings.limits, self._settings.address_key)
            return self._guesses

    def _tell(self, outcome: str) -> None:
        """Count it in the trace: nothing of the sheet and no address."""
        self._context.trace.emit("site", "sheet_asked", outcome=outcome)


def parts_of(kind: str, body: bytes) -> dict[str, bytes]:
    """The parts of `multipart/form-data` (RFC 7578) by their names, byte for byte. Raises Failed(Request_Malformed)."""
    message = Mime()
    message["content-type"] = kind[:300].encode("ascii", "replace").decode()
    boundary = message.get_param("boundary")
    if message.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise Failed("Request_Malformed", fields=["content-type"])
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("ascii", "replace"), _PARTS + 2)
    if len(pieces) < 3 or len(pieces) > _PARTS + 2 or not pieces[-1].startswith(b"--"):
        raise Failed("Request_Malformed", fields=["form"])
    found = {}
    for piece in pieces[1:-1]:
        head, between, content = piece.partition(b"\r\n\r\n")
        name = (
            BytesHeaderParser()
            .parsebytes(head.lstrip(b"\r\n"))
            .get_param("name", header="content-disposition")
        )
        if not between or not isinstance(name, str) or name in found:
            raise Failed("Request_Malformed", fields=["form"])
        found[name] = content
    return found


def create_inquiry(context: NodeContext, settings: InquirySettings) -> FastAPI:
    """Make the node. `app.state.inquiry` is its InquirySite (`reopen()`, `close()`)."""
    site = InquirySite(context, settings)
    site.reopen()
    uploads = Uploads(MOST_BYTES, UPLOAD_SECONDS, site.refused)
    app = make_site(
        context, "証明書裏面確認サイト", site.pages, more_policy="; img-src data:", uploads=uploads
    )
    app.state.inquiry = site
    for language in LANGUAGES:
        _add_language(app, site, language)
    return app


def _add_language(app: FastAPI, site: InquirySite, language: str) -> None:
    add_form(app, language, "sheet", site.ask)

    @app.post(f"/{language}/sheet")
    async def sheet(request: Request) -> Response:
        body, kind = await request.body(), request.headers.get("content-type", "")
        address = request.client.host if request.client is not None else ""
        try:
            return await run_in_threadpool(site.answer, kind, body, address, language)
        except Failed as failed:
            if failed.failure != "Request_Malformed":
                raise
            return site.ask(language, say("nothing", language), failed.entry.status)
