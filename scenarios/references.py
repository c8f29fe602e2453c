"""Reference pictures: how each paper that a town offers looks, of each kind in the form that the town has, kept in the town's folder.

Which papers there are follows from the town's settings and card holders alone, so that a kind or a town more asks for pictures of
its own: of each scope, and of each set of questions that is asked within it, the paper with most persons, with everything shown
that may be shown, and once with nothing of it. `references/more.toml` in the town's folder names further holders by kind.

The front is set by the kind itself from the delivery, on one and the same day and with one and the same number; a 個人番号 is blacked
out. All is the same in every run, so that a picture may differ in no pixel.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw

from scenarios.towns import CARDS, REFERENCES, Town
from server_stub.certificates.certificate import AnyCertificate
from server_stub.db import sqlite_url
from server_stub.interface import notices
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place
from server_stub.issuing.offers import Holder
from server_stub.issuing.tenants import Tenant
from server_stub.municipalities import Municipality
from server_stub.paper.typesetting import Rendered
from server_stub.registry.replica import Replica, ReplicaReader
from server_stub.settings_file import Settings, file_named, read_settings, settings_wrong

DAY = STAGE_START.astimezone(JST).date()
"""The day of issue, as long as a form of that day is wanted."""
DPI = 80
MORE = "more.toml"
FULL, PLAIN = "full", "plain"
"""Everything is shown that is asked about, or nothing of it."""
SAME, CHANGED, MISSING, STALE, BROKEN = "same", "changed", "missing", "stale", "broken"
WORDS = {
    SAME: "参照の絵のとおり",
    CHANGED: "参照の絵と違う",
    MISSING: "参照の絵がない",
    STALE: "参照の絵に当たる用紙がない",
    BROKEN: "紙面を作れない",
}
_NOT_TO_BE_PRINTED = ("Character_Not_Printable", "Text_Too_Long")
_LEVELS = 6
_PALETTE = [
    level * 255 // (_LEVELS - 1)
    for number in range(_LEVELS**3)
    for level in (number // _LEVELS**2, number // _LEVELS % _LEVELS, number % _LEVELS)
]
"""Always the same colours: six levels of red, green and blue. A picture's own best ones would change with any of its pixels."""


class _More(Settings):
    """The file references/more.toml: kind -> 宛名番号 of holders whose papers are wanted too."""

    more: dict[str, list[str]]


@dataclass(frozen=True)
class Paper:
    """One paper of which there are pictures. `name` begins with the kind and the form; `about` says in Japanese what it is of."""

    kind: str
    name: str
    about: str
    rendered: Rendered


@dataclass(frozen=True)
class Finding:
    """One picture: `name` is TOWN/NAME, `state` one of SAME, CHANGED, MISSING (nobody has accepted it), STALE (no paper has it);
    or a kind whose papers cannot be made (BROKEN), of which there is nothing to accept."""

    name: str
    kind: str
    about: str
    state: str
    file: Path
    old: Image.Image | None
    new: Image.Image | None


# --- which papers there are ----------------------------------------------------------------------------------------------------


@contextmanager
def delivered(town: Town) -> Iterator[tuple[Tenant, ReplicaReader]]:
    """The town with its delivery in a replica that is thrown away. Raises Failed as `load_delivery`."""
    kinds = town.municipality.every_kind.values()
    with tempfile.TemporaryDirectory(prefix="konbini-references-") as temporary:
        place = Path(temporary)
        none = place / notices.FILE_NAME
        none.write_text(",".join(notices.HEADER) + "\r\n", encoding="utf-8", newline="")
        url = sqlite_url(place / "replica.db")
        clock = Clock(town.begins)
        models = {register: model for kind in kinds for register, model in kind.registers.items()}
        town.load(url, none, clock, Trace(clock), formats=town.formats, models=models)
        replica = Replica(url)
        try:
            with replica.open_generation() as reader:
                yield Tenant(town.municipality, replica, url, Secret("reference-pictures-of-papers")), reader
        finally:
            replica.close()


