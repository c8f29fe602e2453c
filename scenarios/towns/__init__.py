"""Towns: a municipality with its people, in one folder that a user can own. The shipped ones lie here.

| there | what |
|---|---|
| `municipality.toml`, the official seal | what the municipality has decided: fees, hours, kinds, wording |
| `deliveries/*.toml` | the formats of its deliveries (server_stub.registry.importers) |
| `delivery/` | what its existing systems deliver: each night anew |
| `cards.toml` | whose cards there are |
| `certificates/` | if there: kinds of certificates of its own, whose Python code is run |
| `references/` | if there: how its papers look (scenarios.references) |

`--town` names such a folder, or a shipped town by its name. A feature or scenario with a shipped town's name as its tag
(`@足利市`) is run in that town, whatever towns the run has otherwise. A town of another time says in cards.toml when its stage begins,
and by which name it is called where its municipality has another's.
"""

from __future__ import annotations

import functools
import json
import os
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from scenarios.nearest import perhaps
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.trace import Trace
from server_stub.interface.values import MunicipalityInfo
from server_stub.municipalities import Municipality, load_index, load_municipality
from server_stub.paper.fonts import coverage_of
from server_stub.registry.importers import Loaded, load_delivery, read_people
from server_stub.registry.records import Person
from server_stub.settings_file import Settings, SettingsText, matching, read_settings, settings_wrong

HERE = Path(__file__).parent
CARDS, FORMATS, REFERENCES = "cards.toml", "deliveries", "references"
VARIABLE = "KONBINI_TOWNS"
FIRST = "kobe"
"""The town of whoever names none."""


class CardSpec(Settings):
    """One card: whose (宛名番号), of which profile of `cards.profiles`, and what has happened to it since.

    `state` at the authority, besides what the profile says; `linked`: whether an issue notice is delivered; `purpose`: one
    line in Japanese for whoever chooses a card. `registered`: the kinds for which its use was registered (条例利用), each with the
    stage's PIN for that kind."""

    name: SettingsText
    person: Annotated[str, matching(r"[0-9A-Za-z-]{1,40}", "宛名番号")]
    profile: Annotated[str, matching(r"[a-z0-9_]+", "konbini card list --profiles にある型")] = "plain"
    state: Literal["good", "held", "revoked"] = "good"
    linked: bool = True
    purpose: str = ""
    registered: list[Annotated[str, matching(r"[a-z][a-z0-9_]{0,39}", "証明書の種類の名前")]] = []


class Cards(Settings):
    """The file cards.toml. `begins`: when a stage with this town begins (JST), for a town of another time; `ca_from` and `ca_until`: from
    when to when the test authority's certificates are valid then. `called`: the tag of a shipped town whose municipality has the name of
    another's."""

    begins: datetime | None = None
    ca_from: datetime | None = None
    ca_until: datetime | None = None
    called: Annotated[str, matching(r"\w+", "空白のない名前")] | None = None
    card: Annotated[list[CardSpec], Field(min_length=1)]


@dataclass(frozen=True)
class Town:
    """One town as its folder has it."""

    folder: Path
    municipality: Municipality
    cards: tuple[CardSpec, ...]
    begins: datetime = STAGE_START
    ca_dates: tuple[datetime, datetime] | None = None
    called: str = ""

    @property
    def code(self) -> str:
        return self.municipality.info.code

    @property
    def name(self) -> str:
        return self.municipality.info.name

    @property
    def tag(self) -> str:
        """Return what a scenario is tagged with to be run in this town."""
        return self.called or self.name

    @property
    def delivery(self) -> Path:
        return self.folder / "delivery"

    @property
    def formats(self) -> Path:
        return self.folder / FORMATS

    @property
    def is_shipped(self) -> bool:
        return self.folder.parent == HERE

    @property
    def told(self) -> str:
        """Return what `town_folder` finds it by."""
        return self.folder.name if self.is_shipped else str(self.folder)

    def people(self) -> dict[str, Person]:
        """Read everybody in the delivery, by 宛名番号. Raises Failed, also for the first row that cannot be used."""
        return read_people(self.delivery, self.formats)

    def card_holders(self) -> dict[str, Person]:
        """Read whoever has a card, by 宛名番号; what is wrong with others' rows is for `load`. Raises Failed, for a card holder's
        row that cannot be used with the name of the card."""
        return read_people(self.delivery, self.formats, {card.person: card.name for card in self.cards})

    def load(
        self,
        url: str,
        notices: Path,
        clock: Clock,
        trace: Trace,
        delivery: Path | None = None,
        **terms: Any,
    ) -> Loaded:
        """Load the delivery (another folder's, if told) into the replica at `url`. `terms` and failures: `load_delivery`."""
        return load_delivery(
            url, delivery or self.delivery, notices, clock, trace, self.municipality, **terms
        )

    def files(self) -> list[Path]:
        """List all that the town is made of, for whoever makes something of it and must know when it changes."""
        pictures = self.folder / REFERENCES
        return sorted(
            path
            for path in self.folder.rglob("*")
            if path.is_file() and path.suffix not in (".pyc", ".md", ".py") and pictures not in path.parents
        )


def shipped_town(name: str = FIRST) -> Path:
    return HERE / name


def town_folder(told: str) -> Path:
    """Get the folder that `--town` means: a path, or a shipped town by the name of its folder or its own (kobe, 神戸市). Raises
    Failed(Settings_Wrong)."""
    shipped = {folder.name: folder for folder in shipped_names().values()}
    folder = {**shipped_names(), **shipped}.get(told, Path(told))
    if not (folder / "municipality.toml").is_file():
        near = perhaps(told, [*shipped, *shipped_names()]) or f"同梱の名前は {'・'.join(sorted(shipped))}"
        raise settings_wrong(
            f"{told.rstrip('/')}/municipality.toml",
            "",
            f"市区町村のフォルダにあるファイル（ありません。{near}。フォルダは konbini town new で作れます）",
        )
    return folder.resolve()


