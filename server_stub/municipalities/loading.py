"""Read the index of municipalities and the folder of one, and tell what is wrong in them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from server_stub.certificates import load_kinds, read_kinds
from server_stub.certificates.certificate import AnyCertificate, ServiceTerms
from server_stub.certificates.terms import (
    LARGEST_SEAL_PX,
    LONGEST_NUMBER,
    NUMBER_LENGTH,
    PDF_LINK,
    SEAL,
    SMALLEST_SEAL_PX,
    STANDARD_NUMBER,
    Certifier,
    CertifierPart,
    NumberPattern,
    WardTerms,
)
from server_stub.interface.failures import Failed
from server_stub.interface.values import MunicipalityInfo
from server_stub.paper.fonts import coverage_of, family_of
from server_stub.paper.pattern import is_seen
from server_stub.paper.typesetting import Issuer
from server_stub.settings_file import (
    Settings,
    SettingsText,
    checked_settings,
    file_named,
    matching,
    read_settings,
    settings_problems,
    settings_values,
    settings_wrong,
    value_problems,
)

from .changes import Change, states_of
from .settings import (
    FONT_FILE,
    Code,
    ExistingSystemTerms,
    Kana,
    Municipality,
    MunicipalityEntry,
    OwnTerms,
    States,
    Ward,
)

HERE = Path(__file__).parent
FILE_NAME, CERTIFICATES, FORMATS = "municipality.toml", "certificates", "deliveries"
_BLACK_SEAL = "黒い印影の画像（色の印影を使うときは seal_black = false）"
_BLANK_SEAL = "白い紙の上で見える印影のある画像"
_COLOURED = 40
"""Steps (of 255) between the channels of a pixel, from which on it is no grey."""


class _Prefecture(Settings):
    code: Annotated[str, matching(r"[0-9]{2}", "数字2桁")]
    name: SettingsText
    name_en: SettingsText


class _Named(Settings):
    """A municipality that a resident can name, and of whom nothing more is known here."""

    code: Code
    name: SettingsText
    name_en: SettingsText
    kana: Kana


class _Index(Settings):
    prefecture: list[_Prefecture]
    municipality: list[_Named]


def load_index(
    folders: Iterable[Path] = (), file: Path = HERE / "index.toml"
) -> tuple[MunicipalityEntry, ...]:
    """Load all municipalities that a resident can name, in the order of their codes: those of `file`, and those of
    `folders`, who participate.

    Raises Failed(Settings_Wrong, file=, field=, expected=).
    """
    index = read_settings(file, _Index)
    name = file_named(file)
    prefectures = {one.code: one for one in index.prefecture}
    entries: dict[str, MunicipalityEntry] = {}
    for number, named in enumerate(index.municipality, start=1):
        prefecture = prefectures.get(named.code[:2])
        where = f"municipality[{number}].code"
        if prefecture is None:
            raise settings_wrong(name, where, "先頭2桁が都道府県のコード")
        if named.code in entries:
            raise settings_wrong(name, where, "ほかと重ならないコード")
        info = MunicipalityInfo(
            code=named.code,
            prefecture=prefecture.name,
            prefecture_en=prefecture.name_en,
            name=named.name,
            name_en=named.name_en,
            kana=named.kana,
            participating=False,
        )
        entries[named.code] = MunicipalityEntry(info)
    for folder in folders:
        own = read_settings(folder / FILE_NAME, OwnTerms)
        if own.code in entries and entries[own.code].info.participating:
            raise settings_wrong(file_named(folder / FILE_NAME), "code", "ほかと重ならないコード")
        entries[own.code] = MunicipalityEntry(own.info, tuple(own.excluded_terminal_kinds), own.hosting)
    return tuple(entries[code] for code in sorted(entries))


@dataclass(frozen=True, slots=True)
class Additions:
    """What officials have decided beside the file, at their console: `changes` come after the file's own; `closed` are spans in
    which a kind (None: every kind) is not served; `seals` are pictures of 公印 by the names that `changes` give them."""

    changes: tuple[Change, ...] = ()
    closed: tuple[tuple[str | None, Mapping[str, Any]], ...] = ()
    seals: Mapping[str, bytes] = field(default_factory=dict)

    def closing(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings `values` with these spans among those of the file."""
        if not self.closed:
            return dict(values)
        everywhere = [*values.get("closed", []), *(dict(span) for kind, span in self.closed if kind is None)]
        services = {
            code: {
                **terms,
                "closed": [
                    *terms.get("closed", []),
                    *(dict(span) for kind, span in self.closed if kind == code),
                ],
            }
            if isinstance(terms, dict)
            else terms
            for code, terms in values.get("service", {}).items()
        }
        return {**values, "closed": everywhere, "service": services}