def states(municipality: Municipality, begin: date = DAY) -> list[tuple[date, Municipality]]:
    """List the days from `begin` on whose papers are wanted, with the municipality as it is then: each may bring another form."""
    later = [(first, state) for first, state in municipality.states.since if first > begin]
    return [(begin, municipality.on(begin)), *later]


def papers(
    town: Town, tenant: Tenant, reader: ReplicaReader, kind: AnyCertificate, day: date = DAY
) -> Iterator[Paper]:
    """Set every paper of `kind`, as the tenant's municipality has it, of which there are to be pictures.

    Raises Failed: what the kind raises of everybody who might have such a paper; Settings_Wrong where nobody with a card can get
    it, and for a wrong more.toml.
    """
    code = kind.code
    form = form_of(tenant.municipality, code)
    holders = [card.person for card in town.cards]
    made: set[str] = set()

    def paper(wish: _Wish, rendered: Rendered) -> Paper:
        made.add(wish.name)
        return Paper(code, f"{form}-{wish.name}", wish.about, rendered)

    for wishes in _groups(_offers(tenant, reader, kind, holders, day)):
        wish, rendered = _first_set(wishes, kind)
        first = not made
        yield paper(wish, rendered)
        if first and wish.asked:
            plain = replace(wish, shown=PLAIN)
            yield paper(plain, plain.set(kind))
    for key in _further(town).get(code, ()):
        offered = next(_offers(tenant, reader, kind, [key], day), None)
        if offered is None:
            raise settings_wrong(f"{REFERENCES}/{MORE}", f"more.{code}", "この証明書を受け取れる人の宛名番号")
        wish = _Wish(*offered, offered[1].scopes[0], FULL)
        if wish.name not in made:
            yield paper(wish, wish.set(kind))
    if not made:
        raise settings_wrong(f"{town.folder.name}/{CARDS}", "card", f"{kind.title}を受け取れる人のカード")


def _further(town: Town) -> Mapping[str, list[str]]:
    file = town.folder / REFERENCES / MORE
    if not file.exists():
        return {}
    more = read_settings(file, _More).more
    for code in more:
        if code not in town.municipality.kinds:
            raise settings_wrong(
                file_named(file),
                f"more.{code}",
                "証明書の種類 " + "・".join(town.municipality.kinds) + " のいずれか",
            )
    return more


def form_of(municipality: Municipality, code: str) -> str:
    """Name the form that a kind has by its terms: its code, then what stands there in `form`, and in `form_…` where it is not what
    every municipality begins with."""
    terms = municipality.services[code]
    others = terms.model_dump(exclude_defaults=True)
    forms = (
        value
        for name, value in terms.model_dump().items()
        if isinstance(value, str) and (name == "form" or (name.startswith("form_") and name in others))
    )
    return "-".join((code, *forms))


def _offers(
    tenant: Tenant, reader: ReplicaReader, kind: AnyCertificate, keys: Iterable[str], day: date
) -> Iterator[tuple[Holder, Offer]]:
    """What is offered of `kind` to each of these holders who can get it."""
    opens = tenant.municipality.service(kind.code).opens
    for key in dict.fromkeys(keys):
        person = reader.person(key)
        for place in sorted(kind.places):
            if person is None and place is Place.ADDRESS:
                continue
            identity = Identity(method=Method.JPKI, reference="0" * 64)
            holder = Holder(tenant, reader, identity, key, person, place, day)
            offer = holder.offer_or_error(kind, datetime.combine(day, opens, JST))
            if offer.refusal is None:
                yield holder, offer


