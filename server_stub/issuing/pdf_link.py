"""PDF連携: a kind whose papers the existing system makes of its own records, asked like any other kind by its hooks.

Nothing that it declares of a paper is believed. What the paper is, whose, of how many sheets and by whom it is certified is read
here off the PDF itself and compared with what was offered and asked for; then the 発行番号 is drawn into its place, so that centre
and terminal get such a front as under データ連携 and look at it once more.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2

from server_stub.certificates.certificate import AnyCertificate, Case, Certificate, Offered
from server_stub.interface.binding import NOTICE, SAMPLE, new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.document import check_document, fonts_not_embedded
from server_stub.interface.existing_system import (
    OfferRequest,
    PaperAnswer,
    PaperPage,
    PaperRequest,
    link_ref,
)
from server_stub.interface.failures import Failed
from server_stub.interface.front import Letters, check_front, front_facts, letters_of, opened, plain
from server_stub.interface.offers import ApplicationRequest, Offer
from server_stub.interface.terminal import SheetEntry
from server_stub.interface.unpacking import check_file
from server_stub.interface.values import Place
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, compile_main
from server_stub.registry.replica import ReplicaReader

from .existing_systems import ExistingSystem
from .tenants import Tenant

TEMPLATE = Path(__file__).parent / "issue_number.typ"
BEFORE = "発行番号　"
NUMBER_PLACE: Mapping[str, Any] = {"x": 135, "y": 11, "width": 60, "size": 8.5, "align": "right"}
"""Where 発行番号 stands on every sheet (mm, pt), as `frame` of the common templates has it. The existing system leaves it empty."""
NUMBER_HEIGHT = 5
LEAST_SAMPLE = 18.0
"""Points: the least size of the letters of 見本 on a front; mayors and residents of invented towns are called so in smaller ones."""
_POINTS = 72 / 25.4
_BIRTH_DATE = re.compile(
    r"(?<!の)生年月日[^\w]{0,3}((?:明治|大正|昭和|平成|令和|西暦|[0-9]).{0,20})", re.DOTALL
)
"""A person's own; 「配偶者の生年月日」 of a family register is another's, and belongs there."""
_OF_A_KIND = ("code", "words", "title", "places", "symbol", "terms", "registers")
_NO_APPLICATION = "0" * 26


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one copy is asked for by: the holder, where, and what was offered, as it came (`numbers`: of each person by reference)
    and as it was passed on."""

    person: str
    place: Place
    numbers: Mapping[str, str]
    offered: Offered


