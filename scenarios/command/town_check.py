"""Everything that is wrong with a town's folder, told at once: settings, formats, people, cards, and a specimen of each paper."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any

from cards.profiles import profile_names
from scenarios.towns import CARDS, FORMATS, Cards, Town, load_town
from server_stub.certificates import read_kinds
from server_stub.certificates.certificate import AnyCertificate
from server_stub.db import sqlite_url
from server_stub.interface import notices
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event, Trace
from server_stub.interface.values import Identity, Method, Place
from server_stub.issuing.offers import Holder, nearest_request
from server_stub.issuing.tenants import Tenant
from server_stub.municipalities import Municipality, municipality_problems
from server_stub.paper.back_page import back_page_template
from server_stub.paper.typesetting import Rendered, check_texts
from server_stub.registry.importers import format_problems, load_delivery
from server_stub.registry.importers.containers import read_rows
from server_stub.registry.importers.delivery_slip import format_of
from server_stub.registry.importers.format_file import PERSON, DeliveryFormat, formats_in
from server_stub.registry.importers.row_function import Misread, RowFunction
from server_stub.registry.replica import Replica
from server_stub.settings_file import (
    file_named,
    line_of_field,
    settings_problems,
    settings_values,
    settings_wrong,
)

from .usage import in_words

SETTINGS, CERTIFICATES = "municipality.toml", "certificates"
_SPECIMENS = 5
"""So many of a kind are enough; the records of one holder may be unfit for reasons of their own."""


def problems_of(folder: Path) -> Iterator[str]:
    """Tell everything that is wrong with a town, each thing once and in one line: file, place, what was expected."""
    told: set[str] = set()
    for line in _problems_of(folder):
        if line not in told:
            told.add(line)
            yield line


def _problems_of(folder: Path) -> Iterator[str]:
    settings = municipality_problems(folder)
    formats = format_problems(folder / FORMATS)
    cards = settings_problems(folder / CARDS, Cards)
    yield from (line_of(failed, folder) for failed in (*settings, *formats, *cards))
    town = None
    if not (settings or cards):
        try:
            town = load_town(folder)
        except Failed as failed:
            yield line_of(failed, folder)
    format_ = None if formats else format_of(folder / "delivery", formats_in(folder / FORMATS))
    with tempfile.TemporaryDirectory(prefix="konbini-town-") as temporary:
        place = Path(temporary)
        database = None
        if format_ is not None:
            municipality = None if town is None else town.municipality
            begins = STAGE_START if town is None else town.begins
            database = yield from _problems_of_delivery(folder, format_, municipality, place, begins)
        yield from _problems_of_cards(folder, format_)
        if town is not None:
            yield from _problems_of_texts(town.municipality)
        if town is not None and database is not None:
            yield from _problems_of_papers(town, database)


def line_of(failed: Failed, folder: Path) -> str:
    """Tell a failure in one line, its place first, with the line of a settings file of the town in `folder`."""
    told = in_words(_with_line(failed.facts, folder))
    if told and failed.failure in ("Settings_Wrong", "Delivery_Row_Broken"):
        return told
    return f"{failed.entry.cause}{failed.entry.remedy}" + (f"（{told}）" if told else "")


def aside_line(register: str, file: str, line: int, column: str, expected: str) -> str:
    """Tell a row that was set aside in one line, and what it costs."""
    lost = "この人には交付できません" if register == PERSON else "この記録の証明書は交付できません"
    return f"{file} {line}行目 {column}: {expected}（{lost}）"


def _with_line(facts: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    if "line" in facts or not facts.get("field"):
        return facts
    for path in (folder / SETTINGS, folder / CARDS, *(folder / FORMATS).glob("*.toml")):
        if file_named(path) == facts.get("file"):
            return {**facts, "line": line_of_field(path.read_text(encoding="utf-8"), str(facts["field"]))}
    return facts


def _wrong(path: Path, field: str, expected: str, folder: Path) -> str:
    return line_of(settings_wrong(file_named(path), field, expected), folder)


# --- the delivery -----------------------------------------------------------------------------------------------------------


def _problems_of_delivery(
    folder: Path, format_: DeliveryFormat, municipality: Municipality | None, place: Path, begins: datetime
) -> Generator[str, None, Path | None]:
    """Load the delivery into a replica that is thrown away: what refuses it, and every row that sets somebody aside. Where
    the number of a file's rows refuses it, it is loaded again with the right one. Returns the replica, if one came of it."""
    clock = Clock(begins)
    trace = Trace(clock)
    rows: list[Event] = []
    trace.subscribe(lambda event: rows.append(event) if event.kind == "record_set_aside" else None)
    none = place / notices.FILE_NAME
    none.write_text(",".join(notices.HEADER) + "\r\n", encoding="utf-8", newline="")
    kinds, _ = read_kinds(folder / CERTIFICATES)
    models = {register: model for kind in kinds.values() for register, model in kind.registers.items()}
    files = folder / "delivery"
    database: Path | None = None
    for attempt in range(len(format_.file) + 1):
        database = place / f"replica-{attempt}.db"
        try:
            load_delivery(
                sqlite_url(database),
                files,
                none,
                clock,
                trace,
                municipality,
                formats=folder / FORMATS,
                models=models,
                most_set_aside=10**9,
            )
        except Failed as failed:
            database = None
            yield _in_another_encoding(files, format_, failed) or line_of(failed, folder)
            counted = _with_right_count(files, format_, failed, place / f"delivery{attempt}")
            if counted is not None:
                files = counted
                continue
        break
    for row in rows:
        told = row.data
        yield aside_line(told["register"], told["file"], told["line"], told["column"], told["expected"])
    return database


