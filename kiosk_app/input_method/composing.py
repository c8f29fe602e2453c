"""A text that is being typed: kana become a reading, the reading becomes one of its candidates, and stands in the text.

The terms are those of input methods: the *reading* is what was typed and is not yet part of the text, *commit* makes it so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from server_stub.interface.letter_forms import letters

from .entries import READING_MOST, Entry

TOO_LONG = "Typed_Text_Too_Long"
NOT_TAKEN = "Typed_Character_Not_Available"

VOICED = dict(
    zip(
        "かきくけこさしすせそたちつてとはひふへほう",
        "がぎぐげござじずぜぞだぢづでどばびぶべぼゔ",
        strict=True,
    )
)
HALF_VOICED = dict(zip("はひふへほ", "ぱぴぷぺぽ", strict=True))
SMALL = dict(zip("あいうえおつやゆよわ", "ぁぃぅぇぉっゃゅょゎ", strict=True))
_PLAIN = {changed: plain for table in (VOICED, HALF_VOICED, SMALL) for plain, changed in table.items()}
MARKS: Mapping[str, Mapping[str, str]] = {"゛": VOICED, "゜": HALF_VOICED, "小": SMALL}
"""The key -> what it makes of the kana before the cursor."""


def marked(kana: str, mark: str) -> str:
    """`kana` with `mark`, or without it where it has it; as it is where the two do not go together."""
    plain = _PLAIN.get(kana, kana)
    changed = MARKS[mark].get(plain)
    if changed is None:
        return kana
    return plain if changed == kana else changed


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not taken: the failure's name in the catalogue, and facts for its words."""

    failure: str
    facts: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """`before` and `after`: the letters on both sides of the cursor. `reading`: kana that stand there meanwhile, with the cursor
    before the one numbered `at`. `refusal`: why the last touch changed nothing. Each method returns what it makes."""

    entry: Entry
    shows: Callable[[str], bool] = field(default=lambda letter: True, repr=False, compare=False)
    """Whether the terminal can show a letter."""
    before: tuple[str, ...] = ()
    reading: str = ""
    at: int = 0
    after: tuple[str, ...] = ()
    refusal: Refusal | None = None

    @property
    def text(self) -> str:
        """What is committed."""
        return "".join((*self.before, *self.after))

    @property
    def length(self) -> int:
        return len(self.before) + len(self.after)

    @property
    def complete(self) -> bool:
        """Whether it may be sent: nothing is left to be converted, and the field has what it needs."""
        return not self.reading and self.entry.complete(self.text)

    @property
    def letter(self) -> str:
        """The letter before the cursor, whose variants may be chosen; '' for none, and while something is being converted."""
        return self.before[-1] if self.before and not self.reading else ""

    # --- typing ------------------------------------------------------------------------------------------------------

    def kana(self, kana: str) -> Composition:
        """One kana key."""
        if len(self.reading) >= READING_MOST:
            return self._refused(TOO_LONG, limit=READING_MOST)
        return self._with(reading=self.reading[: self.at] + kana + self.reading[self.at :], at=self.at + 1)

    def mark(self, mark: str) -> Composition:
        """゛, ゜ or 小, for the kana before the cursor."""
        if not self.at:
            return self._with()
        changed = marked(self.reading[self.at - 1], mark)
        return self._with(reading=self.reading[: self.at - 1] + changed + self.reading[self.at :])

    def put(self, text: str) -> Composition:
        """Digits, signs and whole words that need no conversion; a reading before them is committed as it is."""
        committed = self.commit()
        return committed if committed.reading else committed._inserted(text)

    def delete(self) -> Composition:
        """The kana or letter before the cursor."""
        if self.reading:
            return self._with(
                reading=self.reading[: max(0, self.at - 1)] + self.reading[self.at :], at=max(0, self.at - 1)
            )
        return self._with(before=self.before[:-1])

    def left(self) -> Composition:
        if self.reading:
            return self._with(at=max(0, self.at - 1))
        return self._with(before=self.before[:-1], after=self.before[-1:] + self.after)

    def right(self) -> Composition:
        if self.reading:
            return self._with(at=min(len(self.reading), self.at + 1))
        return self._with(before=self.before + self.after[:1], after=self.after[1:])

    # --- converting ----------------------------------------------------------------------------------------------------

    def commit(self) -> Composition:
        """The reading as it is."""
        return self.choose(self.reading) if self.reading else self._with()

    def choose(self, candidate: str) -> Composition:
        """`candidate` in the place of the reading."""
        return replace(self, reading="", at=0)._inserted(candidate, instead=self)

    def vary(self, letter: str) -> Composition:
        """Another form of the letter before the cursor."""
        if not self.letter:
            return self._with()
        return replace(self, before=self.before[:-1])._inserted(letter, instead=self)

    def offered(self, candidates: tuple[str, ...]) -> tuple[str, ...]:
        """Those of `candidates` that this field takes and the terminal can show; what ends as it should comes first."""
        fit = [one for one in candidates if self._unfit(one) is None]
        return tuple(sorted(fit, key=lambda one: not one.endswith(self.entry.endings)))

    # --- the rest -------------------------------------------------------------------------------------------------------

    def _unfit(self, text: str) -> str | None:
        """The first letter that cannot be taken."""
        return next(
            (one for one in letters(text) if not self.entry.takes(one[0]) or not self.shows(one)), None
        )

    def _inserted(self, text: str, instead: Composition | None = None) -> Composition:
        """`instead`: what stays where `text` is refused."""
        stays = instead or self
        if self._unfit(text) is not None:
            return stays._refused(NOT_TAKEN)
        new = letters(text)
        if self.length + len(new) > self.entry.most:
            return stays._refused(TOO_LONG, limit=self.entry.most)
        return self._with(before=self.before + new)

    def _refused(self, failure: str, **facts: object) -> Composition:
        return replace(self, refusal=Refusal(failure, tuple(facts.items())))

    def _with(self, **changed: object) -> Composition:
        return replace(self, refusal=None, **changed)  # type: ignore[arg-type]


def composition(entry: Entry, text: str, shows: Callable[[str], bool]) -> Composition:
    """What was typed before, with the cursor at its end."""
    return Composition(entry, shows, before=letters(text))
