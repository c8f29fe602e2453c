"""Which card, person or profile somebody means: with or without 「のカード」, in any width, and the nearest when it is none."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping

from cards.profiles import profile_names
from scenarios.template import CardEntry, callings

from .usage import WrongUse

_CARD = "のカード"
_SHOWN = 5


def chosen_card(told: str, entries: Mapping[str, CardEntry]) -> CardEntry:
    """The card that `told` names: 「六甲翠のカード」, 「六甲翠」, 「六甲　翠」. Raises WrongUse with the nearest names."""
    by_name = _by_name(entries)
    by_name |= {_plain(name): name for name in entries}
    found = by_name.get(_plain(told))
    if found is None:
        raise WrongUse(
            f"「{told}」というカードはありません。{_did_you_mean(told, by_name)}一覧は konbini card list で表示できます。"
        )
    return entries[found]


def chosen_person(told: str, entries: Mapping[str, CardEntry]) -> tuple[str, str]:
    """呼び名 and 宛名番号 of the sample person whom `told` names, by either or by the ordinary card. Raises WrongUse."""
    people = {calling: person for person, calling in callings(entries.values()).items()}
    by_name = _by_name(people)
    by_name |= {person: calling for calling, person in people.items()}
    by_name |= {_plain(calling + _CARD): calling for calling in people}
    found = by_name.get(_plain(told))
    if found is None:
        names = {_plain(calling): calling for calling in people}
        raise WrongUse(
            f"「{told}」という人はいません。{_did_you_mean(told, names)}"
            "konbini card list の「○○のカード」の○○を指定してください。"
        )
    return found, people[found]


def chosen_profile(told: str) -> str:
    """The profile that `told` names (`pin_one_left`, `pin-one-left`). Raises WrongUse with the nearest names."""
    names = {_plain(name): name for name in profile_names()}
    found = names.get(_plain(told).replace("-", "_"))
    if found is None:
        raise WrongUse(
            f"「{told}」という型はありません。{_did_you_mean(told, names)}"
            "一覧は konbini card list --profiles で表示できます。"
        )
    return found


def _by_name(names: Iterable[str]) -> dict[str, str]:
    """What each name goes by, with and without its ending."""
    return {_plain(name).removesuffix(_CARD): name for name in names}


def _plain(name: str) -> str:
    """Widths, letter case, spaces and quotation marks do not matter."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(
        character for character in folded if not character.isspace() and character not in "「」『』"
    )


def _did_you_mean(told: str, by_name: Mapping[str, str]) -> str:
    """'' if nothing is near: names that `told` is a part of (the shortest first), then those that differ little."""
    wanted = _plain(told)
    parts = sorted((name for name in by_name if wanted and wanted in name), key=len)
    near = difflib.get_close_matches(wanted, by_name, n=_SHOWN, cutoff=0.5)
    names = list(dict.fromkeys(by_name[name] for name in (*parts, *near)))[:_SHOWN]
    return f"近いもの: {'、'.join(f'「{name}」' for name in names)}。" if names else ""
