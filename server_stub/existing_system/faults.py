"""The ways in which an existing system may be wrong, as faults that can be switched on.

Each spoils the PDF alone: what is declared of it stays that of the right paper, as in Kawasaki in 2023, where a later process had
overwritten the earlier one's file and nobody looked into it. Parameter `person` (宛名番号) names the stranger.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pikepdf

from server_stub.certificates.certificate import AnyCertificate
from server_stub.faults.box import FaultBox
from server_stub.interface.existing_system import PaperRequest, link_ref
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Scope, possible
from server_stub.municipalities import Municipality
from server_stub.paper.typesetting import Issuer, Rendered
from server_stub.registry.replica import ReplicaReader

from .records import case_of

NODE = "existing_system"
DOWN, HOLD = f"{NODE}.down", f"{NODE}.hold"
HUGE_BYTES = 30_000_000
NO_NUMBER = ""
"""発行番号 is the issuing server's, which draws it into the place that stays empty."""


@dataclass(frozen=True)
class Made:
    """The right paper, and all that another one could be made of."""

    municipality: Municipality
    kind: AnyCertificate
    reader: ReplicaReader
    asked: PaperRequest
    rendered: Rendered
    everybody: Callable[[], list[str]]

    def other(
        self, *, person: str | None = None, kind: str | None = None, issuer: Issuer | None = None
    ) -> bytes:
        """Make what would have been made for another person, of another kind, or by another municipality. Raises LookupError
        where that person can have no such paper."""
        asked, code = self.asked, kind or self.kind.code
        certificate = self.municipality.kinds[code]
        case = case_of(
            self.municipality, certificate, self.reader, person or asked.person, asked.place, asked.day
        )
        try:
            offered = certificate.offer(case)
        except Failed as failed:
            raise LookupError(f"{case.key} has no {code}") from failed
        wished = sorted(offered.scopes, key=lambda one: one is not asked.application.scope)
        scope = next((one for one in wished if possible(one, offered.subjects)), None)
        if scope is None:
            raise LookupError(f"{case.key} has no {code}")
        subjects = possible(scope, offered.subjects)
        if scope is Scope.CHOSEN:
            subjects = possible(Scope.HOLDER, offered.subjects) or subjects[:1]
        if person is None and kind is None:
            subjects = asked.application.subjects
        application = ApplicationRequest(
            kind=code,
            municipality=asked.application.municipality,
            scope=scope,
            subjects=subjects,
            answers={
                one.code: asked.application.answers.get(one.code, one.default) for one in offered.questions
            },
            copies=asked.application.copies,
            fee_total=asked.application.fee_total,
        )
        copies = [certificate.pick(case, application)] * application.copies
        terms = self.municipality.services[code]
        by = issuer or self.municipality.issuer_of_paper(certificate, copies[0])
        rendered: Rendered = certificate.render(
            copies, application, terms, by, asked.day, [NO_NUMBER] * len(copies)
        )
        return rendered.pdf


def _swap(made: Made, told: Mapping[str, Any]) -> bytes:
    """Of the stranger; without a name the first of the register who can have such a paper."""
    own = set(made.asked.application.subjects)
    for number in [told["person"]] if "person" in told else made.everybody():
        if link_ref(number) in own:
            continue
        try:
            return made.other(person=number)
        except LookupError:
            continue
    raise LookupError("no stranger to swap with")


def _other_kind(made: Made, told: Mapping[str, Any]) -> bytes:
    own, place = made.kind.code, made.asked.place
    codes = [c for c, kind in made.municipality.kinds.items() if c != own and place in kind.places]
    for code in codes:
        try:
            return made.other(kind=code)
        except LookupError:
            continue
    raise LookupError("no other kind")


def _other_municipality(made: Made, told: Mapping[str, Any]) -> bytes:
    issuer = made.municipality.issuer_of(made.kind.code)
    return made.other(issuer=replace(issuer, code="99999", municipality="よそ市", title="よそ市長"))


