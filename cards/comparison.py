"""Compare a survey of a tester's card with every profile, line by line: where it differs, and which profile answers as it does."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .columns import hung, padded
from .diagnosis import PIN_NAMES
from .errors import CardError
from .image_file import image_from_json, image_to_json
from .profiles import load_profile, profile_names
from .readers.virtual import VirtualReader
from .sample import CardSecret, make_card
from .survey import OPENING, Survey, survey_behind_pins, survey_card
from .virtual import VirtualCard

ABSENT = "ありません"
_NAMED = 4
"""How many profiles are named beside a line."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold one line in which the card is not as the profile. `like`: the profiles that are as the card there."""

    where: str
    card: str
    profile: str
    like: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"where": self.where, "card": self.card, "profile": self.profile, "like": list(self.like)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold how a card compares with a profile. `counts`: the lines in which each profile differs, the nearest first."""

    survey: Survey
    profile: str
    lines: int
    differences: tuple[Difference, ...]
    counts: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "profile": self.profile,
            "lines": self.lines,
            "differences": [one.to_json() for one in self.differences],
            "counts": dict(self.counts),
            "survey": self.survey.to_json(),
        }

    def text(self, columns: int | None = None) -> str:
        """Write it for people; wrapped for a terminal of so many columns."""
        return "\n".join(self._text(columns))

    def _text(self, columns: int | None) -> Iterator[str]:
        survey = self.survey
        unread = "（本番。利用者の電子証明書は読んでいません）" if survey.production else ""
        rows = {
            "認証局": (survey.organisation or "ありません") + unread,
            "比べた型": f"{self.profile}：{load_profile(self.profile).purpose}",
            "違い": f"{self.lines} 行のうち {len(self.differences)} 行",
            "近い型": "、".join(
                f"{name}（{count} 行）" for name, count in list(self.counts.items())[:_NAMED]
            ),
            "残り回数": "\n".join(self._tries()),
        }
        for name, value in rows.items():
            yield from hung(padded(name, 10), value or "不明", columns)
        for one in self.differences:
            like = "、".join(one.like[:_NAMED]) + (" など" if len(one.like) > _NAMED else "")
            yield ""
            yield from hung("△ ", _in_words(one.where), columns)
            yield from hung(
                "　カード  ", f"{one.card}（{'同じ型: ' + like if like else 'どの型とも違います'}）", columns
            )
            yield from hung("　型      ", one.profile, columns)

    def _tries(self) -> Iterator[str]:
        """Yield a line for each application."""
        notes = self.survey.notes.items()
        for name, word in _APPLICATIONS.items():
            told = [
                f"{where.split()[1]} {left}回"
                for where, left in notes
                if where.startswith(f"{name} ") and where.endswith(" tries")
            ]
            if told:
                yield f"{word}　{'、'.join(told)}"


_APPLICATIONS = {
    "jpki": "公的個人認証AP",
    "text": "券面入力補助AP",
    "surface": "券面事項確認AP",
    "juki": "住基AP",
    "common": "共通カードAP",
    "card manager": "カードマネージャ",
}
_WORDS = {
    "CA signature": "利用者証明用認証局の証明書の署名（自己署名）",
    "CA key": "利用者証明用認証局の鍵",
    "signature CA signature": "署名用認証局の証明書の署名（自己署名）",
    "certificate signature": "利用者証明用電子証明書の署名（カードにある認証局による）",
    "certificate key": "利用者証明用電子証明書の鍵",
    "certificates present": "電子証明書の有無（EF 0008）",
    "contact ATR": "接触の ATR（GET DATA 5F51、先頭の 1 バイトを除く）",
    "token label": "トークンの名前（EF 0006）",
}
_PARTS = {
    " VERIFY": " の残り回数の問い合わせ（空の VERIFY）",
    " READ RECORD": " の READ RECORD",
    " READ without EF": " のファイルを選ばない READ BINARY",
    " READ": " の READ BINARY",
    " SELECT MF": " での SELECT MF",
    " CLA 08": " でのセキュアメッセージングのクラス（08）",
    " record size": " のレコードの大きさ",
    " size": " の大きさ",
    " filler": " の電子証明書の後ろの詰め物",
    " objects": " のタグ",
}


def _in_words(where: str) -> str:
    """Say a line of a survey in the words of the trade."""
    if where in _WORDS:
        return _WORDS[where]
    where, _, pin = where.partition(" after ")
    for name, word in _APPLICATIONS.items():
        if where.startswith(f"{name} "):
            where = f"{word} {where[len(name) + 1 :]}"
            break
    for part, word in _PARTS.items():
        if where.endswith(part):
            where = where.removesuffix(part) + word
            break
    return where + (f"（{PIN_NAMES[pin]}の照合後）" if pin else "")


def compare(survey: Survey, profile: str = "") -> Comparison:
    """Compare with `profile`, or with the one that differs in the fewest lines. What `survey` knows from behind PINs is compared, too.

    Raises CardError(Settings_Wrong) for an unknown profile."""
    opened = tuple(
        name for name in OPENING if any(where.endswith(f" after {name}") for where in survey.facts)
    )
    others = {name: survey_of_profile(name, opened) for name in profile_names()}
    if profile:
        load_profile(profile)
    counts = {name: sum(1 for _ in _differing(survey, other)) for name, other in others.items()}
    nearest = dict(sorted(counts.items(), key=lambda one: (one[1], one[0] != "plain", one[0])))
    chosen = profile or next(iter(nearest))
    differences = tuple(
        Difference(where, card, told, tuple(_like(where, card, others)))
        for where, card, told in _differing(survey, others[chosen])
    )
    lines = len({*survey.facts, *others[chosen].facts})
    return Comparison(survey, chosen, lines, differences, nearest)


@functools.lru_cache(maxsize=256)
def survey_of_profile(name: str, opened: tuple[str, ...] = ()) -> Survey:
    """Survey a card made of a profile, behind the PINs `opened` as well. A card that never answers has no line.

    The answer is shared by all who ask: it is not to be changed."""
    image = image_from_json(image_to_json(make_card(name)), name)
    reader = VirtualReader()
    reader.insert(VirtualCard(image, sleep=lambda _seconds: None))
    survey = Survey()
    try:
        with reader.connect() as connection:
            survey = survey_card(connection)
            secrets = load_profile(name).secrets
            for pin in opened:
                value = secrets.get(pin)  # type: ignore[call-overload]
                if value is not None:
                    survey_behind_pins(connection, survey, {pin: CardSecret(value)})
    except CardError:
        pass  # mute, or blocked: what was found until then is what such a card shows
    return survey


def _like(where: str, value: str, others: Mapping[str, Survey]) -> Iterator[str]:
    for name, other in others.items():
        if value != ABSENT and other.facts.get(where, ABSENT) == value:
            yield name


def _differing(survey: Survey, other: Survey) -> Iterator[tuple[str, str, str]]:
    """Yield the lines that are not the same: place, of the card, of the other. Of an application or a file that one of them lacks,
    one line."""
    ours, theirs = survey.facts, other.facts
    lacking = tuple(
        where.removesuffix("SELECT")
        for where in {*ours, *theirs}
        if where.endswith(" SELECT") and (ours.get(where) != theirs.get(where) or ours.get(where) != "9000")
    )
    unread = ("certificate signature", "certificate key") if survey.production else ()
    for where in dict.fromkeys([*ours, *theirs]):
        card, told = ours.get(where, ABSENT), theirs.get(where, ABSENT)
        below = any(where.startswith(part) and where != f"{part}SELECT" for part in lacking)
        if card != told and not below and where not in unread:
            yield where, card, told
