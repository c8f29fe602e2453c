"""Faults on the card's edge: at the n-th command of a conversation, or the n-th after the PIN was verified.

Each strikes once. Counting begins anew with every connection, so a fault that is not due waits for the next one.
"""

from __future__ import annotations

from typing import Any

from pytest_bdd import given, parsers

from .world import World

_EFFECTS: dict[str, dict[str, Any]] = {
    "カードが取り除かれる": {"effect": "removed"},
    "応答が壊れる": {"effect": "garbled"},
    "応答が途中で切れる": {"effect": "truncated"},
    "命令が二度届く": {"effect": "duplicated"},
    "データが後から取り出される": {"effect": "more_data"},
    "長さの指定のやり直しを求められる": {"effect": "wrong_le"},
}
_WHERE = r"(?P<after>カードの|暗証番号の照合のあと)(?P<count>\d+)回目のやり取りで"


@given(parsers.parse("端末はカードとのやり取りを{seconds:d}秒まで待つ"))
def impatient(world: World, seconds: int) -> None:
    """Real seconds. A card that says nothing is noticed by this alone where the service itself waits for ever."""
    world.terminal = world.stage.start_kiosk(card_limit=seconds)
    world.terminal.wait_for("TopMenu")


def _add(world: World, after: str, count: str, **fault: Any) -> None:
    world.card_faults.append({**fault, "at": int(count), "after_verify": after != "カードの"})
    world.terminal.call("card_faults", faults=world.card_faults)


@given(parsers.re(_WHERE + f"、?(?P<what>{'|'.join(_EFFECTS)})$"))
def strikes(world: World, after: str, count: str, what: str) -> None:
    _add(world, after, count, **_EFFECTS[what])


@given(parsers.re(_WHERE + r"、?カードが(?P<seconds>\d+)秒黙る$"))
def silent(world: World, after: str, count: str, seconds: str) -> None:
    """Real seconds, after which the reader gives up."""
    _add(world, after, count, effect="silent", seconds=float(seconds))


@given(parsers.re(_WHERE + r"、?応答が(?P<seconds>\d+)秒遅れる$"))
def slow(world: World, after: str, count: str, seconds: str) -> None:
    _add(world, after, count, effect="slow", seconds=float(seconds))


@given(parsers.re(_WHERE + r"、?カードが「(?P<status>[0-9A-F]{4})」を返す$"))
def status(world: World, after: str, count: str, status: str) -> None:
    _add(world, after, count, effect="status", status=int(status, 16))


@given(parsers.re(r"カードの(?P<listed>[\d、]+)回目のやり取りで、?(?P<what>" + "|".join(_EFFECTS) + ")$"))
def strike_often(world: World, listed: str, what: str) -> None:
    for count in listed.split("、"):
        _add(world, "カードの", count, **_EFFECTS[what])
