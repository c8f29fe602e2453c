"""組合員証明書, whole or of one member: invented, to prove that a kind is a folder. Issued from the 本籍地 to whoever the register
of the guild names, who need not be a resident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from server_stub.certificates.certificate import Case, Certificate, Offered, ServiceTerms
from server_stub.eras import wareki
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Choice, Question, Scope, Subject, Symbol
from server_stub.interface.values import Place
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, typeset
from server_stub.registry.records import Record
from server_stub.registry.replica import ReplicaReader
from server_stub.settings_file import SettingsText

TEMPLATE = Path(__file__).parent / "guild.typ"
REGISTER = "guild"
SUSPENDED = {
    "ja": "組合の手続中のため、交付できません。組合の窓口にお越しください。",
    "en": "A procedure of the guild is under way. Please come to its office.",
}
TRADE = "trade"
OMITTED, NAME_ONLY, WITH_SHOP = "omitted", "name_only", "with_shop"


class GuildTerms(ServiceTerms):
    attestation: SettingsText


class GuildBody(BaseModel):
    """What the file 組合員名簿 has of a member besides key, person and guild."""

    name: str
    joined: date
    state: str
    trade: str = ""
    shop: str = ""


@dataclass(frozen=True)
class Member:
    key: str
    person: str
    group: str
    body: GuildBody


@dataclass(frozen=True)
class Front:
    """A member's block as printed; `trade` and `shop` None: left out."""

    key: str
    name: str
    joined: str
    has_trade: bool
    trade: str | None
    shop: str | None


class Guild(Certificate[tuple[Member, ...], GuildTerms]):
    places = frozenset({Place.DOMICILE})
    symbol = Symbol.FAMILY
    terms = GuildTerms
    registers = {REGISTER: GuildBody}
    scopes: tuple[Scope, ...]

    def offer(self, case: Case[GuildTerms]) -> Offered:
        members = _members(case)
        if Scope.WHOLE in self.scopes and not case.reader.group_is_complete(REGISTER, members[0].group):
            raise Failed("Record_Unusable", register=REGISTER)
        if Scope.WHOLE in self.scopes and any(member.body.state == "手続中" for member in members):
            raise Failed.in_words("Guild_Procedure_Pending", SUSPENDED)
        traders = tuple(case.ref(member.person) for member in members if member.body.trade)
        return Offered(
            scopes=self.scopes,
            whole={"ja": "組合全員", "en": "Whole guild"},
            subjects=tuple(
                Subject(ref=case.ref(m.person), name=m.body.name, holder=m.person == case.key)
                for m in members
            ),
            questions=(_question(traders),) if traders else (),
        )

    def pick(self, case: Case[GuildTerms], request: ApplicationRequest) -> tuple[Member, ...]:
        return tuple(m for m in _members(case) if case.ref(m.person) in request.subjects)

    def owners(self, records: tuple[Member, ...], reader: ReplicaReader) -> Iterator[str]:
        for member in records:
            yield member.person
        for record in reader.records(REGISTER, group=records[0].group):
            yield record.person

    def render(
        self,
        copies: Sequence[tuple[Member, ...]],
        request: ApplicationRequest,
        terms: GuildTerms,
        issuer: Issuer,
        issued_on: date,
        numbers: Sequence[str],
    ) -> Rendered:
        fronts = [[_front(member, request.answers) for member in members] for members in copies]
        data = [
            {
                "title": self.title,
                "members": [_block(front) for front in members],
                "attestation": terms.attestation,
                "issued_on": wareki(issued_on),
                "issue_number": number,
            }
            for members, number in zip(fronts, numbers, strict=True)
        ]
        pdf = typeset(TEMPLATE, "guild(", {"copies": data}, issuer)
        pages = tuple(
            RenderedPage(number, 1, 1, tuple(front.key for front in members), _shown(members))
            for number, members in enumerate(fronts, start=1)
        )
        return Rendered(self.code, issuer.code, pdf, pages)


class WholeGuild(Guild):
    code = "guild_all"
    title = "組合員証明書（全員）"
    words = {"ja": title, "en": "Guild certificate (all members)"}
    scopes = (Scope.WHOLE,)


class GuildMember(Guild):
    code = "guild_member"
    title = "組合員証明書（個人）"
    words = {"ja": title, "en": "Guild certificate (one member)"}
    scopes = (Scope.CHOSEN,)


def _members(case: Case[Any]) -> tuple[Member, ...]:
    """The holder's guild. Raises Failed: Holder_Not_Linked for somebody whom the register does not name, Record_Unusable for
    whose own record cannot be used."""
    case.reader.check_usable(case.key, REGISTER)
    own = case.reader.records(REGISTER, person=case.key)
    if not own:
        raise Failed("Holder_Not_Linked")
    return tuple(_member(record) for record in case.reader.records(REGISTER, group=own[0].group))


def _member(record: Record) -> Member:
    return Member(record.key, record.person, record.group, GuildBody.model_validate(record.body))


def _question(concerns: tuple[str, ...]) -> Question:
    return Question(
        code=TRADE,
        words={"ja": "業種", "en": "Trade"},
        about={"ja": "営む事業の種類と屋号", "en": "What business, and under which name"},
        choices=(
            Choice(code=OMITTED, words={"ja": "記載しない", "en": "Leave out"}),
            Choice(code=NAME_ONLY, words={"ja": "業種のみ記載する", "en": "Trade only"}),
            Choice(code=WITH_SHOP, words={"ja": "業種と屋号を記載する", "en": "Trade and shop name"}),
        ),
        default=OMITTED,
        concerns=concerns,
    )


def _front(member: Member, answers: Mapping[str, str]) -> Front:
    answer = answers.get(TRADE, OMITTED)
    body = member.body
    return Front(
        key=member.person,
        name=body.name,
        joined=wareki(body.joined),
        has_trade=bool(body.trade),
        trade=body.trade if answer in (NAME_ONLY, WITH_SHOP) or not body.trade else None,
        shop=body.shop if answer == WITH_SHOP or not body.shop else None,
    )


def _block(front: Front) -> dict[str, Any]:
    return {"name": front.name, "joined": front.joined, "trade": front.trade, "shop": front.shop}


def _shown(members: Sequence[Front]) -> dict[str, str]:
    """Read off the sheet which answer it is an answer to; of who has no trade nothing can be told."""
    told = {
        OMITTED if front.trade is None else WITH_SHOP if front.shop is not None else NAME_ONLY
        for front in members
        if front.has_trade
    }
    return {TRADE: told.pop() if len(told) == 1 else "mixed"} if told else {}


CERTIFICATES = (WholeGuild(), GuildMember())