def _in_another_encoding(files: Path, format_: DeliveryFormat, failed: Failed) -> str:
    """Tell that the file whose first line is not as agreed is not in the encoding that was agreed; '' for any other failure."""
    layouts = {format_.slip.file: format_.slip, **{one.name: one for one in format_.file}}
    name = str(failed.facts.get("file", ""))
    if failed.failure != "Delivery_Header_Wrong" or name not in layouts:
        return ""
    encoding = layouts[name].encoding
    try:
        with (files / name).open(encoding=encoding) as file:
            for _ in file:
                pass
    except UnicodeError:
        return f"{name}: 文字コードが {encoding} ではありません。{encoding} で保存するか、書式のファイルの encoding を直してください。"
    return ""


def _with_right_count(files: Path, format_: DeliveryFormat, failed: Failed, copy: Path) -> Path | None:
    """Copy the delivery with the right number of rows where `failed` says that another was told; None for any other
    failure, and for a slip that is no CSV."""
    slip = format_.slip
    facts = failed.facts
    cells = slip.cells()
    if slip.container != "csv" or facts.get("file") != slip.file or facts.get("column") not in cells:
        return None
    count, name = slip.count.column, slip.name.column
    if facts["column"] != count or name is None:
        return None
    text = (files / slip.file).read_text(encoding=slip.encoding)
    lines = list(csv.reader(io.StringIO(text)))
    row = lines[int(facts["line"]) - 1]
    of = next((one for one in format_.file if one.name == row[cells.index(name)]), None)
    right = sum(1 for _ in read_rows(files / of.name, of)) if of is not None else -1
    if right < 0 or row[cells.index(count)] == str(right):
        return None
    row[cells.index(count)] = str(right)
    shutil.copytree(files, copy)
    with (copy / slip.file).open("w", encoding=slip.encoding, newline="") as file:
        csv.writer(file).writerows(lines)
    return copy


# --- the cards --------------------------------------------------------------------------------------------------------------


