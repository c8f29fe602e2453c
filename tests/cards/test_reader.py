"""The virtual reader: cards come and go from any thread."""

from __future__ import annotations

import threading

import pytest

from cards.errors import CardError
from cards.faults import Effect, Fault
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from tests.cards.helper import JPKI, card, image

SELECT = bytes.fromhex(JPKI)


def failure(call: object, *arguments: object) -> str:
    with pytest.raises(CardError) as caught:
        call(*arguments)  # type: ignore[operator]
    return caught.value.failure


def test_watchers_hear_of_every_coming_and_going_until_they_stop() -> None:
    reader = VirtualReader()
    heard: list[str] = []
    stop = reader.watch(lambda: heard.append("in"), lambda: heard.append("out"))
    reader.insert(card())
    reader.remove()
    stop()
    reader.insert(card())
    assert heard == ["in", "out"]


def test_a_watcher_is_told_at_once_of_a_card_that_lies_there() -> None:
    reader = VirtualReader()
    reader.insert(card())
    heard: list[str] = []
    reader.watch(lambda: heard.append("in"), lambda: heard.append("out"))
    assert heard == ["in"]


def test_removal_ends_the_open_connection() -> None:
    reader = VirtualReader()
    reader.insert(card())
    connection = reader.connect()
    reader.remove()
    assert failure(connection.transmit, SELECT) == "Card_Removed"
    assert not reader.present()


def test_a_card_laid_down_later_is_not_reached_through_the_old_connection() -> None:
    reader = VirtualReader()
    reader.insert(card())
    connection = reader.connect()
    reader.remove()
    reader.insert(card())
    assert failure(connection.transmit, SELECT) == "Card_Removed"


def test_no_card_no_connection() -> None:
    assert failure(VirtualReader().connect) == "Card_Removed"


def test_two_cards_do_not_fit() -> None:
    reader = VirtualReader()
    reader.insert(card())
    with pytest.raises(ValueError, match="already"):
        reader.insert(card())


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_an_exclusive_connection_keeps_others_out(first: bool, second: bool) -> None:
    reader = VirtualReader()
    reader.insert(card())
    with reader.connect(first):
        assert failure(reader.connect, second) == "Reader_Busy"
    reader.connect(second).close()


def test_closing_powers_the_card_down() -> None:
    reader = VirtualReader()
    virtual = card()
    reader.insert(virtual)
    with reader.connect() as connection:
        assert virtual.powered
        connection.transmit(SELECT)
    assert not virtual.powered
    assert failure(connection.transmit, SELECT) == "Card_Removed"
    connection.close()


def test_removal_wakes_whoever_waits_for_a_silent_card() -> None:
    reader = VirtualReader()
    reader.insert(card())
    reader.faults.append(Fault(Effect.SILENT, at=1, seconds=60))
    connection = reader.connect()
    ended: list[str] = []
    asking = threading.Thread(target=lambda: ended.append(failure(connection.transmit, SELECT)))
    asking.start()
    assert reader.present()
    reader.remove()
    asking.join(10)
    assert ended == ["Card_Removed"]


def test_a_silent_card_is_mute_when_the_reader_gives_up() -> None:
    reader = VirtualReader()
    reader.insert(card())
    reader.faults.append(Fault(Effect.SILENT, at=1, seconds=0.01))
    assert failure(reader.connect().transmit, SELECT) == "Card_Mute"


def test_a_slow_card_is_taken_away_without_waiting_for_its_answer() -> None:
    asked, answer = threading.Event(), threading.Event()

    def slowly(_seconds: float) -> None:
        asked.set()
        answer.wait(10)

    reader = VirtualReader()
    reader.insert(VirtualCard(image("slow"), sleep=slowly))
    connection = reader.connect()
    ended: list[str] = []
    asking = threading.Thread(target=lambda: ended.append(failure(connection.transmit, SELECT)))
    asking.start()
    assert asked.wait(10)
    assert reader.remove() is not None
    answer.set()
    asking.join(10)
    assert ended == ["Card_Removed"]


def test_cards_may_come_and_go_while_others_ask() -> None:
    reader = VirtualReader()
    virtual = card()
    surprises: list[BaseException] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                with reader.connect(exclusive=False) as connection:
                    assert connection.transmit(SELECT)[-2:] in (b"\x90\x00",)
            except CardError as error:
                if error.failure not in ("Card_Removed", "Card_Mute"):
                    surprises.append(error)
            except BaseException as error:
                surprises.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        reader.insert(virtual)
        assert reader.present()
        assert reader.remove() is virtual
    over.set()
    for thread in threads:
        thread.join(10)
    assert surprises == []