def load_town(folder: Path) -> Town:
    """Load a town's settings and list of cards. Raises Failed(Settings_Wrong)."""
    listed = read_settings(folder / CARDS, Cards)
    cards = listed.card
    names = [card.name for card in cards]
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1]:
            raise settings_wrong(
                f"{folder.name}/{CARDS}", f"card[{number}].name", "ほかと重ならないカードの名前"
            )
    if (listed.ca_from is None) is not (listed.ca_until is None):
        raise settings_wrong(
            f"{folder.name}/{CARDS}", "ca_from", "ca_from と ca_until の両方（または、どちらもなし）"
        )
    return Town(
        folder,
        load_municipality(folder),
        tuple(cards),
        STAGE_START if listed.begins is None else _in_jst(listed.begins),
        (_in_jst(listed.ca_from), _in_jst(listed.ca_until)) if listed.ca_from and listed.ca_until else None,
        listed.called or "",
    )


def _in_jst(moment: datetime) -> datetime:
    return moment.replace(tzinfo=JST) if moment.tzinfo is None else moment.astimezone(JST)


def beginning_of(towns: Sequence[Town]) -> datetime:
    """Tell when a stage with these towns begins."""
    return towns[0].begins if towns else STAGE_START


def choose_towns(told: Sequence[str]) -> None:
    """Let `told` (as `--town` has them; none: no change) be the towns of this process and of those it starts.

    Raises Failed(Settings_Wrong)."""
    if told:
        os.environ[VARIABLE] = json.dumps([str(town_folder(one)) for one in told])


def load_towns(folders: Sequence[Path] = ()) -> tuple[Town, ...]:
    """Load the towns of one stage; none named: those chosen for this process, else the first shipped one.

    Raises Failed(Settings_Wrong)."""
    chosen = [Path(one) for one in json.loads(os.environ.get(VARIABLE, "[]"))]
    return _loaded(tuple(folders or chosen or (shipped_town(),)))


def tagged_towns(tags: Iterable[str]) -> tuple[Town, ...]:
    """Load the towns that a scenario with these tags is run in: the shipped ones that they name, or those of this process where
    they name none, or none that is not among these. Raises Failed(Settings_Wrong)."""
    shipped = shipped_names()
    named = sorted(shipped.keys() & set(tags))
    towns = load_towns()
    if set(named) <= {town.tag for town in towns}:
        return towns
    return load_towns([shipped[name] for name in named])


@functools.cache
def shipped_names() -> dict[str, Path]:
    """Find the folder of each shipped town by its tag: the municipality's name, or as it is called to tell it from another."""
    found = {}
    for file in sorted(HERE.glob("*/municipality.toml")):
        called = tomllib.loads((file.parent / CARDS).read_text(encoding="utf-8")).get("called")
        found[str(called or tomllib.loads(file.read_text(encoding="utf-8"))["name"])] = file.parent
    return found


@functools.cache
def _loaded(folders: tuple[Path, ...]) -> tuple[Town, ...]:
    towns = tuple(load_town(folder) for folder in folders)
    for what, values in (
        ("市区町村コード", [town.code for town in towns]),
        ("カードの名前", [card.name for town in towns for card in town.cards]),
        ("宛名番号", [person for town in towns for person in {card.person for card in town.cards}]),
    ):
        if len(set(values)) != len(values):
            raise settings_wrong("--town", "", f"ほかの市区町村と重ならない{what}")
    if len({(town.begins, town.ca_dates) for town in towns}) > 1:
        raise settings_wrong("--town", "begins", "ほかの市区町村と同じ、舞台の始まりの日時と認証局の有効期間")
    _check_fonts(towns)
    return towns


def fonts_of(towns: Iterable[Town]) -> tuple[str, ...]:
    """List the files of all fonts that the towns have for characters of their own; of one that two have, the first's."""
    found: dict[bytes, str] = {}
    for town in towns:
        for file in town.municipality.issuer.fonts:
            found.setdefault(file.read_bytes(), str(file))
    return tuple(found.values())


def _check_fonts(towns: Sequence[Town]) -> None:
    """Raises Failed(Settings_Wrong): a terminal that serves several towns cannot draw two shapes of one code point."""
    drawn: dict[int, str] = {}
    for file in fonts_of(towns):
        for code in coverage_of(Path(file)).characters:
            if drawn.setdefault(code, file) != file:
                raise settings_wrong(
                    "--town", "fonts", f"ほかの市区町村のフォントと重ならない外字の符号位置（U+{code:04X}）"
                )


def romanised(info: MunicipalityInfo) -> tuple[str, str]:
    """Write prefecture and municipality as a card's certificate has them: Hyogo-ken, Kobe-shi."""
    return _with_suffix(info.prefecture, info.prefecture_en), _with_suffix(info.name, info.name_en)


_SUFFIXES = {"都": "to", "府": "fu", "県": "ken", "市": "shi", "区": "ku", "町": "cho", "村": "son"}


def _with_suffix(name: str, english: str) -> str:
    plain = english.split()[0]
    suffix = _SUFFIXES.get(name[-1:])
    return f"{plain}-{suffix}" if suffix else plain


def codes(towns: Iterable[Town]) -> tuple[str, ...]:
    return tuple(town.code for town in towns)


def named_municipalities(towns: Sequence[Town] = ()) -> tuple[MunicipalityInfo, ...]:
    """List all that a resident can name at a terminal of a stage with these towns (none: see `load_towns`)."""
    return tuple(entry.info for entry in load_index(town.folder for town in towns or load_towns()))
