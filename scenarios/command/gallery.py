"""`konbini gallery`: every screen of the terminal on one page, in the order of a visit, with what the flow says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk_app.flow.table import TABLE
from kiosk_app.screens import gallery
from kiosk_app.screens.texts import CATALOGUE_LANGUAGES, LANGUAGES, NAMES
from scenarios import trace_labels
from scenarios.evidence.writing import write_screens

from .usage import WrongUse

PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class _Shown:
    """A sample on the page. `leads`: what can happen there, and where it leads, in words."""

    sample: str
    word: str
    screens: tuple[gallery.Drawn, ...]
    leads: tuple[tuple[str, str], ...]


def write_gallery(
    folder: Path,
    languages: Sequence[str] = (),
    modes: Sequence[str] = (),
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Path:
    """Draw the screens into `folder` and write the page that shows them; returns the page. Japanese and English, as usual, where nothing
    is named. `tell` is called for each picture: how many are there, and how many there will be.

    Needs the GUI thread. Raises WrongUse for a language or a mode that there is not, OSError for what cannot be written."""
    languages, modes = known(languages, modes)
    of = len(gallery.sample_states()) * len(languages) * len(modes)
    drawn: list[gallery.Drawn] = []
    for one in gallery.draw(folder, languages, modes):
        drawn.append(one)
        tell(len(drawn), of)
    by_sample: dict[str, list[gallery.Drawn]] = {}
    for one in drawn:
        by_sample.setdefault(one.sample, []).append(one)
    groups = [
        (
            name,
            [
                _Shown(sample, _word(screens[0].state), tuple(screens), _leads(screens[0].state))
                for sample, screens in by_sample.items()
                if screens[0].group == name
            ],
        )
        for name in gallery.GROUPS
    ]
    return write_screens(
        folder / PAGE,
        groups=[(name, shown) for name, shown in groups if shown],
        languages=NAMES,
        modes={name: word for name, (word, _) in gallery.MODES.items()},
        several_modes=len(modes) > 1,
        spoken=[NAMES.get(language, language) for language in languages],
        count=len(by_sample),
    )


def known(languages: Sequence[str], modes: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Languages and modes to draw, the usual ones where none is asked for. Raises WrongUse for one that there is not."""
    for asked, there, option in (
        (languages, LANGUAGES, "--language"),
        (modes, tuple(gallery.MODES), "--mode"),
    ):
        if wrong := [one for one in asked if one not in there]:
            raise WrongUse(
                f"{option} に指定した「{wrong[0]}」はありません。指定できるもの: {'、'.join(there)}"
            )
    return tuple(dict.fromkeys(languages)) or CATALOGUE_LANGUAGES, tuple(dict.fromkeys(modes)) or (
        gallery.USUAL,
    )


def _word(state: str) -> str:
    return trace_labels.values("state").get(state) or trace_labels.value("screen", state)


def _leads(state: str) -> tuple[tuple[str, str], ...]:
    """What the flow has for this state, without what every state has and what leads nowhere else."""
    told = [
        (trace_labels.values("event").get(row.event.__name__, row.event.__name__), _word(row.target))
        for row in TABLE.own
        if row.state == state and row.target != state
    ]
    return tuple(dict.fromkeys(told))
