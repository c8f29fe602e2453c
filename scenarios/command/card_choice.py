"""Which card, person or profile somebody means: with or without 「のカード」, in any width, and the nearest when it is none."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from cards.profiles import profile_names
from scenarios.template import CardEntry, callings
from scenarios.towns import CardSpec, Town, load_town, load_towns, shipped_names, town_folder
from server_stub.registry.importers import read_people

from .usage import WrongUse

_CARD = "のカード"
_SHOWN = 5


def chosen_towns(told: Iterable[str]) -> tuple[Town, ...]:
    """The towns that `--town` names; none: the one of whoever names none. Raises Failed(Settings_Wrong)."""
    return load_towns([town_folder(one) for one in told])


def towns_with(told: Iterable[str], towns: Sequence[Town]) -> tuple[Town, ...]:
    """`towns`, or the shipped town where each of `told` (names or ids of cards, persons) is known if these do not know them all."""
    wanted = [one for one in told if one]
    others = (load_town(folder) for folder in shipped_names().values())
    for some in (tuple(towns), *((town,) for town in others if town not in towns)):
        cards = {card.name: card for town in some for card in town.cards}
        known = {*_cards_by_name(cards), *_people_by_name(cards)}
        if all(_plain(one) in known for one in wanted):
            return some
    return tuple(towns)


def card_ids(cards: Mapping[str, CardEntry | CardSpec]) -> dict[str, str]:
    """An id of ASCII for each card by its name, to be typed on any keyboard: the 宛名番号, and what is particular to the card."""
    ids: dict[str, str] = {}
    ordinary = {f"{calling}{_CARD}" for calling in callings(cards.values()).values()}
    for name, card in cards.items():
        particular = [
            *([card.profile] if card.profile != "plain" else []),
            *([card.state] if card.state != "good" else []),
            *([] if card.linked else ["unlinked"]),
        ]
        base = "-".join([card.person, *([] if name in ordinary else particular or ["other"])])
        same = sum(one == base or one.startswith(f"{base}.") for one in ids.values())
        ids[name] = f"{base}.{same + 1}" if same else base
    return ids


def chosen_card(told: str, entries: Mapping[str, CardEntry]) -> CardEntry:
    """The card that `told` names: 「六甲翠のカード」, 「六甲翠」, 「六甲　翠」, or its id. Raises WrongUse with the nearest names."""
    by_name = _cards_by_name(entries)
    found = by_name.get(_plain(told))
    if found is None:
        raise WrongUse(
            f"「{told}」というカードはありません。{_did_you_mean(told, by_name)}一覧は konbini card list で表示できます。"
        )
    return entries[found]


def chosen_person(told: str, entries: Mapping[str, CardEntry], towns: Iterable[Town] = ()) -> tuple[str, str]:
    """呼び名 and 宛名番号 of the sample person whom `told` names, by either or by the ordinary card; of these towns also by the
    宛名番号 of somebody without a card, who is called by the name in the register. Raises WrongUse, and Failed for a broken record."""
    people = {calling: person for person, calling in callings(entries.values()).items()}
    found = _people_by_name(entries).get(_plain(told))
    if found is None:
        for town in towns:
            if person := read_people(town.delivery, town.formats, {told: told}).get(told):
                return _plain(person.name), told
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


def _cards_by_name(cards: Mapping[str, CardEntry | CardSpec]) -> dict[str, str]:
    return {
        **_by_name(cards),
        **{_plain(name): name for name in cards},
        **{_plain(identifier): name for name, identifier in card_ids(cards).items()},
    }


def _people_by_name(cards: Mapping[str, CardEntry | CardSpec]) -> dict[str, str]:
    people = {calling: person for person, calling in callings(cards.values()).items()}
    return {
        **_by_name(people),
        **{person: calling for calling, person in people.items()},
        **{_plain(calling + _CARD): calling for calling in people},
    }


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
