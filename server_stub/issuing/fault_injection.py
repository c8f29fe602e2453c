"""The published disasters, a server that makes another paper than was asked for, and a fee that is revised meanwhile, as faults
that can be switched on.

Everything after such a fault works on what it was given, so this server notices nothing; that the centre and the terminal do
is what their checks are for. Parameter `person` (宛名番号) names the stranger; without it, it is the first person of the
register in another household for whom the paper can be made.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pikepdf
from sqlalchemy import select

from server_stub.certificates.certificate import AnyCertificate
from server_stub.db import open_engine
from server_stub.faults.box import FaultBox
from server_stub.interface.offers import ApplicationRequest
from server_stub.municipalities import FILE_NAME, Municipality, load_municipality
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage
from server_stub.registry.tables import persons

from .offers import Holder, nearest_request
from .tenants import Tenant

SWAP_RECORD, SWAP_SHEET = "issuing.swap_record", "issuing.swap_sheet"
WRONG_KIND, WRONG_ANSWERS = "issuing.wrong_kind", "issuing.wrong_answers"
WRONG_COPIES, WRONG_MUNICIPALITY = "issuing.wrong_copies", "issuing.wrong_municipality"
KIND_FAILS = "issuing.kind_fails"
WRONG_FEE, HIDDEN_NUMBER = "issuing.wrong_fee", "issuing.hidden_number"

Render = Callable[[AnyCertificate, Sequence[Any], ApplicationRequest, Issuer], Rendered]
"""Sets the papers of these records (one a copy) for this request."""


def rendered_with_faults(
    faults: FaultBox,
    holder: Holder,
    kind: AnyCertificate,
    asked: ApplicationRequest,
    received_at: datetime,
    render: Render,
) -> tuple[AnyCertificate, list[Any], Rendered]:
    """Pick and render what was asked, or what the faults that are on make of it: the kind, the records, the papers."""
    if (told := faults.strikes(WRONG_KIND)) is not None:
        kind = _another_kind(holder, kind, told.get("kind"))
        asked = nearest_request(holder.offer(kind, received_at), asked)
    if (told := faults.strikes(WRONG_ANSWERS)) is not None:
        asked = asked.model_copy(update={"answers": _other_answers(holder, kind, asked, received_at)})
    copies = [kind.pick(holder.case(kind), asked)] * asked.copies
    if (told := faults.strikes(SWAP_RECORD)) is not None:
        copies = [_stranger(holder, kind, asked, received_at, told.get("person"))] * asked.copies
    issuer = holder.tenant.municipality.issuer_of_paper(kind, copies[0])
    if faults.strikes(WRONG_MUNICIPALITY) is not None:
        issuer = replace(issuer, code="99999", municipality="よそ市", title="よそ市長")
    if faults.strikes(WRONG_COPIES) is not None:
        copies = copies * 2
    rendered = render(kind, copies, asked, issuer)
    if len(rendered.pages) > 1 and (told := faults.strikes(SWAP_SHEET)) is not None:
        stranger = _stranger(holder, kind, asked, received_at, told.get("person"))
        rendered = _first_sheet_only(rendered, render(kind, [stranger] * len(copies), asked, issuer))
    if faults.strikes(HIDDEN_NUMBER) is not None:
        rendered = replace(rendered, pages=tuple(replace(page, secret_boxes=()) for page in rendered.pages))
    return kind, copies, rendered


def _another_kind(holder: Holder, kind: AnyCertificate, wanted: str | None) -> AnyCertificate:
    kinds = holder.tenant.municipality.kinds
    code = wanted or next(
        code for code, other in kinds.items() if code != kind.code and holder.place in other.places
    )
    return kinds[code]


def _other_answers(
    holder: Holder, kind: AnyCertificate, asked: ApplicationRequest, received_at: datetime
) -> dict[str, str]:
    """Give to each question the first choice that was not given."""
    offer = holder.offer(kind, received_at)
    return {
        question.code: next(
            choice.code for choice in question.choices if choice.code != asked.answers.get(question.code)
        )
        for question in offer.asks(asked.subjects)
    }


def _stranger(
    holder: Holder, kind: AnyCertificate, asked: ApplicationRequest, received_at: datetime, wanted: str | None
) -> Any:
    """Pick what would have been picked for the stranger who had asked for the same."""
    for key in [wanted] if wanted else _others(holder):
        person = holder.reader.person(key)
        stranger = replace(holder, key=key, person=person)
        offer = stranger.offer(kind, received_at)
        if offer.refusal is None:
            return kind.pick(stranger.case(kind), nearest_request(offer, asked))
    raise LookupError("no stranger in the replica to swap with")


def _others(holder: Holder) -> Iterator[str]:
    """List the keys of who lives in another household, in the order of the register."""
    household = holder.person.household if holder.person is not None else ""
    query = select(persons.c.key).where(
        persons.c.generation == holder.reader.generation, persons.c.household != household
    )
    engine = open_engine(holder.tenant.replica_url)
    try:
        with engine.connect() as connection:
            yield from connection.scalars(query.order_by(persons.c.line)).all()
    finally:
        engine.dispose()


def _first_sheet_only(right: Rendered, wrong: Rendered) -> Rendered:
    """Leave the very first sheet as it is, a stranger's page in the place of each other one (徳島)."""
    pages: list[RenderedPage] = []
    with (
        pikepdf.open(io.BytesIO(right.pdf)) as ours,
        pikepdf.open(io.BytesIO(wrong.pdf)) as theirs,
        pikepdf.new() as mixed,
    ):
        strange = cycle(zip(wrong.pages, theirs.pages, strict=True))
        for page, front in zip(right.pages, ours.pages, strict=True):
            if not pages:
                pages.append(page)
                mixed.pages.append(front)
                continue
            other, body = next(strange)
            pages.append(
                replace(page, subjects=other.subjects, answers=other.answers, secret_boxes=other.secret_boxes)
            )
            mixed.pages.append(body)
        buffer = io.BytesIO()
        mixed.save(buffer, deterministic_id=True)
    return replace(right, pdf=buffer.getvalue(), pages=tuple(pages))


