"""The template of a stage: databases migrated and filled, cards personalised. Made once per checkout, copied per scenario.

Everything comes in the real way: cards are personalised at the authority, the authority writes its issue notices, and
the registry and the centre take those and the deliveries of the existing systems in.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from cards.image import CardImage
from cards.image_file import load_image, save_image
from cards.ordinance import OrdinanceCard, read_ordinance_card
from cards.personalise import Holder, personalise
from cards.profiles import Profile, load_profile
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from kiosk_app.card_trust import fingerprint_of, issued_by
from server_stub.authority import Authority, AuthoritySettings, prepare_database
from server_stub.card_registry import CardRegistry, CardRegistrySettings, IssuedCard
from server_stub.center.database import Database
from server_stub.center.holders import Holders
from server_stub.db import sqlite_url
from server_stub.interface.card_registry import Act, RegistrationAct
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import CARDS_FILE_NAME, FILE_NAME, SERIAL, EnrolledCard
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.issuing.ledger import migrate_ledger
from server_stub.operations import prepare_database as prepare_operations
from server_stub.registry.importers import read_people
from server_stub.registry.records import Person, Sex
from server_stub.registry.values import ReadingKind

from . import paths, stage_secrets
from .sites import CARD_REGISTRY, LEDGER, Site, sites_of
from .stage_secrets import CARD_SECRETS, KeyPool, ordinance_pin
from .towns import CardSpec, Town, beginning_of, codes, load_towns, romanised, town_folder

AUTHORITY_FILE = "authentication_ca.der"
CARDS = "cards.json"
OPERATIONS = "operations"
"""The database of the officials' console."""
TOWNS = "towns.json"
"""Beside the databases: which towns they are of."""
PIN = CARD_SECRETS["authentication_pin"]
"""The PIN of every virtual card of the stage; steps name it (「正しい暗証番号」) and never spell it."""


@dataclass(frozen=True, slots=True)
class CardEntry:
    """One card of a town's cards.toml: `municipality` is the town's code, `file` its image within the template, `serial` of its
    authentication certificate (hex, '' where it has none). `pinned`: SHA-256 of a certificate that this authority did not
    issue, '' else; such a card counts as somebody's, and only by this do scenarios know it for their own."""

    municipality: str
    name: str
    person: str
    profile: str
    state: str
    linked: bool
    purpose: str
    file: str
    serial: str
    pinned: str
    registered: list[str] = field(default_factory=list)
    number: str = ""
    """Of a 住民基本台帳カード with an application for 条例利用; '' else."""


def databases_of(towns: Sequence[Town]) -> tuple[str, ...]:
    """Name the databases of a stage with these towns: one replica a town; a ledger a site, and a card registry where 条例利用 is used."""
    of_sites = (name for site in sites_of(towns) for name in site.databases)
    return ("authority", "center", OPERATIONS, *of_sites, *(replica_name(town.code) for town in towns))


def card_registry_settings(folder: Path, site: Site, keys: KeyPool) -> CardRegistrySettings:
    return CardRegistrySettings(
        database_url=sqlite_url(folder / f"{site.named(CARD_REGISTRY)}.db"),
        centre_key=Secret(keys.text(site.named("centre-to-card-registry"))),
        municipalities=tuple(town.folder for town in site.by_ordinance),
        ops_key=Secret(keys.text(site.named("ops-card-registry"))),
    )


def replica_name(code: str) -> str:
    return f"replica-{code}"


def template_folder(towns: Sequence[Town] = ()) -> Path:
    """The template for the present code and these towns (none: the first shipped one), made if it is not there yet (a few
    seconds, once per checkout)."""
    towns = tuple(towns) or load_towns()
    made_from = [p for room in ("cards", "server_stub") for p in (paths.ROOT / room).rglob("*")]
    kept = [p for p in made_from if p.is_file() and p.suffix not in (".pyc", ".md")]
    kept += [p for town in towns for p in town.files()]
    digest = paths.digest_of([*kept, Path(__file__), Path(stage_secrets.__file__)])
    # whichever they are, the templates of other towns stay: a tester goes from one to the other
    place = hashlib.sha256("\n".join(str(town.folder) for town in towns).encode()).hexdigest()[:8]
    folder = paths.home() / f"template-{place}-{digest}"
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        shutil.rmtree(part, ignore_errors=True)
        paths.private_folder(part)
        build_template(part, towns)
        try:
            part.rename(folder)
        except OSError:  # another process was faster; its template is as good
            shutil.rmtree(part)
        for old in paths.home().glob(f"template-{place}-*"):
            if old != folder and not old.name.endswith(".part"):
                shutil.rmtree(old, ignore_errors=True)
    return folder