class PdfLinked(Certificate[Wanted, Any]):
    """`kind` under PDF連携, for one request: what was offered in it is kept for its paper."""

    def __init__(self, kind: AnyCertificate, tenant: Tenant, clock: Clock) -> None:
        """Without an address of the tenant's existing system its papers cannot be had, as if it were down."""
        told = {name: getattr(kind, name) for name in _OF_A_KIND}
        vars(self).update(told)
        self._tenant, self._clock = tenant, clock
        existing = tenant.municipality.existing_system
        self._deadline = existing.deadline_seconds if existing is not None else 0.0
        self._offered: dict[tuple[str, Place], Wanted] = {}

    @property
    def _system(self) -> ExistingSystem:
        if self._tenant.existing_system is None:
            raise Failed("Existing_System_Unreachable", detail="not configured")
        return self._tenant.existing_system

    def offer(self, case: Case[Any]) -> Offered:
        """Ask the existing system. The holder's own name must be the one that the replica has: papers of two persons of one
        number are nobody's. Raises Failed as `ExistingSystem`."""
        asked = OfferRequest(kind=self.code, person=case.key, place=case.place, day=case.today)
        answer = self._system.offer(asked, self._deadline)
        if (answer.municipality, answer.kind) != (self._tenant.municipality.info.code, self.code):
            raise Failed("Existing_System_Answer_Wrong", detail="another municipality or kind")
        if answer.numbers.keys() != {one.ref for one in answer.subjects}:
            raise Failed("Existing_System_Answer_Wrong", detail="numbers")
        if any(ref != link_ref(number) for ref, number in answer.numbers.items()):
            raise Failed("Existing_System_Answer_Wrong", detail="numbers")
        for one in answer.subjects:
            known = case.reader.person(answer.numbers[one.ref])
            if one.holder and known is not None and known.name != one.name:
                raise Failed("Existing_System_Answer_Wrong", detail="holder")
        ours = {ref: case.ref(number) for ref, number in answer.numbers.items()}
        try:
            offered = Offered(
                scopes=answer.scopes,
                subjects=tuple(one.model_copy(update={"ref": ours[one.ref]}) for one in answer.subjects),
                questions=tuple(
                    one.model_copy(update={"concerns": tuple(ours[ref] for ref in one.concerns)})
                    for one in answer.questions
                ),
                whole=answer.whole,
                whole_about=answer.whole_about,
                title=answer.title,
                one_only=answer.one_only,
            )
        except KeyError as error:
            raise Failed("Existing_System_Answer_Wrong", detail="concerns") from error
        self._offered[case.key, case.place] = Wanted(case.key, case.place, answer.numbers, offered)
        return offered

    def pick(self, case: Case[Any], request: ApplicationRequest) -> Wanted:
        return self._offered[case.key, case.place]

    def owners(self, records: Wanted, reader: ReplicaReader) -> Iterator[str]:
        """List who was read on the paper, which are those who were asked for, then the holder whom it was asked for."""
        yield from records.numbers.values()
        yield records.person

    def render(
        self,
        copies: Sequence[Wanted],
        request: ApplicationRequest,
        terms: Any,
        issuer: Issuer,
        issued_on: date,
        numbers: Sequence[str],
    ) -> Rendered:
        """Ask for the paper, look at it, draw the 発行番号 into its place.

        Raises Failed as `ExistingSystem`; Binding_Mismatch for a paper that is not the one that was asked for, and
        Existing_System_Answer_Wrong(detail) for one that is none or must not be printed.
        """
        wanted, ref = copies[0], self._tenant.ref
        theirs = {ref(number): one for one, number in wanted.numbers.items()}
        asked = PaperRequest(
            request_id=new_ulid(self._clock),
            person=wanted.person,
            place=wanted.place,
            day=issued_on,
            application=request.model_copy(
                update={"subjects": tuple(theirs[one] for one in request.subjects), "copies": len(copies)}
            ),
        )
        answer = self._system.paper(asked, self._deadline)
        if answer.request_id != asked.request_id:
            raise _mismatch("request")
        if (answer.kind, answer.municipality) != (request.kind, issuer.code):
            raise _mismatch("kind or municipality")
        entries = [_entry(number, page, ref, numbers) for number, page in enumerate(answer.pages, start=1)]
        _check_pages(entries, frozenset(request.subjects), len(copies))
        pdf = _with_numbers(_decoded(answer), [entry.issue_number for entry in entries])
        # which ward it is in the existing system alone knows
        offices = [
            issuer.office,
            *(one.office for one in self._tenant.municipality.issuers_anywhere(self.code)),
        ]
        _check_text(pdf, entries, _as_offered(wanted.offered, request), offices)
        return Rendered(
            answer.kind,
            answer.municipality,
            pdf,
            tuple(
                RenderedPage(
                    page.copy_number,
                    page.k,
                    page.n,
                    page.subjects,
                    dict(page.answers),
                    page.secret_boxes,
                    page.named,
                )
                for page in answer.pages
            ),
        )


def linked(tenant: Tenant, clock: Clock) -> Tenant:
    """The tenant with its kinds of PDF連携 as the existing system has them."""
    municipality = tenant.municipality
    told = {
        code: PdfLinked(kind, tenant, clock)
        for code, kind in municipality.kinds.items()
        if municipality.is_pdf_linked(code)
    }
    if not told:
        return tenant
    return replace(tenant, municipality=replace(municipality, kinds={**municipality.kinds, **told}))


def _mismatch(detail: str) -> Failed:
    return Failed("Binding_Mismatch", detail=detail, by="existing system")


def _wrong(detail: str, **facts: Any) -> Failed:
    return Failed("Existing_System_Answer_Wrong", detail=detail, **facts)


# --- what is declared --------------------------------------------------------------------------------------------------------