NO_ADDITIONS = Additions()


def load_municipality(folder: Path, additions: Additions = NO_ADDITIONS) -> Municipality:
    """Load everything about the municipality of `folder`, each change of it with its day. It offers kinds of the product, and
    those in its own folder `certificates/`, whose Python code is run.

    Raises Failed(Settings_Wrong, file=, field=, expected=), also for what a change makes wrong.
    """
    kinds = load_kinds(folder / CERTIFICATES)
    path = folder / FILE_NAME
    own = read_settings(path, OwnTerms)
    base = {name: value for name, value in settings_values(path).items() if name != "change"}
    states = States()
    seals = additions.seals
    found = _municipality(folder, additions.closing(base), kinds, states, seals)
    changes = (*own.change, *additions.changes)
    if changes:
        states.since.append((date.min, found))
    for state in states_of(changes):
        try:
            one = _municipality(folder, additions.closing(state.merged_with(base)), kinds, states, seals)
        except Failed as failed:
            raise state.told(failed) from None
        if state.first is not None:
            states.since.append((state.first, one))
    return found


def _municipality(
    folder: Path,
    values: Mapping[str, Any],
    kinds: Mapping[str, AnyCertificate],
    states: States,
    seals: Mapping[str, bytes],
) -> Municipality:
    """Make one state of a municipality of the settings `values`. Raises as `load_municipality`."""
    file = file_named(folder / FILE_NAME)
    own = checked_settings(file, values, OwnTerms)
    services = _services(file, own.service, kinds)  # refuses an unknown kind
    for problem in _number_problems(file, own.code, own.name, _patterns(values, services)):
        raise problem
    for problem in _link_problems(file, own.existing_system, services):
        raise problem
    for problem in _ward_problems(file, own.ward, kinds, services):
        raise problem
    return Municipality(
        folder=folder,
        info=own.info,
        issuer=_issuer(file, folder, own, own.certifier, "certifier", seals),
        services=services,
        kinds={code: kinds[code] for code in services},
        closed=tuple(own.closed),
        minimum_age=own.minimum_age,
        excluded_terminal_kinds=tuple(own.excluded_terminal_kinds),
        delivery=own.delivery,
        issuers={code: _issuer_of(file, folder, own, code, terms, seals) for code, terms in services.items()},
        numbers={
            code: NumberPattern(terms.issue_number or own.issue_number) for code, terms in services.items()
        },
        wards={code: _ward(file, folder, own, code, services, kinds, seals) for code in own.ward},
        holder=own.holder,
        existing_system=own.existing_system,
        authentication=own.authentication,
        hosting=own.hosting,
        registration=own.registration,
        office=own.office,
        statistics=own.statistics,
        service_level=own.service_level,
        states=states,
    )


def _issuer(
    file: str,
    folder: Path,
    own: OwnTerms,
    certifier: Certifier,
    where: str,
    seals: Mapping[str, bytes],
    *,
    with_prefecture: bool = False,
    paper_title: str = "",
) -> Issuer:
    return Issuer(
        code=own.code,
        municipality=own.name,
        title=certifier.title,
        mayor=certifier.mayor,
        seal_png=_official_seal(
            file, folder / certifier.seal, where, certifier.seal_black, seals.get(certifier.seal)
        ),
        accent=own.accent,
        seal_mm=certifier.seal_mm,
        fonts=_own_fonts(file, folder, own.fonts),
        prefecture=own.prefecture if with_prefecture else "",
        black_seal=certifier.seal_black,
        paper_title=paper_title,
    )