def build_template(
    folder: Path, towns: Sequence[Town], told: Callable[[str], None] = lambda line: None
) -> None:
    """Fill `folder`: databases, card images and their list. `told` hears what is being done."""
    keys = KeyPool()
    clock = Clock(beginning_of(towns))
    clock.freeze()
    told("試験用の鍵と認証局を用意しています")
    databases = {name: sqlite_url(folder / f"{name}.db") for name in databases_of(towns)}
    prepare_database(databases["authority"])
    prepare_operations(databases[OPERATIONS])
    authority = Authority(authority_settings(folder, keys, towns=towns), clock, Trace(clock))
    told("カードを発行しています")
    (folder / AUTHORITY_FILE).write_bytes(authority.authentication_ca_certificate())
    paths.write_private(folder / TOWNS, json.dumps([town.told for town in towns]).encode())
    (folder / "cards").mkdir()
    entries: list[CardEntry] = []
    for town in towns:
        people = town.card_holders()
        for card in town.cards:
            person = people.get(card.person)
            if person is None:
                raise Failed("Settings_Wrong", file=CARDS, field=card.name, expected="住民記録にある宛名番号")
            entries.append(_personalise(folder, authority, keys, town, person, card, len(entries) + 1))
    notices = folder / FILE_NAME
    authority.write_issue_notices(notices)
    _take_out(notices, {int(entry.serial, 16) for entry in entries if entry.serial and not entry.linked})
    authority.close()
    register_cards(folder, towns, entries, keys, clock)
    told("副本に取り込んでいます")
    for site in sites_of(towns):
        migrate_ledger(databases[site.named(LEDGER)])
    take_notices(folder, towns, clock)
    _save_cards(folder, entries)


def add_card(folder: Path, municipality: str, card: CardSpec) -> CardEntry:
    """Issue one more card in the template `folder` as all were issued: the authority knows it, its notices are delivered.

    One caller at a time.
    """
    keys = KeyPool()
    towns = towns_of(folder)
    clock = Clock(beginning_of(towns))
    clock.freeze()
    town = next(town for town in towns if town.code == municipality)
    entries = list(load_cards(folder).values())
    authority = Authority(authority_settings(folder, keys, towns=towns), clock, Trace(clock))
    withheld = {int(entry.serial, 16) for entry in entries if entry.serial and not entry.linked}
    person = read_people(town.delivery, town.formats, {card.person: card.name})[card.person]
    entries.append(_personalise(folder, authority, keys, town, person, card, len(entries) + 1))
    authority.write_issue_notices(folder / FILE_NAME)
    _take_out(folder / FILE_NAME, withheld)
    authority.close()
    register_cards(folder, towns, entries[-1:], keys, clock)
    take_notices(folder, towns, clock)
    _save_cards(folder, entries)
    return entries[-1]


def register_cards(
    folder: Path, towns: Sequence[Town], entries: Sequence[CardEntry], keys: KeyPool, clock: Clock
) -> None:
    """Hand the 住民基本台帳カード among `entries` over in the card registries in `folder`, and register their use as an official does."""
    written: list[str] = []
    for site in sites_of(towns):
        if site.by_ordinance:
            own = [one for one in entries if one.municipality in codes(site.by_ordinance) and one.number]
            lines = _register_cards(folder, site, own, keys, clock)
            written += lines[1:] if written else lines
    if written:
        (folder / CARDS_FILE_NAME).write_text("".join(written), encoding="utf-8", newline="")


def _register_cards(
    folder: Path, site: Site, entries: Iterable[CardEntry], keys: KeyPool, clock: Clock
) -> list[str]:
    """At the registry of one site; return the lines of its list of all cards."""
    registry = CardRegistry(card_registry_settings(folder, site, keys), clock, Trace(clock))
    people = {town.code: town.card_holders() for town in site.by_ordinance}
    for entry in entries:
        person = people[entry.municipality][entry.person]
        card = read_card_file(load_image(folder / entry.file))
        issued = IssuedCard(card.municipality, card.number, person.key, person.birth.inner, card.expires_on)
        registry.take_issued([issued])
        for kind in entry.registered:
            registry.act(
                RegistrationAct(
                    municipality=card.municipality,
                    card=card.number,
                    kind=kind,
                    act=Act.REGISTER,
                    pin=ordinance_pin(kind),
                    operator="市民課　見本職員",
                    reason="窓口での申請",
                )
            )
    part = folder / f"{CARDS_FILE_NAME}.part"
    registry.write_cards(part)
    registry.close()
    with part.open(encoding="utf-8", newline="") as file:
        lines = file.readlines()
    part.unlink()
    return lines


def take_notices(folder: Path, towns: Iterable[Town], clock: Clock) -> None:
    """Let centre and replicas in `folder` take in its issue notices, the way they hear of every card."""
    notices = folder / FILE_NAME
    for town in towns:
        town.load(sqlite_url(folder / f"{replica_name(town.code)}.db"), notices, clock, Trace(clock))
    center = Database(sqlite_url(folder / "center.db"))
    Holders(center).take(notices)
    center.dispose()


def towns_of(folder: Path) -> tuple[Town, ...]:
    """Load the towns that the databases in `folder` are of. Raises Failed(Settings_Wrong)."""
    told = json.loads((folder / TOWNS).read_text(encoding="utf-8"))
    return load_towns([town_folder(name) for name in told])