def _entry(number: int, page: PaperPage, ref: Callable[[str], str], numbers: Sequence[str]) -> SheetEntry:
    """The declared sheet as centre and terminal will have it. Raises Failed(Binding_Mismatch) for a copy that nobody asked for."""
    if page.copy_number > len(numbers):
        raise _mismatch("number of copies")
    return SheetEntry(
        number=number,
        copy_number=page.copy_number,
        k=page.k,
        n=page.n,
        sha256="0" * 64,
        subjects=tuple(ref(one) for one in page.subjects),
        issue_number=numbers[page.copy_number - 1],
        answers=page.answers,
        secret_boxes=page.secret_boxes,
        named=tuple(ref(one) for one in page.named),
    )


def _check_pages(entries: Sequence[SheetEntry], wanted: frozenset[str], copies: int) -> None:
    """Every copy with all its sheets, everybody who was asked for on it, and nobody else."""
    by_copy: dict[int, list[SheetEntry]] = {}
    for entry in entries:
        by_copy.setdefault(entry.copy_number, []).append(entry)
    if [one.copy_number for one in entries] != sorted(one.copy_number for one in entries):
        raise _mismatch("order of sheets")
    if list(by_copy) != list(range(1, copies + 1)):
        raise _mismatch("number of copies")
    for sheets in by_copy.values():
        if [(one.k, one.n) for one in sheets] != [(k, len(sheets)) for k in range(1, len(sheets) + 1)]:
            raise _mismatch("number of sheets")
        whose = [frozenset((*one.subjects, *one.named)) for one in sheets]
        if not all(one and one <= wanted for one in whose):
            raise _mismatch("person on a sheet")
        if {ref for one in sheets for ref in one.subjects} != wanted:
            raise _mismatch("persons on a copy")


def _as_offered(offered: Offered, request: ApplicationRequest) -> Offer:
    """The offer as far as a front is held against it."""
    return Offer(
        kind=request.kind,
        words={"ja": offered.title or request.kind},
        title=offered.title or request.kind,
        fee=0,
        max_copies=1,
        hours={"ja": "-"},
        scopes=offered.scopes,
        whole=dict(offered.whole) if offered.whole is not None else None,
        subjects=offered.subjects,
        questions=offered.questions,
    )


# --- the file ----------------------------------------------------------------------------------------------------------------


def _decoded(answer: PaperAnswer) -> bytes:
    try:
        return base64.b64decode(answer.pdf, validate=True)
    except binascii.Error as error:
        raise _wrong("pdf") from error


def _with_numbers(pdf: bytes, numbers: Sequence[str]) -> bytes:
    """Look at the file before anything of it is drawn, then draw `numbers`, one a page. The same input gives the same bytes.

    Raises Failed: Binding_Mismatch for another number of sheets, Existing_System_Answer_Wrong.
    """
    try:
        check_file(pdf)
        with (
            pikepdf.open(io.BytesIO(pdf), attempt_recovery=False) as paper,
            pikepdf.open(io.BytesIO(_drawn(tuple(numbers)))) as drawn,
        ):
            if paper.is_encrypted:
                raise _wrong("encrypted")
            if len(paper.pages) != len(numbers):
                raise _mismatch("number of sheets")
            check_document(paper, len(numbers))
            if (font := next(fonts_not_embedded(paper), None)) is not None:
                raise _wrong("font not embedded", font=font[:60])
            for page, number in zip(paper.pages, drawn.pages, strict=True):
                _draw(paper, page, drawn, number)
            stream = io.BytesIO()
            # packed anew it would cost more than all the rest
            paper.save(
                stream,
                deterministic_id=True,
                compress_streams=False,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
            )
            return stream.getvalue()
    except pikepdf.PasswordError as error:
        raise _wrong("encrypted") from error
    except pikepdf.PdfError as error:
        raise _wrong("no readable PDF") from error
    except Failed as failed:
        raise _renamed(failed) from failed


def _draw(paper: pikepdf.Pdf, page: pikepdf.Page, source: pikepdf.Pdf, drawn: pikepdf.Page) -> None:
    """Draw one page over another, whatever state its content leaves behind. (pikepdf's own way gives a random name each time.)"""
    name = next(
        name
        for name in (pikepdf.Name(f"/IssueNumber{count}") for count in range(1000))
        if name not in page.resources.get("/XObject", pikepdf.Dictionary())
    )
    form = paper.copy_foreign(source.make_indirect(drawn.as_form_xobject()))
    page.add_resource(form, pikepdf.Name.XObject, name)
    page.contents_add(b"q", prepend=True)
    page.contents_add(f"Q q {name} Do Q".encode())