@dataclass(frozen=True)
class _Wish:
    """A paper to be made: of whom, for which scope, and whether with all answers that show something."""

    holder: Holder
    offer: Offer
    scope: Scope
    shown: str

    @property
    def subjects(self) -> tuple[str, ...]:
        """Of a choice: the holder, or the first who may be chosen."""
        found = self.offer.possible(self.scope)
        return found if self.scope is not Scope.CHOSEN else self.offer.possible(Scope.HOLDER) or found[:1]

    @property
    def asked(self) -> tuple[str, ...]:
        return tuple(question.code for question in self.offer.asks(self.subjects))

    @property
    def name(self) -> str:
        # of somebody who lives elsewhere the key has a colon, which not every system has in the name of a file
        holder = self.holder.key.replace(":", "-")
        return "-".join((self.scope.value, holder, *([self.shown] if self.asked else ())))

    @property
    def about(self) -> str:
        names = {subject.ref: subject.name for subject in self.offer.subjects}
        who = "、".join(names[ref].replace("　", "") for ref in self.subjects)
        told = {FULL: "尋ねる項目をすべて記載", PLAIN: "尋ねる項目を記載しない"}[self.shown]
        return f"{self.offer.title}　{who}" + (f"（{told}）" if self.asked else "")

    def picked(self, kind: AnyCertificate) -> Callable[[str], Rendered]:
        """Pick the records of one copy; what comes back sets its front with a 発行番号."""
        municipality = self.holder.tenant.municipality
        request = ApplicationRequest(
            kind=kind.code,
            municipality=municipality.info.code,
            scope=self.scope,
            subjects=self.subjects,
            answers={question.code: self._answer(question) for question in self.offer.asks(self.subjects)},
            copies=1,
            fee_total=self.offer.fee,
        )
        records = kind.pick(self.holder.case(kind), request)
        terms, issuer = municipality.services[kind.code], municipality.issuer_of_paper(kind, records)
        day = self.holder.today
        return lambda number: kind.render([records], request, terms, issuer, day, [number])

    def set(self, kind: AnyCertificate) -> Rendered:
        return self.picked(kind)(_number(self.holder.tenant.municipality.info.code, self.holder.today))

    def _answer(self, question: Any) -> str:
        others = [choice.code for choice in question.choices if choice.code != question.default]
        return str(others[0]) if self.shown == FULL else str(question.default)


def _number(municipality: str, day: date) -> str:
    """Make a 発行番号 such as the issuing server's, always the same of one day."""
    return f"{municipality}-{day:%Y%m%d}-2345-6789-ABCD"


def _groups(offers: Iterable[tuple[Holder, Offer]]) -> list[list[_Wish]]:
    """Put together the papers of one scope on which the same is asked, those with most persons first."""
    found: dict[tuple[Scope, tuple[str, ...]], list[_Wish]] = {}
    for holder, offer in offers:
        for scope in offer.scopes:
            wish = _Wish(holder, offer, scope, FULL)
            one_person = scope is Scope.CHOSEN and len(offer.subjects) == 1
            if wish.subjects and not (one_person and len(offer.scopes) > 1):  # else the whole once more
                found.setdefault((scope, wish.asked), []).append(wish)
    return [sorted(wishes, key=lambda wish: -len(wish.subjects)) for wishes in found.values()]


def _first_set(wishes: Sequence[_Wish], kind: AnyCertificate) -> tuple[_Wish, Rendered]:
    """The first that can be set: towns have residents with characters that no font has, or too long ones. Raises Failed."""
    for wish in wishes[:-1]:
        try:
            return wish, wish.set(kind)
        except Failed as failed:
            if failed.failure not in _NOT_TO_BE_PRINTED:
                raise
    return wishes[-1], wishes[-1].set(kind)


def picked(
    town: Town, tenant: Tenant, reader: ReplicaReader, kind: AnyCertificate, day: date
) -> Iterator[Callable[[str], Rendered]]:
    """Pick the records of every paper of `kind` that a holder with a card can get, all shown that may be: each comes as what sets
    its front with a 発行番号. Who cannot be printed is left out when that raises."""
    holders = [card.person for card in town.cards]
    for wishes in _groups(_offers(tenant, reader, kind, holders, day)):
        for wish in wishes:
            yield wish.picked(kind)