SETTINGS = "issuing.settings"
FEE_REVISED = "issuing.fee_revised"
RAISE = 50
"""Yen, where the fault names no fee."""


def with_failing_kind(faults: FaultBox, tenant: Tenant) -> Tenant:
    """The municipality with one kind (parameter `kind`; the first without it) whose hook fails, as a wrong program of it would."""
    told = faults.strikes(KIND_FAILS)
    if told is None:
        return tenant

    def fail(case: object) -> None:
        raise RuntimeError("a kind that is wrong")

    kinds = dict(tenant.municipality.kinds)
    code = told.get("kind", next(iter(kinds)))
    kinds[code] = copy(kinds[code])
    vars(kinds[code])["offer"] = fail
    return replace(tenant, municipality=replace(tenant.municipality, kinds=kinds))


def with_other_settings(faults: FaultBox, tenant: Tenant) -> Tenant:
    """Return `tenant` as it is, or, while that fault is on for it, with the settings of the parameter `folder`: another
    municipality.toml of the same municipality, as an official has changed it."""
    told = faults.strikes(SETTINGS)
    if told is None:
        return tenant
    folder = Path(str(told.get("folder", "")))
    changed = _changed(folder, (folder / FILE_NAME).stat().st_mtime_ns)
    if changed.info.code != tenant.municipality.info.code:
        return tenant
    return replace(tenant, municipality=changed)


@functools.lru_cache(maxsize=16)
def _changed(folder: Path, written_at: int) -> Municipality:
    return load_municipality(folder)


def with_revised_fee(faults: FaultBox, tenant: Tenant) -> Tenant:
    """Return `tenant` as it is, or, while that fault is on, with the parameter `fee` (yen a copy) for every kind."""
    parameters = faults.strikes(FEE_REVISED)
    if parameters is None:
        return tenant
    told = parameters.get("fee")
    services = {
        kind: terms.model_copy(update={"fee": told if isinstance(told, int) else terms.fee + RAISE})
        for kind, terms in tenant.municipality.services.items()
    }
    return replace(tenant, municipality=replace(tenant.municipality, services=services))


def fee_charged(faults: FaultBox, fee: int, copies: int) -> int:
    """Return the fee of so many copies, or another one while that fault is on."""
    return fee * copies + (RAISE if faults.strikes(WRONG_FEE) is not None else 0)
