"""The register of sentences: every step definition is entered here on its way to pytest-bdd.

pytest-bdd looks for a sentence only when it comes to it; from this register the features are checked before the stage
starts, `konbini steps` prints its list, and both find the same definition as the run does.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import pytest_bdd
from pytest_bdd.parsers import StepParser

from .slots import SLOTS, Slot, UnknownWord, digits
from .world import World

THEMES = {
    "visit": "手続", "money": "お金と領収書", "paper": "用紙", "screens": "画面", "records": "記録", "cards": "カードとリーダ",
    "trouble": "時刻と障害", "deliveries": "連携データ", "offices": "市区町村とセンターの運用",
    "ordinance": "条例利用", "outages": "障害と業務継続",
    "continuity": "業務の継続（バックアップと復元）", "registration": "住登外戸籍の利用登録", "console": "運用管理システム",
}  # fmt: skip
"""The modules of this package that define sentences, and what each is about."""
MODULES = tuple(THEMES)
KEYWORDS = {"given": "前提", "when": "もし", "then": "ならば"}
_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ALIKE = 0.3
F = TypeVar("F", bound=Callable[..., Any])


class Needs(Enum):
    """What a sentence of ならば is about: without it the sentence is true of nothing, and fails."""

    VISIT = "visit"
    PAPER = "paper"
    RECEIPT = "receipt"


@dataclass(frozen=True, eq=False)
class Sentence:
    """`kind`: given, when or then. `pattern` has its slots as {name} or {name:slot}; `example` is a sentence that it takes.
    `where`: module and line of the definition. `run` is what pytest-bdd calls."""

    kind: str
    pattern: str
    example: str
    slots: tuple[tuple[str, Slot], ...]
    where: str
    run: Callable[..., Any]
    needs: Needs | None
    regex: re.Pattern[str]

    @property
    def keyword(self) -> str:
        return KEYWORDS[self.kind]

    @property
    def theme(self) -> str:
        return THEMES[self.where.partition(".")[0]]

    @property
    def shown(self) -> str:
        """The pattern as people read it: 「｛カードの名前｝」を置く."""
        return _PLACE.sub(lambda match: f"｛{_slot_of(match)[1].label}｝", self.pattern)

    @property
    def literal(self) -> int:
        """How many characters are fixed: of two sentences that fit, the one with more of them is meant."""
        return len(_PLACE.sub("", self.pattern))

    def words(self, text: str) -> dict[str, str]:
        """What stands in each slot of a text that fits."""
        match = self.regex.fullmatch(text)
        return {} if match is None else match.groupdict()

    def values(self, text: str) -> dict[str, Any]:
        """The same, read. Raises UnknownWord."""
        words = self.words(text)
        return {name: slot.read(words[name]) for name, slot in self.slots}

    def unknown(self, text: str) -> list[UnknownWord]:
        """Every word of the text that its slot does not know."""
        words, found = self.words(text), []
        for name, slot in self.slots:
            try:
                slot.read(words[name])
            except UnknownWord as error:
                found.append(error)
        return found

    def with_words(self, words: dict[str, str]) -> str:
        """The sentence with these words in its slots, those of its example where none is given."""
        own = self.words(self.example) | words
        return _PLACE.sub(lambda match: own[match[1]], self.pattern)

    def to_json(self) -> dict[str, Any]:
        return {
            "keyword": self.keyword,
            "theme": self.theme,
            "sentence": self.shown,
            "example": self.example,
            "slots": [
                {"name": name, "takes": slot.told, "words": list(slot.known())} for name, slot in self.slots
            ],
            "where": self.where,
        }


REGISTER: list[Sentence] = []


def _slot_of(match: re.Match[str]) -> tuple[str, Slot]:
    return match[1], SLOTS[match[2] or match[1]]


class _Parser(StepParser):
    """Asks the register, so that a run and the check before it never differ."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.pattern)
        self._sentence = sentence

    def is_matching(self, name: str) -> bool:
        return _find(self._sentence.kind, name) is self._sentence

    def parse_arguments(self, name: str) -> dict[str, Any]:
        return self._sentence.values(name)


def given(pattern: str, example: str = "") -> Callable[[F], F]:
    """What holds before the resident comes. `example` where the slots' own examples do not make a good one."""
    return _define("given", pattern, example, None)