# --- the pictures ---------------------------------------------------------------------------------------------------------------


def pictures(rendered: Rendered) -> list[Image.Image]:
    """Each page in the colours of the palette, with every 個人番号 blacked out."""
    document = pypdfium2.PdfDocument(rendered.pdf)
    try:
        drawn = [page.render(scale=DPI / 72).to_pil().convert("RGB") for page in document]
    finally:
        document.close()
    for picture, page in zip(drawn, rendered.pages, strict=True):
        pen = ImageDraw.Draw(picture)
        for box in page.secret_boxes:
            edges = (box.x, box.y, box.x + box.width, box.y + box.height)
            pen.rectangle([round(edge / 25.4 * DPI) for edge in edges], fill="black")
    return [_in_palette(picture) for picture in drawn]


def _in_palette(picture: Image.Image) -> Image.Image:
    levels = np.rint(np.asarray(picture, dtype=np.float64) / 255 * (_LEVELS - 1)).astype(np.uint8)
    numbers = Image.fromarray((levels[..., 0] * _LEVELS + levels[..., 1]) * _LEVELS + levels[..., 2])
    numbers.putpalette(_PALETTE)
    return numbers


def findings(town: Town) -> list[Finding]:
    """Compare every paper of the town with its pictures, and find the pictures that no paper has. What keeps a kind's papers from
    being made is a finding too. Raises Failed as `load_delivery`."""
    folder = town.folder / REFERENCES
    left = {path.name: path for path in sorted(folder.glob("*.png"))}
    found = []
    with delivered(town) as (tenant, reader):
        wanted = {
            form_of(municipality, code): (day, municipality, kind)
            for day, municipality in reversed(states(town.municipality, town.begins.date()))
            for code, kind in municipality.kinds.items()
        }
        for day, municipality, kind in wanted.values():
            code, then = kind.code, replace(tenant, municipality=municipality)
            try:
                for paper in papers(town, then, reader, kind, day):
                    for number, new in enumerate(pictures(paper.rendered), start=1):
                        file = folder / f"{paper.name}-{number}.png"
                        old = _read(left.pop(file.name, None))
                        state = MISSING if old is None else SAME if _equal(old, new) else CHANGED
                        name = f"{town.folder.name}/{file.stem}"
                        about = f"{paper.about}　{number}枚目"
                        found.append(Finding(name, code, about, state, file, old, new))
            except Failed as failed:
                about = f"{failed.entry.cause}{failed.facts}"
                found.append(
                    Finding(f"{town.folder.name}/{code}", code, about, BROKEN, folder / code, None, None)
                )
                left = {name: file for name, file in left.items() if not name.startswith(f"{code}-")}
    for file in left.values():
        name = f"{town.folder.name}/{file.stem}"
        found.append(Finding(name, "", "どの用紙の絵でもない", STALE, file, _read(file), None))
    return found


def _read(file: Path | None) -> Image.Image | None:
    if file is None:
        return None
    try:
        with Image.open(file) as picture:
            picture.load()
            return picture.copy()
    except (OSError, SyntaxError, ValueError):  # what cannot be read was never accepted
        return None


def _equal(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


def accept(finding: Finding) -> None:
    """Make what is there now the reference: write the new picture, or remove one that no paper has. Raises OSError."""
    if finding.new is None:
        finding.file.unlink(missing_ok=True)
        return
    finding.file.parent.mkdir(exist_ok=True)
    finding.new.save(finding.file, optimize=True)


HOW = "konbini paper references で見比べ、正しければ konbini paper references --accept '名前' で受け入れてください。"


def wrong(finding: Finding) -> str:
    """Tell what is wrong with a picture, and of what it is; '' for nothing. `HOW` tells how to go on."""
    return "" if finding.state == SAME else f"{finding.name}: {WORDS[finding.state]}（{finding.about}）"
