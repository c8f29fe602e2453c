"""What a kind of certificate is: a class with documented hooks, in a folder that holds all that is particular to it.

Who calls the hooks is the issuing server, in the order `offer`, then for an application `offer` again, `pick`, `render`,
`owners`, all within one generation of the replica. A hook looks into that generation and the settings only; it asks no
clock, no network, and keeps nothing from one call to the next.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Question, Scope, Subject, Symbol
from server_stub.interface.values import LONGEST_TEXT, FailureBody, Identity, Place
from server_stub.paper.typesetting import Issuer, Rendered
from server_stub.registry.records import Person
from server_stub.registry.replica import ReplicaReader

from .terms import COIN, Fee, ServiceTerms

__all__ = ["COIN", "AnyCertificate", "Case", "Certificate", "Fee", "MemberFacts", "Offered", "ServiceTerms"]

Terms = TypeVar("Terms", bound=ServiceTerms)


@dataclass(frozen=True)
class Case(Generic[Terms]):
    """Who asks, where and when. `key` is the holder's person key in this municipality, by the issue notices; `person` the
    resident record of that key, None for a holder who is no resident (本籍地). `today` is the clock's date, JST, for ages
    and restrictions. `ref` makes the pseudonym of a person key. `minimum_age`: the municipality's, for a holder whose age no
    resident record tells. `refuse_moving_out`: the municipality gives nothing to who has announced a move."""

    terms: Terms
    reader: ReplicaReader
    identity: Identity
    key: str
    person: Person | None
    place: Place
    today: date
    ref: Callable[[str], str]
    minimum_age: int = 0
    refuse_moving_out: bool = True

    @property
    def resident(self) -> Person:
        """Return the holder's resident record. Raises Failed(Holder_Not_Linked)."""
        if self.person is None:
            raise Failed("Holder_Not_Linked")
        return self.person

    def subject(
        self,
        person: Person,
        note: Mapping[str, str] | None = None,
        refusal: FailureBody | None = None,
        born: str | None = None,
        printed: str | None = None,
    ) -> Subject:
        """Make the subject for a resident's record. `born`: the birth date as the kind's fronts have it; `printed`: the name, where
        they have another than the record's. Raises Failed(Text_Too_Long) for what no screen holds."""
        for field, text in (("name", printed or person.name), ("relationship", person.relationship)):
            if len(text) > LONGEST_TEXT:
                raise Failed("Text_Too_Long", field=field)
        return Subject(
            ref=self.ref(person.key),
            name=person.name,
            holder=person.key == self.key,
            note=None if note is None else dict(note),
            refusal=refusal,
            born=born or None,
            printed=printed if printed != person.name else None,
        )

    def restricted(self, key: str) -> bool:
        """Tell whether a measure (発行制限) is in force today for that person, or for the household that they are in."""
        return self.reader.restriction(key, self.today) is not None

    def group_restricted(self, register: str, group: str) -> bool:
        """Tell whether a measure is in force today for anybody of a group (a household: register "person"; else whoever has a
        record in that group of `register`). What shows the whole group, or where one of it lives, is issued to nobody then."""
        return self.reader.group_restriction(register, group, self.today) is not None

    def register_restricted(self, register: str) -> bool:
        """Tell whether a measure in force today names that family register itself: of it nothing is issued to anybody then."""
        return self.reader.register_restriction(register, self.today) is not None