def when(pattern: str, example: str = "") -> Callable[[F], F]:
    """What somebody does, or what happens."""
    return _define("when", pattern, example, None)


def then(pattern: str, example: str = "", needs: Needs = Needs.VISIT) -> Callable[[F], F]:
    """What must be so. Fails where no visit has begun in the scenario, or where what it `needs` is not there."""
    return _define("then", pattern, example, needs)


def _define(kind: str, pattern: str, example: str, needs: Needs | None) -> Callable[[F], F]:
    def enter(function: F) -> F:
        slots = tuple(_slot_of(match) for match in _PLACE.finditer(pattern))
        parts = _PLACE.split(pattern)
        # split gives: text, name, slot, text, name, slot, ..., text
        regex = re.escape(parts[0]) + "".join(
            f"(?P<{name}>{slot.rough}){re.escape(parts[3 * n + 3])}" for n, (name, slot) in enumerate(slots)
        )
        code = function.__code__
        sentence = Sentence(
            kind=kind,
            pattern=pattern,
            example=example or _PLACE.sub(lambda match: _slot_of(match)[1].example, pattern),
            slots=slots,
            where=f"{Path(code.co_filename).name}:{code.co_firstlineno}",
            run=function if needs is None else _guarded(function, needs),
            needs=needs,
            regex=re.compile(regex),
        )
        REGISTER.append(sentence)
        decorate = getattr(pytest_bdd, kind)(_Parser(sentence), stacklevel=2)
        decorate(sentence.run)
        return function

    return enter


def _guarded(function: Callable[..., Any], needs: Needs) -> Callable[..., Any]:
    """`function`, which is called only if there is something that it could be true of."""

    @functools.wraps(function)
    def run(*given: Any, world: World, **named: Any) -> Any:
        world.visit  # noqa: B018  (raises where there is none)
        if needs is Needs.PAPER:
            world.paper()
        elif needs is Needs.RECEIPT:
            world.receipt()
        return function(*given, world=world, **named)

    return run


# --- finding -------------------------------------------------------------------------------------------------------------


def load() -> list[Sentence]:
    """Every sentence there is."""
    for module in MODULES:
        import_module(f"{__package__}.{module}")
    return REGISTER


@cache
def _find(kind: str, text: str) -> Sentence | None:
    fitting = [one for one in REGISTER if one.kind == kind and one.regex.fullmatch(text)]
    return max(fitting, key=lambda one: (not one.unknown(text), one.literal), default=None)


def find(kind: str, text: str) -> Sentence | None:
    """The sentence that `text` is after this kind of keyword, or None. Of several that fit: one whose slots know all the
    words, then the one that has most fixed text."""
    load()
    return _find(kind, text)


def other_keyword(kind: str, text: str) -> Sentence | None:
    """The sentence that `text` would be after another keyword."""
    return next((found for other in KEYWORDS if other != kind and (found := find(other, text))), None)


def alike(kind: str, text: str, count: int = 3) -> list[str]:
    """Sentences of that keyword that are most like `text`, best first, with the words of `text` in them where they fit."""
    load()
    quoted = re.findall(r"「([^「」]*)」", text)

    def likeness(sentence: Sentence) -> float:
        return difflib.SequenceMatcher(None, _bare(text), _bare(sentence.example), autojunk=False).ratio()

    ranked = sorted((one for one in REGISTER if one.kind == kind), key=likeness, reverse=True)
    return [_filled(one, quoted) for one in ranked[:count] if likeness(one) >= _ALIKE]


def _bare(text: str) -> str:
    """Without what stands in quotation marks and without numbers."""
    return re.sub(r"\d+", "0", re.sub(r"「[^「」]*」", "「」", digits(text)))


def _filled(sentence: Sentence, quoted: list[str]) -> str:
    """The example, with the quoted words of another text in their slots as far as these know them."""
    words: dict[str, str] = {}
    left = list(quoted)
    for name, slot in sentence.slots:
        for word in left:
            try:
                slot.read(word)
            except UnknownWord:
                continue
            if slot.known():
                words[name] = word
                left.remove(word)
                break
    return sentence.with_words(words)