def _problems_of_cards(folder: Path, format_: DeliveryFormat | None) -> Iterator[str]:
    """What is wrong with each card, also where the file has other faults."""
    try:
        told = settings_values(folder / CARDS).get("card")
    except Failed:  # told already
        return
    people = None if format_ is None else _people(folder / "delivery", format_)
    cards = [card for card in told if isinstance(card, dict)] if isinstance(told, list) else []
    names = [card.get("name") for card in cards]
    for number, card in enumerate(cards, start=1):
        name, person, profile = card.get("name"), card.get("person"), card.get("profile", "plain")
        if name in names[: number - 1]:
            yield _wrong(folder / CARDS, f"card[{number}].name", "ほかと重ならないカードの名前", folder)
        if people is not None and isinstance(person, str) and person not in people:
            yield _wrong(folder / CARDS, f"card[{number}].person", "住民記録にある宛名番号", folder)
        if isinstance(profile, str) and profile not in profile_names():
            yield _wrong(
                folder / CARDS, f"card[{number}].profile", "konbini card list --profiles にある型", folder
            )


def _people(delivery: Path, format_: DeliveryFormat) -> set[str] | None:
    """The 宛名番号 of every row of the resident register that has one, usable or not; None where it cannot be read."""
    file = format_.file_of(PERSON)
    if file is None:
        return None
    decode = RowFunction(file, format_.code, delivery)
    found: set[str] = set()
    try:
        for _, cells, misfit in read_rows(delivery / file.name, file):
            if misfit is None:
                try:
                    found.add(str(decode.item(cells, "key")))
                except Misread:
                    continue
    except Failed:  # told by the delivery
        return None
    return found


# --- the papers -------------------------------------------------------------------------------------------------------------


def _problems_of_texts(municipality: Municipality) -> Iterator[str]:
    """Each text of the settings that is printed: whether there are letters for it."""
    for state in (municipality, *(state for _, state in municipality.states.since)):
        for field, text in _texts(state):
            try:
                check_texts({field: text}, state.issuer.fonts)
                if field == "name":
                    back_page_template(text)
            except Failed as failed:
                yield f"{SETTINGS} {field}: {failed.entry.cause}（{in_words(failed.facts)}）"


def _texts(municipality: Municipality) -> Iterator[tuple[str, str]]:
    yield "name", municipality.info.name
    for where, issuer in (
        ("certifier", municipality.issuer),
        *((f"service.{code}.certifier", issuer) for code, issuer in municipality.issuers.items()),
        *(
            (f"ward.{ward}.service.{code}.certifier", issuer)
            for ward, one in municipality.wards.items()
            for code, issuer in one.issuers.items()
        ),
    ):
        if where == "certifier" or (issuer.title, issuer.mayor) != (
            municipality.issuer.title,
            municipality.issuer.mayor,
        ):
            yield f"{where}.title", issuer.title
            yield f"{where}.mayor", issuer.mayor
    for code, terms in municipality.services.items():
        for name, value in terms.model_dump(mode="python").items():
            if isinstance(value, str):
                yield f"service.{code}.{name}", value


def _problems_of_papers(town: Town, database: Path) -> Iterator[str]:
    """Set one specimen of each kind, and of each scope that it offers, for card holders of the town. One that can be set is
    enough: what keeps one resident from a paper is that record's own matter."""
    replica = Replica(sqlite_url(database))
    whole = Tenant(town.municipality, replica, sqlite_url(database), Secret("specimen-of-town-check"))
    try:
        with replica.open_generation() as reader:
            people = list(dict.fromkeys(card.person for card in town.cards))
            for code, kind, moment in _openings(town.municipality, town.begins):
                if moment is None:
                    yield f"{SETTINGS} service.{code}: この先1年、取り扱う日がありません。"
                    continue
                tenant = whole.on(moment.date())
                good: Counter[Scope] = Counter()
                wrong: dict[Scope | None, str] = {}
                for key in people:
                    person = reader.person(key)
                    for place in sorted(kind.places):
                        if person is None and place is Place.ADDRESS:
                            continue
                        identity = Identity(method=Method.JPKI, reference="0" * 64)
                        holder = Holder(tenant, reader, identity, key, person, place, moment.date())
                        for scope, problem in _specimens(holder, kind, moment):
                            if problem:
                                wrong.setdefault(scope, problem)
                            elif scope is not None:
                                good[scope] += 1
                    if sum(good.values()) >= _SPECIMENS:
                        break
                if not good and not wrong:
                    path, field = town.folder / SETTINGS, f"service.{code}"
                    yield _wrong(
                        path,
                        field,
                        "カードのある人のだれかに交付できる種類（記録がないか、だれも受け取れません）",
                        town.folder,
                    )
                for scope, problem in wrong.items():
                    if scope is None or not good[scope]:
                        since = "" if moment.year == town.begins.year else f"（{moment.date()}）"
                        yield f"{SETTINGS} service.{code}: 見本の紙面を作れません{since}。{problem}"
    finally:
        replica.close()


