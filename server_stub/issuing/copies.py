"""One paper: from the records of one generation to a PDF, and whose records stand on which page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from server_stub.interface.terminal import ApplicationOptions, Box
from server_stub.municipalities import Municipality
from server_stub.paper.content import Issuer
from server_stub.paper.fronts import RenderedPage, render_residence, render_seal
from server_stub.registry.records import Person, Seal

from .wording import residence_front, seal_front


@dataclass(frozen=True, slots=True)
class Records:
    """What goes on one copy: persons of one household in the order of the register; with `seal`, the one person it is of."""

    persons: tuple[Person, ...]
    whole_household: bool = False
    seal: Seal | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One front. `persons`: keys of the records that stand on it."""

    copy_number: int
    k: int
    n: int
    persons: tuple[str, ...]
    issue_number: str
    secret_boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """`pdf` has one page for each of `pages`, in this order."""

    pdf: bytes
    pages: tuple[Page, ...]


def set_paper(
    copies: Sequence[Records],
    options: ApplicationOptions,
    municipality: Municipality,
    *,
    issued_on: date,
    issue_numbers: Sequence[str],
) -> Paper:
    """One copy for each of `copies`, numbered with `issue_numbers`. The same arguments give the same bytes.

    Raises Failed: Character_Not_Printable, Text_Too_Long, Picture_Unreadable, Font_Missing.
    """
    issuer = issuer_of(municipality)
    if all(records.seal is not None for records in copies):
        rendered = render_seal(
            [
                seal_front(
                    records.persons[0],
                    records.seal,
                    attestation=municipality.attestations.seal_registration,
                    issued_on=issued_on,
                    issue_number=number,
                )
                for records, number in zip(copies, issue_numbers, strict=True)
                if records.seal is not None
            ],
            issuer,
        )
    else:
        texts = municipality.attestations
        rendered = render_residence(
            [
                residence_front(
                    records.persons,
                    options,
                    whole_household=records.whole_household,
                    attestation=texts.residence_household
                    if records.whole_household
                    else texts.residence_members,
                    issued_on=issued_on,
                    issue_number=number,
                )
                for records, number in zip(copies, issue_numbers, strict=True)
            ],
            issuer,
            municipality.layout,
        )
    return Paper(rendered.pdf, tuple(_page(page, copies, issue_numbers) for page in rendered.pages))


def issuer_of(municipality: Municipality) -> Issuer:
    """Who certifies, as it is printed."""
    return Issuer(
        municipality=municipality.info.name,
        title=municipality.title,
        mayor=municipality.mayor,
        seal_png=municipality.seal_png,
        accent=municipality.info.accent,
        seal_mm=municipality.seal_mm,
    )


def _page(page: RenderedPage, copies: Sequence[Records], issue_numbers: Sequence[str]) -> Page:
    records = copies[page.copy_number - 1]
    persons = [records.persons[index].key for index in page.person_indices]
    if records.seal is not None:
        persons.append(records.seal.person)
    return Page(
        copy_number=page.copy_number,
        k=page.k,
        n=page.n,
        persons=tuple(dict.fromkeys(persons)),
        issue_number=issue_numbers[page.copy_number - 1],
        secret_boxes=page.secret_boxes,
    )