def _renamed(failed: Failed) -> Failed:
    """What is said of any sheet, as said of one that an existing system has made."""
    if failed.failure.startswith("Paper_"):
        return _wrong(str(failed.facts.get("detail", "")) or failed.failure, reason=failed.failure)
    return failed


def _drawn(numbers: tuple[str, ...]) -> bytes:
    told = {"numbers": numbers, "before": BEFORE, "place": dict(NUMBER_PLACE)}
    text = json.dumps(json.dumps(told, ensure_ascii=False), ensure_ascii=False)
    return compile_main(
        TEMPLATE, f'#import "/{TEMPLATE.name}": *\n#issue-numbers(json(bytes({text})))'.encode()
    )


# --- the text ----------------------------------------------------------------------------------------------------------------


def _check_text(pdf: bytes, entries: Sequence[SheetEntry], offer: Offer, offices: Sequence[str]) -> None:
    """Read every front: 見本, title, names, births, 発行番号 and k／n, nobody else, and who certifies on the last of a copy.

    Raises Failed: Binding_Mismatch, Existing_System_Answer_Wrong.
    """
    try:
        with opened(pdf) as document:
            for number, entry in enumerate(entries):
                page = document[number]
                text = page.get_textpage()
                try:
                    _check_page(text, page.get_height(), entry, offer, offices)
                except Failed as failed:
                    raise failed.with_facts(sheet=number + 1) from failed
                finally:
                    text.close()
                    page.close()
    except Failed as failed:
        raise _renamed(failed) from failed


def _check_page(
    text: pypdfium2.PdfTextPage, height: float, entry: SheetEntry, offer: Offer, offices: Sequence[str]
) -> None:
    letters = letters_of(text)
    if not letters.places(NOTICE) or not any(_is_large(text, place) for place in letters.places(SAMPLE)):
        raise _wrong("not marked", reason="Paper_Not_Marked")
    if plain(_at_number(text, height)) != plain(BEFORE + entry.issue_number):
        raise _wrong("place of 発行番号")
    try:
        check_front(text, letters, height, front_facts(_NO_APPLICATION, entry, offer))
    except Failed as failed:
        raise failed.with_facts(by="existing system") from failed
    _check_nobody_else(letters, entry, offer)
    if entry.k == entry.n and not any(letters.places(office) for office in offices):
        raise _mismatch("who certifies")


def _is_large(text: pypdfium2.PdfTextPage, place: Sequence[int]) -> bool:
    for index in place:
        left, low, right, high = text.get_charbox(index, loose=True)
        if max(right - left, high - low) < LEAST_SAMPLE:
            return False
    return True


def _check_nobody_else(letters: Letters, entry: SheetEntry, offer: Offer) -> None:
    """Name and birth date of nobody who was offered and not asked for; behind 「生年月日」 that of nobody but the sheet's own."""
    own = {*entry.subjects, *entry.named}
    for one in offer.subjects:
        if one.ref in own or not one.born:
            continue
        if letters.places(one.on_paper) and letters.places(one.born):
            raise _mismatch("somebody else")
    births = tuple(
        plain(one.born).removeprefix("【生年月日】") for one in offer.subjects if one.ref in own and one.born
    )
    for found in _BIRTH_DATE.finditer(letters.plain):
        if births and not found.group(1).startswith(births):
            raise _mismatch("somebody else")


def _at_number(text: pypdfium2.PdfTextPage, height: float) -> str:
    """What stands in the place of 発行番号."""
    left, top = float(NUMBER_PLACE["x"]), float(NUMBER_PLACE["y"])
    right, bottom = left + float(NUMBER_PLACE["width"]), top + NUMBER_HEIGHT
    edges = (left * _POINTS - 1, height - bottom * _POINTS, right * _POINTS + 1, height - top * _POINTS)
    found: str = text.get_text_bounded(*edges)
    return found
