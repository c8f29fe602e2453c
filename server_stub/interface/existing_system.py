"""Issuing server <-> existing system (既存システム) under PDF連携: the messages. The real ones are each vendor's own; these are ours.

Paths, relative to the existing system's base URL; every request carries `Authorization: Bearer LINK-KEY` and `traceparent`:

    POST /v1/offers   OfferRequest -> OfferAnswer   what this person may choose from
    POST /v1/papers   PaperRequest -> PaperAnswer   the fronts of all copies; the same request gives the same bytes
    POST /v1/look     -> 204                        it works

A refusal is a FailureBody. Every answer tells in `Server-Timing: total;dur=MS` how long the existing system itself took.

Persons go by their number in the city's register (宛名番号) between the two, which are both the city's own; in an offer and in the
request that takes it up they stand by `link_ref` of that number.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated

from pydantic import Field

from .offers import Answers, ApplicationRequest, Question, Scope, Subject, Title
from .values import (
    MOST_BOXES,
    MOST_QUESTIONS,
    MOST_SHEETS,
    MOST_SUBJECTS,
    Box,
    Code,
    Code5,
    CopyNumber,
    Model,
    Place,
    Ref,
    Ulid,
    Words,
)

TIMING = "Server-Timing"
"""The header (W3C Server Timing) with the existing system's own time."""

PersonNumber = Annotated[str, Field(pattern=r"^\S+$", max_length=100)]
"""宛名番号, or what a family register has of a member instead; of who lives elsewhere with the municipality's code before it."""
PersonNumbers = Annotated[tuple[PersonNumber, ...], Field(max_length=MOST_SUBJECTS)]


def link_ref(number: str) -> str:
    """Make the reference of a person between issuing server and existing system. No secret: both know the number."""
    return hashlib.sha256(b"existing system\n" + number.encode()).hexdigest()


class OfferRequest(Model):
    """`person`: the holder, as the issuing server knows it from the issue notices. `day`: of ages and restrictions."""

    kind: Code
    person: PersonNumber
    place: Place
    day: date


class OfferAnswer(Model):
    """What the holder may choose from (`certificates.certificate.Offered`), and the number of each of its subjects by reference."""

    municipality: Code5
    kind: Code
    numbers: Annotated[dict[Ref, PersonNumber], Field(max_length=MOST_SUBJECTS)]
    subjects: Annotated[tuple[Subject, ...], Field(max_length=MOST_SUBJECTS)]
    scopes: Annotated[tuple[Scope, ...], Field(max_length=len(Scope))]
    questions: Annotated[tuple[Question, ...], Field(max_length=MOST_QUESTIONS)] = ()
    whole: Words | None = None
    whole_about: Words | None = None
    title: Title
    one_only: bool = False


class PaperRequest(Model):
    """`application`: what was asked for, its subjects by `link_ref`. `request_id` is another one for each request."""

    request_id: Ulid
    person: PersonNumber
    place: Place
    day: date
    application: ApplicationRequest


class PaperPage(Model):
    """One front, as the existing system declares it. Nothing of it is believed before it was read on the front itself."""

    copy_number: CopyNumber
    k: Annotated[int, Field(ge=1)]
    n: Annotated[int, Field(ge=1)]
    subjects: PersonNumbers
    answers: Answers = {}
    secret_boxes: Annotated[tuple[Box, ...], Field(max_length=MOST_BOXES)] = ()
    named: PersonNumbers = ()


class PaperAnswer(Model):
    """The fronts without 発行番号, which is the issuing server's; `pdf` is base64, one page a sheet."""

    request_id: Ulid
    municipality: Code5
    kind: Code
    pages: Annotated[tuple[PaperPage, ...], Field(min_length=1, max_length=MOST_SHEETS)]
    pdf: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
