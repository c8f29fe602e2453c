"""The simulated coin unit. Its book is an SQLite file of its own: every movement of a coin is a row of it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace

from .interface import DENOMINATIONS, CoinState


def make_change(amount: int, stock: Mapping[int, int]) -> dict[int, int] | None:
    """The fewest coins of `stock` (yen -> count) that make exactly `amount` yen, or None if none do."""
    best: dict[int, dict[int, int]] = {0: {}}
    for coin in sorted(stock, reverse=True):
        grown: dict[int, dict[int, int]] = dict(best)
        for reached, used in best.items():
            for count in range(1, min(stock[coin], (amount - reached) // coin) + 1):
                total = reached + count * coin
                known = grown.get(total)
                if known is None or sum(known.values()) > sum(used.values()) + count:
                    grown[total] = used | {coin: count}
        best = grown
    return best.get(amount)


COINS = tuple(yen for yen in DENOMINATIONS if yen < 1000)
"""What change can be given in; the note is not paid out as change."""
FULL_STOCK = {10: 50, 50: 20, 100: 50, 500: 10}
BUSY_SECONDS = 5.0
"""Real seconds that a book which another program holds is waited for."""

_TABLES = """
CREATE TABLE IF NOT EXISTS pile (place TEXT, yen INTEGER, count INTEGER NOT NULL, PRIMARY KEY (place, yen));
CREATE TABLE IF NOT EXISTS total (name TEXT PRIMARY KEY, yen INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS charge (
    application TEXT PRIMARY KEY, due INTEGER NOT NULL, change INTEGER NOT NULL, refunded INTEGER NOT NULL DEFAULT 0);
"""


class SimulatedCoinUnit:
    """A `CoinUnit` with hands: `drop`, `empty_return_tray`, `reject_next`, `set_change_stock`. Safe from any thread."""

    def __init__(self, folder: Path, trace: Trace) -> None:
        """The book lies in `folder/coins.sqlite` and is taken up again if it is there. Whatever fails at the book is
        Failed(Coin_Unit_Failed), here and in every method, and then nothing has moved."""
        folder.mkdir(parents=True, exist_ok=True)
        self._trace = trace
        self._lock = threading.RLock()
        with _by_name():
            self._book = sqlite3.connect(
                folder / "coins.sqlite", timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
            )
            self._book.execute("PRAGMA journal_mode=WAL")
            # as durable as the terminal's journal, which is compared with it
            self._book.execute("PRAGMA synchronous=FULL")
            self._book.executescript(_TABLES)
            self._on_change: Callable[[int], None] | None = None
            self._on_reject: Callable[[int], None] | None = None
            self._rejects = 0
            if not self._pile("stock"):
                self.set_change_stock(FULL_STOCK)
            self.seen = self.state()
            """The state after the last change; to look at from any thread, at once."""

    def open(self, on_change: Callable[[int], None], on_reject: Callable[[int], None]) -> None:
        with self._lock:
            self._on_change, self._on_reject = on_change, on_reject

    def close(self) -> None:
        with self._lock:
            self._on_change = self._on_reject = None

    def shut_down(self) -> None:
        """Close the book; the unit is not used any more."""
        with self._lock:
            self.close()
            self._book.close()

    # --- hands ---------------------------------------------------------------------------------------------------------

    def drop(self, denomination: int) -> bool:
        """Drop one coin or note (yen). False: it fell through, because the unit is closed, does not know it or cannot note it
        down."""
        with self._lock:
            on_change, on_reject = self._on_change, self._on_reject
            refused = on_change is None or denomination not in DENOMINATIONS or self._rejects > 0
            if refused:
                self._rejects = max(0, self._rejects - 1)
            try:
                with self._entry():
                    self._move("tray" if refused else "escrow", denomination, 1)
            except Failed as failed:
                refused = True
                detail = str(failed.facts.get("detail", ""))
                self._trace.emit("fault", "coin_not_noted", denomination=denomination, detail=detail)
            inserted = self.seen.inserted
        if refused:
            self._trace.emit("money", "coin_rejected", denomination=denomination)
            if on_reject is not None:
                on_reject(denomination)
            return False
        self._trace.emit("money", "coin_accepted", denomination=denomination, inserted=inserted)
        if on_change is not None:
            on_change(inserted)
        return True

    def reject_next(self) -> None:
        """The next coin dropped falls through."""
        with self._lock:
            self._rejects += 1

    def set_change_stock(self, stock: Mapping[int, int]) -> None:
        """Fill the change stock: yen -> count. Denominations that are not named are empty. Raises ValueError."""
        if any(yen not in COINS or count < 0 for yen, count in stock.items()):
            raise ValueError(f"the change stock takes counts from 0 of {COINS}")
        with self._lock, self._entry():
            self._book.execute("DELETE FROM pile WHERE place = 'stock'")
            for yen in COINS:
                self._move("stock", yen, stock.get(yen, 0))

    def change_stock(self) -> dict[int, int]:
        with self._reading():
            return self._pile("stock")

    def return_tray(self) -> dict[int, int]:
        """What lies in the return tray, yen -> count: change, money given back, and coins that fell through."""
        with self._reading():
            return {yen: count for yen, count in self._pile("tray").items() if count}

    def empty_return_tray(self) -> dict[int, int]:
        """The resident takes what lies in the return tray; yen -> count."""
        with self._lock:
            taken = self.return_tray()
            with self._entry():
                self._book.execute("DELETE FROM pile WHERE place = 'tray'")
        return taken

    def vault(self) -> int:
        """Yen that lie inside behind the escrow: change stock and notes."""
        with self._reading():
            return self._value("stock") + self._value("notes")

    def paid_by_hand(self) -> int:
        """Yen that staff paid out for the unit, for want of the right coins."""
        with self._reading():
            return self._total("by_hand")

    # --- what the terminal does ------------------------------------------------------------------------------------------

    def state(self) -> CoinState:
        with self._reading():
            escrow = {yen: count for yen, count in self._pile("escrow").items() if count}
            return CoinState(escrow, self._value("escrow"), self._total("taken"), self._total("returned"))

    def take(self, due: int, application_id: str) -> int:
        with self._reading():
            known = self._book.execute(
                "SELECT change FROM charge WHERE application = ?", (application_id,)
            ).fetchone()
            if known is not None:
                return int(known[0])
            inserted = self._value("escrow")
            if inserted < due:
                raise Failed("Money_Not_Enough", due=due, inserted=inserted)
            coins = self._change_for(due)
            if coins is None:
                raise Failed("Money_Change_Short", due=due, inserted=inserted)
            change = inserted - due
            with self._entry():
                for yen, count in self._pile("escrow").items():
                    self._move("escrow", yen, -count)
                    self._move("stock" if yen in COINS else "notes", yen, count)
                for yen, count in coins.items():
                    self._move("stock", yen, -count)
                    self._move("tray", yen, count)
                self._book.execute(
                    "INSERT INTO charge (application, due, change) VALUES (?, ?, ?)",
                    (application_id, due, change),
                )
                self._add("taken", due)
                self._add("returned", change)
        self._trace.emit("money", "taken", application_id=application_id, due=due, change=change)
        return change

    def give_back(self) -> int:
        with self._reading():
            amount = self._value("escrow")
            if not amount:
                return 0
            with self._entry():
                for yen, count in self._pile("escrow").items():
                    self._move("escrow", yen, -count)
                    self._move("tray", yen, count)
                self._add("returned", amount)
        self._trace.emit("money", "given_back", amount=amount)
        return amount

    def refund(self, application_id: str) -> int:
        with self._reading():
            amount = self.taken_for(application_id)
            if not amount:
                return 0
            coins = make_change(amount, self._pile("stock"))
            with self._entry():
                for yen, count in (coins or {}).items():
                    self._move("stock", yen, -count)
                    self._move("tray", yen, count)
                if coins is None:
                    # the right coins are not there: staff pay it out of their own till
                    self._add("by_hand", amount)
                self._book.execute("UPDATE charge SET refunded = 1 WHERE application = ?", (application_id,))
                self._add("taken", -amount)
                self._add("returned", amount)
        self._trace.emit(
            "money", "refunded", application_id=application_id, amount=amount, by_hand=coins is None
        )
        return amount

    def taken_for(self, application_id: str) -> int:
        with self._reading():
            row = self._book.execute(
                "SELECT due FROM charge WHERE application = ? AND refunded = 0", (application_id,)
            ).fetchone()
            return int(row[0]) if row else 0

    def charges(self) -> dict[str, int]:
        with self._reading():
            rows = self._book.execute("SELECT application, due FROM charge WHERE refunded = 0 AND due > 0")
            return {str(application): int(due) for application, due in rows}

    # --- the book --------------------------------------------------------------------------------------------------------

    def _change_for(self, due: int) -> dict[int, int] | None:
        """Coins for the change, from the stock and from the escrow's own coins; None if they do not make it."""
        excess = self._value("escrow") - due
        if excess < 0:
            return None
        stock, escrow = self._pile("stock"), self._pile("escrow")
        return make_change(excess, {yen: stock.get(yen, 0) + escrow.get(yen, 0) for yen in COINS})

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, _by_name():
            yield

    @contextmanager
    def _entry(self) -> Iterator[None]:
        with _by_name():
            self._book.execute("BEGIN IMMEDIATE")
            try:
                yield
                after = self.state()
                self._book.execute("COMMIT")
            except BaseException:
                # a disk that is full has rolled it back already
                if self._book.in_transaction:
                    self._book.execute("ROLLBACK")
                raise
            self.seen = after

    def _pile(self, place: str) -> dict[int, int]:
        rows = self._book.execute("SELECT yen, count FROM pile WHERE place = ? ORDER BY yen", (place,))
        return {int(yen): int(count) for yen, count in rows}

    def _value(self, place: str) -> int:
        return sum(yen * count for yen, count in self._pile(place).items())

    def _move(self, place: str, yen: int, count: int) -> None:
        self._book.execute(
            "INSERT INTO pile VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (place, yen, count),
        )

    def _total(self, name: str) -> int:
        row = self._book.execute("SELECT yen FROM total WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _add(self, name: str, yen: int) -> None:
        self._book.execute(
            "INSERT INTO total VALUES (?, ?) ON CONFLICT DO UPDATE SET yen = yen + excluded.yen", (name, yen)
        )


@contextmanager
def _by_name() -> Iterator[None]:
    """Whatever is wrong with the book: held by another program, on a full disk, or no book at all."""
    try:
        yield
    except sqlite3.Error as error:
        raise Failed("Coin_Unit_Failed", detail=str(error)) from error