def _openings(
    municipality: Municipality, begins: datetime
) -> Iterator[tuple[str, AnyCertificate, datetime | None]]:
    """For each kind the first moment at which it is served, and that after each change of its terms or its signer; None for a
    kind that is never served."""
    begin = begins.astimezone(JST)
    days = [first for first, _ in municipality.states.since if first > begin.date()]
    for code, kind in municipality.every_kind.items():
        shown: tuple[Any, ...] | None = None
        for day in (None, *days):
            after = begin if day is None else datetime.combine(day, time.min, JST)
            moment = municipality.next_opening(code, after)
            if moment is None:
                if shown is None and day == (days[-1] if days else None):
                    yield code, kind, None
                continue
            state = municipality.on(moment.date())
            now = (state.services[code], state.issuers_anywhere(code))
            if now != shown:
                shown = now
                yield code, kind, moment


def _specimens(holder: Holder, kind: AnyCertificate, moment: datetime) -> Iterator[tuple[Scope | None, str]]:
    """Each scope that is offered to `holder`, and what keeps its specimen from being set ('' if nothing). No scope: a hook of the
    kind has failed, of which its author is told the place, never what it had in its hands."""
    code = kind.code
    municipality = holder.tenant.municipality
    try:
        offer = holder.offer_or_error(kind, moment)
        for scope in offer.scopes if offer.refusal is None else ():
            asked = _asked(offer, scope, municipality.info.code)
            if asked is None:
                continue
            try:
                picked = kind.pick(holder.case(kind), asked)
                terms, day = municipality.services[code], moment.date()
                issuer = municipality.issuer_of_paper(kind, picked)
                number = municipality.numbers[code].format(
                    issuer.code, issuer.municipality, day, "0000-0000-0000", 1
                )
                told: Any = kind.render([picked], asked, terms, issuer, day, [number])
                if not isinstance(told, Rendered):
                    yield None, "render が Rendered を返しません"
            except Failed as failed:
                yield scope, f"{failed.entry.cause}（{in_words(failed.facts)}）"
            else:
                yield scope, ""
    except (Exception, SystemExit) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        yield None, f"{Path(last.filename).name} {last.lineno}行目（{type(error).__name__}）"


def _asked(offer: Offer, scope: Scope, municipality: str) -> ApplicationRequest | None:
    """A request for one copy under `scope` with the answers that stand first; None where nobody can be on it, or where one
    person of a household of one is the whole of it."""
    if not offer.possible(scope) or (scope is Scope.CHOSEN and len(offer.subjects) == 1):
        return None
    only = offer.model_copy(update={"scopes": (scope,)})
    blank = ApplicationRequest(
        kind=offer.kind,
        municipality=municipality,
        scope=scope,
        subjects=offer.possible(scope)[:1],
        copies=1,
        fee_total=offer.fee,
    )
    asked = nearest_request(only, blank)
    return asked.model_copy(update={"fee_total": offer.copy_fee(len(asked.subjects))})
