"""The front of every kind in every form that the shipped towns have: against a bare warm Typst compile of the same fronts.

What is measured follows from what the towns offer, as the reference pictures do: a kind or a form more is measured by itself, as
`front_` and the name of the form. Each front is another person's, or the same one's after many others, and has a 発行番号 of its own.
"""

from __future__ import annotations

import math
import secrets
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import cycle, islice, zip_longest
from pathlib import Path

from scenarios.references import delivered, form_of, picked, states
from scenarios.towns import Town, load_town, shipped_names
from server_stub.interface.failures import Failed
from server_stub.issuing.copies import new_issue_numbers
from server_stub.municipalities import Municipality
from server_stub.paper import typesetting
from server_stub.paper.typesetting import Rendered

from .measure import Measurement, times_in_turn

REACH = 1.6
ROUNDS, MOST_FRONTS, LEAST_TIMES = 5, 24, 40
"""Every front of a form is set at least ROUNDS times, and more often where a form has few."""

Main = tuple[Path, bytes, tuple[Path, ...]]
"""A template, a main file of it and fonts, as `compile_main` takes them."""


@dataclass
class Front:
    """The front of one paper. `number` makes a 発行番号 such as its municipality's."""

    set_front: Callable[[str], Rendered]
    number: Callable[[], str]
    _made: list[bytes] = field(default_factory=list)

    def render(self) -> None:
        """What the issuing server does: from the records to the PDF and what stands on it."""
        self.set_front(self.number())

    def mains(self) -> list[Main]:
        """The main files of such a front, with another number; nothing is compiled for them, so that Typst has not seen them."""
        found: list[Main] = []
        known = iter(self._made)

        def write_down(template: Path, main: bytes, fonts: tuple[Path, ...] = ()) -> bytes:
            found.append((template, main, fonts))
            return next(known)

        with _compiling(write_down):
            self.render()
        return found

    def printable(self) -> bool:
        """Set it once, and keep the PDF for `mains`. False for who cannot be printed: the towns have such residents."""

        def keep(template: Path, main: bytes, fonts: tuple[Path, ...] = ()) -> bytes:
            self._made.append(compile_main(template, main, fonts))
            return self._made[-1]

        compile_main = typesetting.compile_main
        try:
            with _compiling(keep):
                self.render()
        except Failed as failed:
            if failed.failure in ("Character_Not_Printable", "Text_Too_Long"):
                return False
            raise
        if not self._made:
            raise LookupError("a front that was made without typesetting.compile_main: it has no yardstick")
        return True


@contextmanager
def _compiling(instead: Callable[..., bytes]) -> Iterator[None]:
    """Let `typeset` call something else to compile."""
    compile_main = typesetting.compile_main
    typesetting.compile_main = instead
    try:
        yield
    finally:
        typesetting.compile_main = compile_main


def fronts(towns: list[Town], most: int = MOST_FRONTS) -> dict[str, list[Front]]:
    """Form -> up to `most` fronts of it, a town after the other in turn."""
    found: dict[str, list[list[Front]]] = {}
    for town in towns:
        with delivered(town) as (tenant, reader):
            for day, municipality in states(town.municipality, town.begins.date()):
                then = replace(tenant, municipality=municipality)
                for code, kind in municipality.kinds.items():
                    number = partial(_number, municipality, code, day)
                    ones = [Front(one, number) for one in picked(town, then, reader, kind, day)]
                    found.setdefault(form_of(municipality, code), []).append(ones)
    return {form: _some(by_town, most) for form, by_town in sorted(found.items())}


def _some(by_town: list[list[Front]], most: int) -> list[Front]:
    in_turn = [front for row in zip_longest(*by_town) for front in row if front is not None]
    return list(islice((front for front in in_turn if front.printable()), most))


def _number(municipality: Municipality, code: str, day: date) -> str:
    def draw(code: str, day: date | None, count: int) -> list[int]:
        return [secrets.randbelow(100_000) + 1 for _ in range(count)]

    (number,) = new_issue_numbers(municipality.numbers[code], municipality.info, day, 1, draw)
    return number


def measure_fronts(found: Sequence[Front], rounds: int = 0) -> Measurement:
    """Milliseconds a front: the mean over `found` of each one's median. Yardstick: the same fronts in another order, so that what
    Typst remembers of a person serves neither side more than the other.

    `rounds`: how often each is set; 0: as often as ROUNDS and LEAST_TIMES want."""
    count = len(found)
    rounds = rounds or max(ROUNDS, math.ceil(LEAST_TIMES / count))
    ours = cycle(found)
    others = cycle([*found[count // 2 :], *found[: count // 2]])
    mains: list[Main] = []

    def prepare() -> None:
        if not mains:
            mains.extend(next(others).mains())

    def bare() -> None:
        for template, main, fonts in mains:
            typesetting.compile_main(template, main, fonts)
        mains.clear()

    times = times_in_turn(
        lambda: next(ours).render(), bare, rounds=rounds * count, between=prepare, warm=count
    )
    value, yardstick = (
        statistics.fmean(statistics.median(kept[one::count]) for one in range(count)) for kept in times
    )
    return Measurement(value, yardstick, "ms", REACH)


def measure() -> dict[str, Measurement]:
    towns = [load_town(folder) for folder in shipped_names().values()]
    return {f"front_{form}": measure_fronts(found) for form, found in fronts(towns).items()}