@dataclass(frozen=True, slots=True)
class Offered:
    """What the resident chooses from. `whole` names the scope WHOLE, `whole_about` is a sentence under it. `title`: what stands at
    the head of this holder's front, where that is not the kind's title. `one_only`: under CHOSEN a paper is of one person."""

    scopes: tuple[Scope, ...]
    subjects: tuple[Subject, ...]
    questions: tuple[Question, ...] = ()
    whole: Mapping[str, str] | None = None
    whole_about: Mapping[str, str] | None = None
    title: str | None = None
    one_only: bool = False


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A living member of an open family register, as an official holds an application against it. `born`: between which days, None
    where the register does not say for certain; `sex` is not told by every register ("")."""

    register: str
    number: int
    domicile: str
    head: str
    name: str
    born: tuple[date, date] | None
    sex: str = ""


Records = TypeVar("Records")


class Certificate(ABC, Generic[Records, Terms]):
    """One kind. `code` is its name in settings, messages and ledger, `words` its name for people (language -> text), `title`
    what stands at the head of its fronts; `places` where it is issued; `terms` the class of its settings; `registers`
    the records that it has delivered for itself: register -> class of the body."""

    code: ClassVar[str]
    words: ClassVar[Mapping[str, str]]
    title: ClassVar[str]
    places: ClassVar[frozenset[Place]]
    symbol: ClassVar[Symbol] = Symbol.DOCUMENT
    terms: ClassVar[type[ServiceTerms]] = ServiceTerms
    registers: ClassVar[Mapping[str, type[BaseModel]]] = {}

    @abstractmethod
    def offer(self, case: Case[Terms]) -> Offered:
        """Tell what this holder may choose from. Runs for every holder whom nothing stands against, for the menu and again
        on receipt of an application.

        What stands against this kind alone is raised as Failed (one of `offers.REFUSALS`, or `Failed.in_words`, by a name of the
        kind's own) and shown in its place in the menu; anything else that is raised, and an answer that is no offer, is logged and
        shown as Service_Out_Of_Order. Somebody who may not stand on the paper is a Subject with a refusal. It must not
        name anybody whom the register does not connect with the holder.

        Records that could not be used are missing in what the reader gives: a paper that says it shows everybody may be
        offered only where `reader.group_is_complete(register, group)`, and `reader.check_usable(key, register)` tells a
        holder whose own record it is from one whom the register does not know.
        """

    @abstractmethod
    def pick(self, case: Case[Terms], request: ApplicationRequest) -> Records:
        """Get the records for one copy. Runs only when the request is within what `offer` has just told."""

    @abstractmethod
    def owners(self, records: Records, reader: ReplicaReader) -> Iterable[str]:
        """List the person keys whose certificate may get a paper of these records, the nearest first. Runs on what was
        rendered, so that it must not look at the request. Lazily: it is read only until the right one is found."""

    @abstractmethod
    def render(
        self,
        copies: Sequence[Records],
        request: ApplicationRequest,
        terms: Terms,
        issuer: Issuer,
        issued_on: date,
        numbers: Sequence[str],
    ) -> Rendered:
        """Make the fronts: one copy of each of `copies`, with its 発行番号 of `numbers`. The same arguments give the same bytes.

        What it tells of the pages is read off what it has set, never copied from `request`. Every front bears, to be read:
        its title (as offered), the names of its `subjects` as offered (each by itself: its run of text ends there, or a bracket
        follows) with the birth dates that were offered, the 発行番号 and k／n (`frame` of the common templates sets title, 発行番号 and
        k／n), and is somebody's: of `subjects`, or `named`. Centre and terminal refuse it otherwise, and wherever a 個人番号 stands
        outside `secret_boxes`.
        Raises Failed:
        Character_Not_Printable, Text_Too_Long, Picture_Unreadable, Font_Missing.
        """

    def situated(self, records: Records) -> str:
        """Tell the 住所 or 本籍 by which a 区長 certifies the paper of these records, in words. Runs on what `pick` has told. A kind that
        does not have this hook is certified for the whole city (`has_wards`)."""
        raise NotImplementedError

    @property
    def has_wards(self) -> bool:
        """Tell whether a 区長 may certify papers of this kind."""
        return type(self).situated is not Certificate.situated

    def registers_of_birth(self, reader: ReplicaReader, birth: date) -> Sequence[str] | None:
        """List the numbers of the family registers that may have a member born on `birth`; None for a kind without family registers.

        Called when an official searches for an applicant; it may read every register and must not raise for one that cannot be read.
        """
        return None

    def members(self, reader: ReplicaReader, register: str) -> Sequence[MemberFacts] | None:
        """List the living members of the open family register of that number, for an official who links an application with one of
        them (利用登録); None for a kind that has no such records, () where there is no such open register."""
        return None


AnyCertificate = Certificate[Any, Any]