def _issuer_of(
    file: str, folder: Path, own: OwnTerms, code: str, terms: ServiceTerms, seals: Mapping[str, bytes]
) -> Issuer:
    return _issuer(
        file,
        folder,
        own,
        own.certifier.but(terms.certifier),
        "certifier" if terms.certifier is None else f"service.{code}.certifier",
        seals,
        with_prefecture=terms.title_with_prefecture,
        paper_title=terms.title or "",
    )


def _ward(
    file: str,
    folder: Path,
    own: OwnTerms,
    code: str,
    services: Mapping[str, ServiceTerms],
    kinds: Mapping[str, AnyCertificate],
    seals: Mapping[str, bytes],
) -> Ward:
    ward, issuers = own.ward[code], {}
    for kind, terms in services.items():
        parts = ward.certifiers(kind)
        if not parts or not kinds[kind].has_wards:
            continue
        certifier = own.certifier.but(terms.certifier)
        for part in parts:
            certifier = certifier.but(part)
        where = f"ward.{code}.service.{kind}" if kind in ward.service else f"ward.{code}"
        issuers[kind] = _issuer(
            file,
            folder,
            own,
            certifier,
            f"{where}.certifier",
            seals,
            with_prefecture=terms.title_with_prefecture,
            paper_title=terms.title or "",
        )
    return Ward(ward.name, issuers)


def _ward_problems(
    file: str, wards: Mapping[str, WardTerms], kinds: Mapping[str, AnyCertificate], served: Iterable[str]
) -> Iterator[Failed]:
    """What is wrong with who certifies in the wards: a kind that no ward certifies, and a title that is not of that ward."""
    names = [ward.name for ward in wards.values()]
    of_wards = [code for code in served if code in kinds and kinds[code].has_wards]
    for code, ward in wards.items():
        if names.count(ward.name) > 1:
            yield settings_wrong(file, f"ward.{code}.name", "ほかと重ならない区の名")
        titles = {f"ward.{code}.certifier": ward.certifier}
        for kind, own in ward.service.items():
            titles[f"ward.{code}.service.{kind}.certifier"] = own.certifier
            if kind not in of_wards:
                yield settings_wrong(file, f"ward.{code}.service.{kind}", _one_of(of_wards))
        for where, part in titles.items():
            if part is None:
                continue
            whole = CertifierPart() if ward.certifier is None else ward.certifier
            title, mayor = part.title or whole.title, part.mayor or whole.mayor
            if title is None or ward.name not in title:
                yield settings_wrong(file, f"{where}.title", f"「{ward.name}」を含む職名")
            elif mayor is None:  # else the mayor's name would stand behind it
                yield settings_wrong(file, f"{where}.mayor", f"{ward.name}長の氏名")


def municipality_problems(folder: Path) -> list[Failed]:
    """List everything that is wrong with the settings of the municipality of `folder`: also below what is wrong itself, and what
    each change makes wrong."""
    path = folder / FILE_NAME
    file = file_named(path)
    found = settings_problems(path, OwnTerms)
    kinds, problems = read_kinds(folder / CERTIFICATES)
    found += problems
    try:
        values = settings_values(path)
    except Failed:
        return found  # told already
    base = {name: value for name, value in values.items() if name != "change"}
    own = list(_problems_below(file, folder, base, kinds, found))
    found += own
    known = {(one.facts.get("field"), one.facts.get("expected")) for one in found}
    changes = values.get("change", [])
    if not isinstance(changes, list) or value_problems(file, {"change": changes}, _Changes):
        return found  # told already
    for state in states_of(_Changes.model_validate({"change": changes}).change):
        merged = state.merged_with(base)
        of_state = value_problems(file, merged, OwnTerms)
        of_state += _problems_below(file, folder, merged, kinds, of_state)
        for one in of_state:
            place = (one.facts.get("field"), one.facts.get("expected"))
            if place not in known:
                known.add(place)
                found.append(state.told(one))
    return found


