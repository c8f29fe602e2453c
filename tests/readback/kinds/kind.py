"""What a kind of certificate is for this reader, and the list of them by the title that is printed on the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, runtime_checkable

from tests.readback.form import Block, Form
from tests.readback.register import Records
from tests.readback.seals import SealFile
from tests.readback.side import Side, WrongPaper

OMITTED = "【省略】"
SHOWN, LEFT_OUT = "記載する", "記載しない"
Answers = Mapping[str, str]
"""Words of a question -> words of its choice, as the scenarios have them."""


_HALF = str.maketrans("０１２３４５６７８９", "0123456789")


def half_width(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells with all digits of one width, as one paper has them."""
    return {label: value.translate(_HALF) for label, value in cells.items()}


@dataclass(frozen=True)
class Wanted:
    """A block that must be there. `whose`: how a complaint calls it, for a person's own block the 宛名番号. `person`: it is
    the block of one subject. `pictures`: what must be in a cell by its label. `beside`: what stands in no cell of it."""

    whose: str
    cells: Mapping[str, str]
    person: bool = True
    pictures: Mapping[str, SealFile] = field(default_factory=dict)
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageRead:
    """What a sheet of lines says: whose headings stand on it, to which answers it is one, how many numbers must be covered."""

    subjects: tuple[str, ...]
    answers: Mapping[str, str]
    numbers: int = 0


@dataclass(frozen=True)
class Expected:
    """One copy. `head` stands at the top of every sheet, `blocks` once each and in this order, over any number of sheets up to
    `most_sheets`. `attestation`: 認証文; it stands on the last sheet alone, with date, signer and seal. `annex`: the blocks of the
    sheets behind (別紙), which have no head and bear `annex_heading`. `each_ends`: every sheet ends for itself, not the last one
    only. `digits`: the width of all digits on a paper, "half" or "full". `title`: what is
    printed at the head, where it follows from the record. `unasked`: codes of questions that these subjects are not asked.

    `read`: a copy that is lines in one frame, as those of the 戸籍, and has no blocks; it reads the sheets and raises WrongPaper.
    `extent` stands in the box beside its title (全部証明)."""

    blocks: tuple[Wanted, ...]
    attestation: str
    head: Wanted | None = None
    most_sheets: int | None = None
    each_ends: bool = False
    title: str = ""
    unasked: tuple[str, ...] = ()
    read: Callable[[Sequence[Form]], Sequence[PageRead]] | None = None
    extent: str = ""
    annex: tuple[Wanted, ...] = ()
    annex_heading: str = ""
    digits: str = "half"


class Kind(Protocol):
    """`code`: what keywords and settings call it; `title`: what is printed on it."""

    @property
    def code(self) -> str: ...

    @property
    def title(self) -> str: ...

    def expected(
        self,
        records: Records,
        subjects: Sequence[str],
        answers: Answers,
        day: date,
        service: Mapping[str, Any],
    ) -> Expected:
        """Tell what must stand on a copy for these `subjects` (宛名番号, in the order of the sentence). `service`: what the
        municipality has decided about the kind. Raises WrongPaper for subjects who cannot stand on one paper."""

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        """Read off a sheet which answers it is an answer to: code of a question -> code of the choice."""


@dataclass(frozen=True)
class Front:
    """A front to be read as it is drawn. `subjects`: how many persons the sheet is bound to; `paper`: the sheet's id."""

    side: Side
    subjects: int
    paper: str


@dataclass(frozen=True)
class Certified:
    """What a front is held against. `holder`: the key of the card's holder in this municipality; `callings`: 呼び名 -> key of who
    has a card; `code`: the municipality's;
    `signed`: the lines of who certifies; `check_seals` looks at the pictures of a front, which bears the official seal where
    it is `signed`."""

    records: Records
    holder: str
    callings: Mapping[str, str]
    code: str
    today: date
    service: Mapping[str, Any]
    signed: tuple[str, ...]
    check_seals: Callable[..., None]


@runtime_checkable
class Drawn(Kind, Protocol):
    """A kind whose fronts are no tables of labelled cells: it reads them by itself, and names people as its paper does."""

    def check_fronts(self, copy: Sequence[Front], names: Sequence[str], told: Certified) -> str:
        """Compare the fronts of one copy with all that must stand on them, and nothing else. Returns the number of the copy.
        Raises WrongPaper."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Enter a kind. Raises ValueError where another one has its title or its code."""
    for other in _kinds.values():
        if other is not kind and kind.title == other.title or other is not kind and kind.code == other.code:
            raise ValueError(f"two kinds are called {kind.title}")
    _kinds[kind.title] = kind


def kind_titled(title: str) -> Kind:
    """Find a kind by its title, or by what residents know it as, where that is another (`called`). Raises WrongPaper for a title
    that no kind has."""
    for kind in _kinds.values():
        if getattr(kind, "called", "") == title:
            return kind
    if title not in _kinds:
        raise WrongPaper(
            f"no kind of certificate is called {title}",
            expected=f"証明書の種類が{'・'.join(_kinds)}のどれかであること",
            found=f"「{title}」だった",
        )
    return _kinds[title]


def kind_coded(code: str) -> Kind:
    """The kind that settings call by this code. Raises LookupError for one that this reader does not know."""
    found = [kind for kind in _kinds.values() if kind.code == code]
    if not found:
        raise LookupError(f"no kind of certificate has the code {code}")
    return found[0]


def titles() -> tuple[str, ...]:
    return tuple(_kinds)