def authority_settings(
    folder: Path, keys: KeyPool, enrolled: tuple[EnrolledCard, ...] = (), *, towns: Sequence[Town] = ()
) -> AuthoritySettings:
    """`towns`: of whose time it is."""
    settings = AuthoritySettings(
        database_url=sqlite_url(folder / "authority.db"),
        keys=lambda name: keys.rsa(name.replace("/", "-")),
        operator_key=Secret(keys.text("authority-operator")),
        enrolled=enrolled,
    )
    dates = towns[0].ca_dates if towns else None
    return settings if dates is None else replace(settings, ca_not_before=dates[0], ca_not_after=dates[1])


def load_cards(template: Path) -> dict[str, CardEntry]:
    """The cards of a template by name."""
    rows = json.loads((template / CARDS).read_text(encoding="utf-8"))
    return {row["name"]: CardEntry(**row) for row in rows}


def callings(entries: Iterable[CardEntry | CardSpec]) -> dict[str, str]:
    """The 呼び名 of each 宛名番号: whoever's ordinary card, the one with the shortest name, is called 「呼び名のカード」."""
    by_length = sorted(entries, key=lambda entry: len(entry.name), reverse=True)
    return {entry.person: entry.name.removesuffix("のカード") for entry in by_length}


def _personalise(
    folder: Path,
    authority: Authority,
    keys: KeyPool,
    town: Town,
    person: Person,
    card: CardSpec,
    number: int,
) -> CardEntry:
    """The card number `number` of the template, its image saved."""
    known = {record.serial for record in authority.of_person(person.key)}
    profile = load_profile(card.profile)
    image = personalise(
        profile,
        Holder(
            person.key,
            town.code,
            person.name,
            person.address,
            person.birth.inner,
            person.sex.value or Sex.UNKNOWN.value,
            *romanised(town.municipality.info),
            reading=person.reading.kana if person.reading.kind is ReadingKind.OFFICIAL else "",
            former_name=person.former_surname,
        ),
        authority,
        keys.source(f"card-{number:03d}"),
        town.begins,
        secrets=CARD_SECRETS,
        my_number=person.my_number if len(person.my_number) else None,
        aids=_aids(town),
    )
    serial = _new_authentication_serial(authority, person.key, known)
    _tell_authority(authority, profile, person.key, known)
    if card.state == "held":
        authority.hold(int(serial, 16))
    elif card.state == "revoked":
        authority.revoke(int(serial, 16))
    paths.private_folder(folder / "cards")
    file = f"cards/{number:03d}.json"
    save_image(image, folder / file)
    pinned = _pinned(image, authority.authentication_ca_certificate())
    return CardEntry(
        **card.model_dump(),
        municipality=town.code,
        file=file,
        serial=serial,
        pinned=pinned,
        number=_card_number(image),
    )


def _aids(town: Town) -> dict[str, bytes]:
    terms = town.municipality.authentication.ordinance
    return {} if terms is None else {"ordinance": bytes.fromhex(terms.aid)}


def _card_number(image: CardImage) -> str:
    return read_card_file(image).number if any(one.name == "ordinance" for one in image.applications) else ""


def read_card_file(image: CardImage) -> OrdinanceCard:
    """Read a 住民基本台帳カード as a terminal does."""
    reader = VirtualReader()
    reader.insert(VirtualCard(image.copy()))
    with reader.connect() as connection:
        return read_ordinance_card(connection, [image.application("ordinance").aid])


def _save_cards(folder: Path, entries: Iterable[CardEntry]) -> None:
    rows = [asdict(entry) for entry in entries]
    (folder / CARDS).write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


def _tell_authority(authority: Authority, profile: Profile, person: str, known: set[int]) -> None:
    """What the profile says has happened to the new certificates since."""
    for record in authority.of_person(person):
        state = getattr(profile.at_authority, record.kind) if record.serial not in known else "good"
        if state == "revoked":
            authority.revoke(
                record.serial, "affiliation_changed" if record.kind == "signature" else "unspecified"
            )
        elif state == "on_hold":
            authority.hold(record.serial)


def _pinned(image: CardImage, authority: bytes) -> str:
    certificate = authentication_certificate(image)
    return "" if not certificate or issued_by(certificate, authority) else fingerprint_of(certificate)


def authentication_certificate(image: CardImage) -> bytes:
    """The DER as a terminal reads it, without what lies behind it; b'' where there is none."""
    try:
        content = image.application("jpki").files[0x000A].content
    except KeyError:
        return b""
    return content[: 4 + int.from_bytes(content[2:4], "big")] if content[:2] == b"\x30\x82" else b""


def _new_authentication_serial(authority: Authority, person: str, known: set[int]) -> str:
    new = [r for r in authority.of_person(person) if r.serial not in known and r.kind == "authentication"]
    return f"{new[0].serial:X}" if new else ""


def _take_out(notices: Path, serials: set[int]) -> None:
    """Notices that did not arrive: the holders of these certificates are not linked."""
    with notices.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        header, rows = list(reader.fieldnames or ()), list(reader)
    with notices.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(row for row in rows if int(row[SERIAL], 16) not in serials)