class _Changes(Settings):
    change: list[Change]


def _problems_below(
    file: str,
    folder: Path,
    values: Mapping[str, Any],
    kinds: Mapping[str, AnyCertificate],
    found: list[Failed],
) -> Iterator[Failed]:
    """What is wrong in the tables of the kinds and with the seals; `found`: what is wrong above them."""
    wrong = {one.facts.get("field") for one in found}
    services = values.get("service")
    code, name = values.get("code"), values.get("name")
    if isinstance(code, str) and isinstance(name, str):
        yield from _number_problems(
            file, code, name, _patterns(values, services if isinstance(services, dict) else ())
        )
    for code, table in services.items() if isinstance(services, dict) else ():
        if code not in kinds:
            yield settings_wrong(file, f"service.{code}", _one_of(kinds))
        elif isinstance(table, dict):  # else told already
            yield from (problems := value_problems(file, table, kinds[code].terms, f"service.{code}."))
            wrong |= {one.facts.get("field") for one in problems}
    linked = (
        [code for code, table in services.items() if _asks_for_pdf_link(table)]
        if isinstance(services, dict)
        else []
    )
    if linked and values.get("existing_system") is None:
        yield _no_existing_system(file, linked[0])
    wards = values.get("ward")
    if not any(str(field).startswith("ward.") for field in wrong) and isinstance(wards, dict):
        told = {code: WardTerms.model_validate(one) for code, one in wards.items()}
        yield from _ward_problems(file, told, kinds, services if isinstance(services, dict) else ())
    fonts = values.get("fonts")
    if isinstance(fonts, list) and not any(str(field).startswith("fonts") for field in wrong):
        try:
            _own_fonts(file, folder, fonts)
        except Failed as failed:
            yield failed
    certifier = values.get("certifier")
    if not isinstance(certifier, dict):
        return
    places = {"certifier": certifier}
    for code, table in services.items() if isinstance(services, dict) else ():
        if isinstance(table, dict) and isinstance(table.get("certifier"), dict):
            places[f"service.{code}.certifier"] = {**certifier, **table["certifier"]}
    for code, ward in wards.items() if isinstance(wards, dict) else ():
        tables = ward.get("service") if isinstance(ward, dict) else None
        found_here = {f"ward.{code}.certifier": ward} if isinstance(ward, dict) else {}
        for kind, table in tables.items() if isinstance(tables, dict) else ():
            found_here[f"ward.{code}.service.{kind}.certifier"] = table
        for where, table in found_here.items():
            own = table.get("certifier") if isinstance(table, dict) else None
            if isinstance(own, dict) and "seal" in own:
                places[where] = {**certifier, **own}
    for where, one in places.items():
        seal = one.get("seal")
        if isinstance(seal, str) and f"{where}.seal" not in wrong:
            try:
                _official_seal(file, folder / seal, where, one.get("seal_black", True) is not False)
            except Failed as failed:
                yield failed


def _one_of(kinds: Iterable[str]) -> str:
    return "証明書の種類 " + "・".join(kinds) + " のいずれか"