def _one_sheet_more(made: Made, told: Mapping[str, Any]) -> bytes:
    """A stranger's sheet behind the right ones (徳島: a sheet in the middle; the number of sheets is the first to tell)."""

    def add(paper: pikepdf.Pdf) -> None:
        with pikepdf.open(io.BytesIO(_swap(made, told))) as strange:
            paper.pages.append(strange.pages[0])

    return _changed(made.rendered.pdf, add)


def _without_sample(paper: pikepdf.Pdf) -> None:
    """Take away what is written in red: 見本 and the notice."""
    for page in paper.pages:
        kept: list[Any] = []
        block: list[Any] = []
        red = inside = False
        for instruction in pikepdf.parse_content_stream(page):
            name, operands = str(instruction.operator), instruction.operands
            if name in ("scn", "rg", "sc"):
                red = len(operands) == 3 and float(operands[0]) > 0.5 > float(operands[1])
            if name == "BT":
                inside, block = True, []
            if inside:
                block.append(instruction)
                if name == "ET":
                    inside = False
                    kept += [] if red else block
            else:
                kept.append(instruction)
        page.Contents = paper.make_stream(pikepdf.unparse_content_stream(kept))


def _with_script(paper: pikepdf.Pdf) -> None:
    paper.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _smaller(paper: pikepdf.Pdf) -> None:
    for page in paper.pages:
        page.MediaBox = [0, 0, 420, 595]


def _fonts_left_out(paper: pikepdf.Pdf) -> None:
    for item in paper.objects:
        if isinstance(item, pikepdf.Dictionary):
            for key in ("/FontFile", "/FontFile2", "/FontFile3"):
                if key in item:
                    del item[key]


def _changed(pdf: bytes, change: Callable[[pikepdf.Pdf], None], **how: Any) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as paper:
        change(paper)
        stream = io.BytesIO()
        paper.save(stream, **how)
        return stream.getvalue()


def _encrypted(made: Made, told: Mapping[str, Any]) -> bytes:
    return _changed(made.rendered.pdf, lambda paper: None, encryption=pikepdf.Encryption(owner="x", user=""))


def _only(change: Callable[[pikepdf.Pdf], None]) -> Callable[[Made, Mapping[str, Any]], bytes]:
    return lambda made, told: _changed(made.rendered.pdf, change)


SPOILED: Mapping[str, Callable[[Made, Mapping[str, Any]], bytes]] = {
    f"{NODE}.swap": _swap,
    f"{NODE}.wrong_kind": _other_kind,
    f"{NODE}.wrong_municipality": _other_municipality,
    f"{NODE}.extra_sheet": _one_sheet_more,
    f"{NODE}.no_sample": _only(_without_sample),
    f"{NODE}.torn": lambda made, told: made.rendered.pdf[: len(made.rendered.pdf) // 2],
    f"{NODE}.encrypted": _encrypted,
    f"{NODE}.huge": lambda made, told: made.rendered.pdf + b"\0" * HUGE_BYTES,
    f"{NODE}.script": _only(_with_script),
    f"{NODE}.wrong_size": _only(_smaller),
    f"{NODE}.no_fonts": _only(_fonts_left_out),
}
OVERTAKEN = f"{NODE}.overtaken"


class Wrongs:
    """Spoils the paper by the faults that are on; keeps the last paper for the one that hands it to the next who asks."""

    def __init__(self, faults: FaultBox) -> None:
        self._faults = faults
        self._lock = threading.Lock()
        self._last = b""

    def pdf_of(self, made: Made) -> bytes:
        """The PDF of `made`, or what the first fault that is on makes of it."""
        with self._lock:
            before, self._last = self._last, made.rendered.pdf
        if before and self._faults.strikes(OVERTAKEN) is not None:
            return before
        for name, spoil in SPOILED.items():
            told = self._faults.strikes(name)
            if told is not None:
                return spoil(made, told)
        return made.rendered.pdf
