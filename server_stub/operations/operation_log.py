"""操作記録: what operators saw and did, each record chained to the one before.

Every record carries a keyed hash (HMAC-SHA-256) of itself and of the hash before it, and a sealed head tells where the chain begins and
ends: a record that was altered, taken out, put in or moved is found by `check`. The key lies outside the database. A chain is of one owner
(a municipality, or who runs a site), so that the retention that one sets takes away the oldest records of that one alone.

What a head cannot show, an older copy of the whole database put back, is shown by a head that was written down before (`check(known=…)`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from server_stub.interface.secret import Secret

from .store import moment
from .tables import heads, log

OK = "ok"
_START = "0" * 64
_FIELDS = (
    "chain", "seq", "at", "operator", "name", "function", "act", "subject", "detail", "my_number", "address", "outcome",
)  # fmt: skip
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Entry:
    """One sight or act. `function`: key of a function; `act`: 照会, 検索, 出力, 登録, 変更 …; `subject`: of whom (宛名番号 or pseudonym), '' for
    nobody; `my_number`: 個人番号 was seen; `outcome`: `ok`, or the failure that it was refused by."""

    function: str
    act: str
    subject: str = ""
    detail: str = ""
    my_number: bool = False
    outcome: str = OK


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts, and from where."""

    login: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: `count` records, the first and the last number, the head to write down, and what is wrong (none: all is well)."""

    count: int
    first: int
    last: int
    head: str
    problems: tuple[str, ...]


class OperationLog:
    """Safe from any thread. `key`: what the hashes are keyed with."""

    def __init__(self, engine: Engine, key: Secret) -> None:
        self._engine, self._key = engine, hashlib.sha256(b"operation log\0" + key.reveal().encode()).digest()

    def write(self, chain: str, at: datetime, who: Who, entries: Sequence[Entry]) -> None:
        """Append `entries` to the chain, all or none."""
        if not entries:
            return
        with self._engine.begin() as connection:
            seq, mac = self._take_head(connection, chain)
            rows = []
            for entry in entries:
                seq += 1
                row = {
                    "chain": chain,
                    "seq": seq,
                    "at": moment(at),
                    "operator": who.login,
                    "name": who.name,
                    "function": entry.function,
                    "act": entry.act,
                    "subject": entry.subject,
                    "detail": entry.detail,
                    "my_number": entry.my_number,
                    "address": who.address,
                    "outcome": entry.outcome,
                }
                mac = self._mac(row, mac)
                rows.append({**row, "mac": mac})
            connection.execute(insert(log), rows)
            self._move_head(connection, chain, seq, mac)

    def _take_head(self, connection: Connection, chain: str) -> tuple[int, str]:
        """Read where the chain ends. The change comes first: it takes the writer's place, so that two at once stand in line."""
        taken = update(heads).where(heads.c.chain == chain).values(chain=chain)
        if connection.execute(taken).rowcount == 0:
            try:
                with connection.begin_nested():
                    connection.execute(
                        insert(heads).values(
                            chain=chain, first_seq=1, before_first=_START, last_seq=0, last_mac=_START,
                            seal=self._seal(chain, 1, _START, 0, _START),
                        )
                    )  # fmt: skip
            except IntegrityError:  # another began it
                connection.execute(taken)
        row = connection.execute(
            select(heads.c.last_seq, heads.c.last_mac).where(heads.c.chain == chain)
        ).one()
        return row.last_seq, row.last_mac

    def _move_head(self, connection: Connection, chain: str, seq: int, mac: str) -> None:
        row = connection.execute(select(heads).where(heads.c.chain == chain)).one()
        seal = self._seal(chain, row.first_seq, row.before_first, seq, mac)
        connection.execute(
            update(heads).where(heads.c.chain == chain).values(last_seq=seq, last_mac=mac, seal=seal)
        )

    def _mac(self, row: RowMapping | dict[str, object], before: str) -> str:
        told = json.dumps([before, *(row[name] for name in _FIELDS)], ensure_ascii=False)
        return hmac.new(self._key, told.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _seal(self, chain: str, first: int, before_first: str, last: int, mac: str) -> str:
        told = json.dumps(["head", chain, first, before_first, last, mac])
        return hmac.new(self._key, told.encode(), hashlib.sha256).hexdigest()

    def check(self, chain: str, known: str = "") -> Checked:
        """Go through the whole chain. `known`: a head that was written down earlier (`SEQ-HASH`), which must be on it."""
        problems: list[str] = []
        count = 0
        with self._engine.connect() as connection:
            head = connection.execute(select(heads).where(heads.c.chain == chain)).one_or_none()
            if head is None:
                stray = connection.execute(select(log.c.seq).where(log.c.chain == chain).limit(1)).first()
                if stray is not None:
                    problems.append("記録の始まりと終わりを示す控えがありません。")
                if known:
                    problems.append("書き留めた控えに当たる記録がありません。")
                return Checked(0, 0, 0, "", tuple(problems))
            sealed = self._seal(chain, head.first_seq, head.before_first, head.last_seq, head.last_mac)
            if not hmac.compare_digest(sealed, head.seal):
                problems.append("記録の始まりと終わりを示す控えが書き換えられています。")
            expected, before = head.first_seq, head.before_first
            known_seq, _, known_mac = known.strip().lower().partition("-")
            met = not known
            for row in self._rows(connection, chain):
                if row["seq"] != expected:
                    problems.append(
                        f"番号 {expected} の記録がありません。"
                        if row["seq"] == expected + 1
                        else f"番号 {expected} から {row['seq'] - 1} までの記録がありません。"
                        if row["seq"] > expected
                        else f"番号 {row['seq']} の記録は、あるはずのないものです。"
                    )
                    expected = row["seq"]
                elif not hmac.compare_digest(self._mac(row, before), row["mac"]):
                    problems.append(
                        f"番号 {row['seq']}（{row['at'][:16].replace('T', ' ')}）の記録が書き換えられています。"
                    )
                if known_seq == str(row["seq"]):
                    met = hmac.compare_digest(known_mac.encode(), row["mac"][:16].encode())
                expected, before, count = expected + 1, row["mac"], count + 1
                if len(problems) >= 20:
                    problems.append("ほかにもあります。")
                    break
            else:
                if (expected - 1, before) != (head.last_seq, head.last_mac):
                    problems.append(
                        f"番号 {head.last_seq} までの記録があるはずですが、{expected - 1} で終わっています。"
                    )
                if not met and not (known_seq.isdecimal() and int(known_seq) < head.first_seq):
                    problems.append("書き留めた控えと、その番号の記録が一致しません。")
        return Checked(
            count, head.first_seq, head.last_seq, f"{head.last_seq}-{head.last_mac[:16]}", tuple(problems)
        )

    def _rows(self, connection: Connection, chain: str) -> Iterator[RowMapping]:
        last = -1
        while True:
            found = connection.execute(
                select(log).where(log.c.chain == chain, log.c.seq > last).order_by(log.c.seq).limit(_BATCH)
            ).mappings()
            rows = found.all()
            yield from rows
            if len(rows) < _BATCH:
                return
            last = rows[-1]["seq"]

    def forget_before(self, chain: str, before: datetime) -> int:
        """Take away the records older than `before`, from the oldest on; the head tells from where the chain goes on. Returns how many."""
        with self._engine.begin() as connection:
            self._take_head(connection, chain)
            first_kept = connection.execute(
                select(log.c.seq)
                .where(log.c.chain == chain, log.c.at >= moment(before))
                .order_by(log.c.seq)
                .limit(1)
            ).scalar()
            head = connection.execute(select(heads).where(heads.c.chain == chain)).one()
            first = head.last_seq + 1 if first_kept is None else first_kept
            if first <= head.first_seq:
                return 0
            last_gone = connection.execute(
                select(log.c.mac).where(log.c.chain == chain, log.c.seq == first - 1)
            ).scalar_one()
            gone = connection.execute(delete(log).where(log.c.chain == chain, log.c.seq < first)).rowcount
            connection.execute(
                update(heads)
                .where(heads.c.chain == chain)
                .values(
                    first_seq=first,
                    before_first=last_gone,
                    seal=self._seal(chain, first, last_gone, head.last_seq, head.last_mac),
                )
            )
            return int(gone)

    def entries(
        self,
        chain: str,
        *,
        before: int | None = None,
        limit: int = 50,
        operator: str = "",
        function: str = "",
        subject: str = "",
        since: str = "",
        until: str = "",
        failed: bool = False,
    ) -> list[RowMapping]:
        """List records newest first, those before the number `before` (keyset paging). `since`, `until`: days, both included."""
        asked = select(log).where(log.c.chain == chain)
        if before is not None:
            asked = asked.where(log.c.seq < before)
        for column, value in (
            (log.c.operator, operator),
            (log.c.function, function),
            (log.c.subject, subject),
        ):
            if value:
                asked = asked.where(column == value)
        if since:
            asked = asked.where(log.c.at >= since)
        if until:
            asked = asked.where(log.c.at < f"{until}T99")
        if failed:
            asked = asked.where(log.c.outcome != OK)
        with self._engine.connect() as connection:
            return list(connection.execute(asked.order_by(log.c.seq.desc()).limit(limit)).mappings())
