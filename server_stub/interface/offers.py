"""What a holder may get, and what the resident asked for. The terminal shows an offer as it came and knows no kind by name.

An offer carries its words, fee, hours, subjects and questions; the answers travel back as they were asked. Offers are signed
over session, terminal, holder, place and municipality (`binding.sign_offers`), so that nothing on the way can exchange what is
chosen from, or whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from .failures import CATALOGUE
from .values import (
    LONGEST_NAME,
    MOST_CHOICES,
    MOST_OFFERS,
    MOST_QUESTIONS,
    MOST_SUBJECTS,
    Base64,
    Code,
    Code5,
    FailureBody,
    Identifier,
    Identity,
    Model,
    MunicipalityInfo,
    Place,
    Ref,
    RegisterText,
    Ulid,
    Words,
    Yen,
)

Refs = Annotated[tuple[Ref, ...], Field(max_length=MOST_SUBJECTS)]
Answers = Annotated[dict[Code, Code], Field(max_length=MOST_QUESTIONS)]
"""Code of a question -> code of the choice."""


REFUSALS = frozenset(
    {
        "Holder_Not_Linked", "Holder_Under_Fifteen", "Holder_Restricted", "Holder_Moved_Out", "Holder_Not_Registered",
        "Holder_Deceased", "Record_Unusable", "Seal_Not_Registered", "Household_Member_Restricted",
        "Member_Not_In_Household", "Service_Closed_Now", "Service_Closed_Today", "Service_Not_Offered",
        "Service_Not_Yet_Offered", "Service_Suspended", "Service_Stopped",
        "Service_Out_Of_Order", "Replica_Too_Old", "Application_Too_Large", "Character_Not_Printable", "Text_Too_Long",
        "Picture_Unreadable", "Holder_Household_Leaving", "Holder_Arrived_Today", "Certificate_Issued_Today",
        "Holder_Character_Pending", "Holder_Entry_Too_Long", "Seal_Under_Fifteen", "Seal_Abolished", "Seal_Name_Changed",
        "Seal_Card_Lost", "Seal_Being_Changed", "Seal_Not_Issued_Here", "Ordinance_Other_Kind",
        "Existing_System_Closed", "Existing_System_Unreachable", "Existing_System_Answer_Wrong", "Outage_Announced",
    }
)  # fmt: skip
"""The names of the catalogue that stand in an offer: what an issuing server has against a kind or a person. Any other is a
fault of a card, a centre or a terminal, which no offer may claim."""


def _of_the_issuing_side(refusal: FailureBody) -> FailureBody:
    if refusal.failure in CATALOGUE:
        if refusal.failure not in REFUSALS:
            raise ValueError("a refusal that an issuing server may have")
        return refusal
    try:
        refusal.failed()
    except KeyError as error:
        raise ValueError("a name of the catalogue, or one of a kind's own with words") from error
    return refusal


Refusal = Annotated[FailureBody, AfterValidator(_of_the_issuing_side)]
"""What stands against a kind or a person, by one of `REFUSALS` or a name of the kind's own with its words."""


Title = Annotated[str, Field(min_length=2, max_length=LONGEST_NAME)]
"""What is printed at the head of a front."""


class Symbol(StrEnum):
    """The drawings that a terminal has for a kind; `document` is for all that has none of its own."""

    DOCUMENT = "document"
    HOUSE = "house"
    SEAL = "seal"
    FAMILY = "family"
    COINS = "coins"


class Scope(StrEnum):
    """Who goes on the paper: the holder alone, the whole (household, register), or those chosen by the resident."""

    HOLDER = "holder"
    WHOLE = "whole"
    CHOSEN = "chosen"


class Choice(Model):
    """One possible answer. `secret`: it prints a 個人番号 or 住民票コード of everybody concerned, which must be covered on every
    screen. `title`: what this answer prints at the head of every front, where that is not the offer's own title. `whole_names`:
    with it a subject's whole name is read on the front, whatever the subject's `printed` says."""

    code: Code
    words: Words
    secret: bool = False
    title: Title | None = None
    whole_names: bool = False


class Question(Model):
    """`concerns`: the subjects it is asked of; empty: everybody. It is asked only if a chosen subject is concerned.

    `about`: a sentence that explains it. `default` is the choice that stands before the resident has touched anything.
    """

    model_config = ConfigDict(revalidate_instances="always")

    code: Code
    words: Words
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=MOST_CHOICES)]
    default: Code
    about: Words | None = None
    concerns: Refs = ()

    @model_validator(mode="after")
    def _is_answerable(self) -> Question:
        codes = [choice.code for choice in self.choices]
        if len(set(codes)) != len(codes) or self.default not in codes:
            raise ValueError("each choice once, and the default among them")
        return self

    def concerned(self, subjects: Iterable[str]) -> frozenset[str]:
        """Tell which of `subjects` this is asked of."""
        asked = frozenset(subjects)
        return asked & frozenset(self.concerns) if self.concerns else asked

    def choice(self, code: str | None) -> Choice | None:
        return next((choice for choice in self.choices if choice.code == code), None)


class Subject(Model):
    """Someone who may stand on the paper. `ref` is a pseudonym that the issuing server makes from its own record; `note` is
    shown under the name (続柄); `printed` is what must be read on the front instead of the whole name (戸籍: 【名】 and the given
    name), unless an answer asks for whole names; `born` is the birth date as it must be read beside it: given names are few, and a
    front of somebody else of the same name is told apart by it."""

    model_config = ConfigDict(revalidate_instances="always")

    ref: Ref
    name: RegisterText
    holder: bool
    note: Words | None = None
    refusal: Refusal | None = None
    printed: RegisterText | None = None
    born: RegisterText | None = None

    @property
    def on_paper(self) -> str:
        return self.printed or self.name