def _patterns(values: Mapping[str, Any], kinds: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The form of 発行番号 of each kind, with the setting that says it. What is no text is told by its own rule."""
    services = values.get("service")
    found = {}
    for code in kinds:
        table = services.get(code) if isinstance(services, dict) else None
        own = table.get("issue_number") if isinstance(table, dict) else None
        place = f"service.{code}.issue_number" if own is not None else "issue_number"
        pattern = own if own is not None else values.get("issue_number", STANDARD_NUMBER)
        if isinstance(pattern, str):
            found[code] = (place, pattern)
    return found


def _number_problems(
    file: str, code: str, name: str, patterns: Mapping[str, tuple[str, str]]
) -> Iterator[Failed]:
    """What is wrong with the forms of 発行番号 of a municipality together, and with its name in them."""
    known: list[NumberPattern] = []
    for place, text in dict.fromkeys(patterns.values()):
        try:
            pattern = NumberPattern(text)
        except ValueError:
            continue  # told by its own rule
        if len(pattern.of_one_day(code, name)) > LONGEST_NUMBER:
            yield settings_wrong(file, place, NUMBER_LENGTH)
        if any(pattern.meets(other) for other in known):
            yield settings_wrong(file, place, "ほかの種類の {number} か {serial} の番号と同じにならない形")
        known.append(pattern)


def _asks_for_pdf_link(table: Any) -> bool:
    return isinstance(table, dict) and table.get("link") == PDF_LINK


def _no_existing_system(file: str, kind: str) -> Failed:
    return settings_wrong(
        file, "existing_system", f"PDF連携の証明書（service.{kind}）を作る既存システムの稼働時間"
    )


def _link_problems(
    file: str, system: ExistingSystemTerms | None, services: Mapping[str, ServiceTerms]
) -> Iterator[Failed]:
    """What PDF連携 lacks: an existing system, and an hour at which both are open."""
    for code, terms in services.items():
        if terms.link != PDF_LINK:
            continue
        if system is None:
            yield _no_existing_system(file, code)
            return
        both = terms.within(system.opens, system.closes)
        if both.closes <= both.opens:
            yield settings_wrong(
                file, f"service.{code}.link", "既存システムの稼働時間（existing_system）と重なる取扱時間"
            )


def _services(
    file: str, tables: Mapping[str, Any], kinds: Mapping[str, AnyCertificate]
) -> dict[str, ServiceTerms]:
    """Read the terms of each kind, in the order of the file, which is that of the menu."""
    for code in tables:
        if code not in kinds:
            raise settings_wrong(file, f"service.{code}", _one_of(kinds))
    return {
        code: checked_settings(file, table, kinds[code].terms, f"service.{code}.")
        for code, table in tables.items()
    }


def _own_fonts(file: str, folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    found = []
    for number, name in enumerate(names, start=1):
        try:
            if not family_of(folder / name) or not coverage_of(folder / name).characters:
                raise Failed("Font_Missing", font=name)
        except Failed:
            raise settings_wrong(file, f"fonts[{number}]", FONT_FILE) from None
        found.append(folder / name)
    return tuple(found)


def _official_seal(file: str, path: Path, where: str, black: bool, kept: bytes | None = None) -> bytes:
    """`kept`: the picture itself, where it is none of the folder's."""
    expected: str | None = SEAL
    try:
        if kept is not None:
            png = kept
            expected = _expected_of_seal(png, black)
        elif path.is_file():  # a pipe or a device is read for ever
            png = path.read_bytes()
            expected = _expected_of_seal(png, black)
    except OSError:
        pass
    if expected is not None:
        raise settings_wrong(file, f"{where}.seal", expected)
    return png


@lru_cache(maxsize=32)  # one picture is the seal of many kinds
def _expected_of_seal(png: bytes, black: bool) -> str | None:
    """What an official seal has to be and these bytes are not, if anything."""
    try:
        across, down = struct.unpack(">II", png[16:24])  # of PNG's first chunk: before anything is unpacked
        if across != down or not SMALLEST_SEAL_PX <= across <= LARGEST_SEAL_PX:
            return SEAL
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            seen = is_seen(image)
            pixels = np.asarray(image.convert("RGBA"), dtype=np.int16)
    except (UnidentifiedImageError, struct.error, OSError, SyntaxError, ValueError):
        return SEAL
    if not seen:
        return _BLANK_SEAL
    colours = pixels[pixels[..., 3] > 0][..., :3]
    if black and colours.size and int(np.ptp(colours, axis=1).max()) > _COLOURED:
        return _BLACK_SEAL
    return None
