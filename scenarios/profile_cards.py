"""Cards that a tester has made of a profile and a sample person.

They are issued in the real way, into a copy of the template: a demo or a server started afterwards takes that copy, so that
its authority answers for them and its centre knows whose they are. Scenarios keep to the template itself.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import paths
from .template import CardEntry, add_card, callings, load_cards, template_folder
from .towns import CardSpec, Town

KEPT = 2
"""How many copies stay: the newest, and the one that somebody may be reading at this moment."""


def kept_in() -> Path:
    """The folder of the copies."""
    return paths.home()


def template_with_own_cards(towns: Sequence[Town] = ()) -> Path:
    """The newest copy with the tester's own cards of these towns; the template itself where there is none for the present
    code and data."""
    template = template_folder(towns)
    return max(_copies(template), default=template)


def card_of_profile(
    profile: str, person: str, towns: Sequence[Town] = (), called: str = ""
) -> tuple[Path, CardEntry]:
    """The folder and the entry of a card of `profile` (one of cards.profiles) for the 宛名番号 `person` of these towns.

    `called`: of somebody who has no card yet, what the card is to be named after (with one town only).

    The stage's own card, if it has such a one that is linked and good; else one that is made now, and kept.
    """
    with _alone():
        folder = template_with_own_cards(towns)
        entries = load_cards(folder)
        for entry in entries.values():
            if (entry.profile, entry.person) == (profile, person) and entry.linked and entry.state == "good":
                return folder, entry
        calling = callings(entries.values()).get(person, called)
        card = CardSpec(
            name=f"{calling}の{profile}のカード",
            person=person,
            profile=profile,
            purpose=f"型「{profile}」から作ったカード",
        )
        homes = (entry.municipality for entry in entries.values())
        home = next((entry.municipality for entry in entries.values() if entry.person == person), next(homes))
        return _made(template_folder(towns), folder, home, card)


def _made(template: Path, folder: Path, municipality: str, card: CardSpec) -> tuple[Path, CardEntry]:
    copies = sorted(_copies(template))
    number = int(copies[-1].name.rpartition("-")[2]) + 1 if copies else 1
    new = kept_in() / f"{_prefix(template)}{number:06d}"
    part = new.with_name(f"{new.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(folder, part)
    entry = add_card(part, municipality, card)
    part.rename(new)
    for old in sorted(kept_in().glob("own-cards-*")):
        if old.name[: len(_prefix(template))] != _prefix(template) or old in copies[: 1 - KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    return new, entry


def _prefix(template: Path) -> str:
    return f"own-cards-{template.name.removeprefix('template-')}-"


def _copies(template: Path) -> list[Path]:
    return [path for path in kept_in().glob(f"{_prefix(template)}*") if path.suffix != ".part"]


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other process makes a card meanwhile. A lock of SQLite's: it ends with its process, on every system."""
    with contextlib.closing(
        sqlite3.connect(kept_in() / "own-cards.lock", timeout=60, isolation_level=None)
    ) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")