def possible(scope: Scope, subjects: Sequence[Subject]) -> tuple[str, ...]:
    """List who of `subjects` can be on the paper under `scope`, in their order; nobody: it cannot be had so."""
    able = tuple(subject.ref for subject in subjects if subject.refusal is None)
    match scope:
        case Scope.WHOLE:
            return able if len(able) == len(subjects) else ()
        case Scope.HOLDER:
            return tuple(one.ref for one in subjects if one.holder and one.refusal is None)
        case Scope.CHOSEN:
            return able


class Offer(Model):
    """What this holder may get now, or the name of what stands against it.

    `kind` is the certificate's code, `words` its name, `title` what is printed on every front of it. `counter_fee` is what the
    same costs at the counter, for comparison; `fee_per_subject`: both are for each person on a copy. `hours` is wording for
    people. `whole` names the scope WHOLE (世帯全員), `whole_about` is a sentence under it. `one_only`: under CHOSEN a paper is of
    one person.
    """

    kind: Code
    words: Words
    title: Title
    fee: Yen
    max_copies: Annotated[int, Field(ge=1, le=99)]
    hours: Words
    symbol: Symbol = Symbol.DOCUMENT
    counter_fee: Yen | None = None
    fee_per_subject: bool = False
    scopes: Annotated[tuple[Scope, ...], Field(max_length=len(Scope))] = ()
    whole: Words | None = None
    whole_about: Words | None = None
    one_only: bool = False
    subjects: Annotated[tuple[Subject, ...], Field(max_length=MOST_SUBJECTS)] = ()
    questions: Annotated[tuple[Question, ...], Field(max_length=MOST_QUESTIONS)] = ()
    refusal: Refusal | None = None

    @model_validator(mode="after")
    def _can_be_taken_up(self) -> Offer:
        refs = [subject.ref for subject in self.subjects]
        codes = [question.code for question in self.questions]
        if any(len(set(found)) != len(found) for found in (refs, codes, self.scopes)):
            raise ValueError("each subject, question and scope once")
        if any(not set(question.concerns) <= set(refs) for question in self.questions):
            raise ValueError("a question concerns subjects of the offer")
        if self.refusal is None and not any(self.possible(scope) for scope in self.scopes):
            raise ValueError("an offer without refusal needs a scope with somebody in it")
        if Scope.WHOLE in self.scopes and self.whole is None:
            raise ValueError("words for the scope of the whole")
        return self

    def title_with(self, answers: Mapping[str, str]) -> str:
        """Tell what stands at the head of a front that is an answer to `answers`."""
        chosen = (question.choice(answers.get(question.code)) for question in self.questions)
        return next((choice.title for choice in chosen if choice is not None and choice.title), self.title)

    def possible(self, scope: Scope) -> tuple[str, ...]:
        return possible(scope, self.subjects)

    def copy_fee(self, subjects: int) -> int:
        """What one copy costs with so many persons on it."""
        return self.fee * subjects if self.fee_per_subject else self.fee

    def admits(self, scope: Scope, subjects: tuple[str, ...]) -> bool:
        """Whether `subjects` (each once) may be asked for under `scope`."""
        possible = self.possible(scope) if scope in self.scopes else ()
        wanted = frozenset(subjects)
        if not wanted or len(wanted) != len(subjects):
            return False
        if scope is Scope.CHOSEN and self.one_only and len(wanted) != 1:
            return False
        return wanted <= frozenset(possible) if scope is Scope.CHOSEN else wanted == frozenset(possible)

    def asks(self, subjects: Iterable[str]) -> tuple[Question, ...]:
        """List the questions that concern any of `subjects`."""
        chosen = frozenset(subjects)
        return tuple(question for question in self.questions if question.concerned(chosen))

    def answered(self, subjects: Iterable[str], answers: Mapping[str, str]) -> bool:
        """Whether `answers` has one of its choices for every question that concerns `subjects`, and nothing else."""
        asked = {question.code: question for question in self.asks(subjects)}
        return answers.keys() == asked.keys() and all(
            question.choice(answers[code]) is not None for code, question in asked.items()
        )


def each_kind_once(offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """Raises ValueError for a kind that is offered twice."""
    if len({offer.kind for offer in offers}) != len(offers):
        raise ValueError("each kind once")
    return offers


class Offers(Model):
    """For one holder in one session at one terminal. `place` and `municipality` are what the centre understood: the request that
    asked for them is signed by nobody, nor is the list of municipalities."""

    session_id: Ulid
    terminal_id: Identifier
    holder: Identity
    place: Place
    municipality: MunicipalityInfo
    offers: Annotated[tuple[Offer, ...], Field(max_length=MOST_OFFERS), AfterValidator(each_kind_once)]

    def offer(self, kind: str | None) -> Offer | None:
        return next((offer for offer in self.offers if offer.kind == kind), None)


class SignedOffers(Model):
    """`text` is the JSON of `Offers` exactly as signed with the centre's Ed25519 key, which the terminal has pinned."""

    text: Annotated[str, Field(max_length=1_000_000)]
    signature: Base64
    key_id: Identifier


class ApplicationRequest(Model):
    """`subjects` are always named. `fee_total` is what the resident confirmed; another fee now is Fee_Changed, never a
    silent charge."""

    kind: Code
    municipality: Code5
    scope: Scope
    subjects: Annotated[tuple[Ref, ...], Field(min_length=1, max_length=MOST_SUBJECTS)]
    answers: Answers = {}
    copies: Annotated[int, Field(ge=1, le=99)]
    fee_total: Yen
