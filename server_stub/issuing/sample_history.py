"""Make up a history of issues to be shown (見本データ), or to measure with: the same one each time for the same municipality.

What 神戸市 has told of itself (2016): 2,182 papers in July 2016, 128,273 cards until the end of that month, which certificates there were
from which day on. All else is made up: the other months, hours, shops, people. Every record is marked `sample`, stands in sums of its
own, and its 発行番号 begins with 見本.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from server_stub.interface.application_states import State
from server_stub.interface.clock import JST
from server_stub.interface.offers import Symbol
from server_stub.interface.values import TerminalKind
from server_stub.municipalities import Municipality

from . import tables as t
from .counting import add, counts_of, handed_over_keys
from .ledger import Ledger
from .statistics import last_day

JULY_2016 = 2_182
SAMPLE_MONTHS: Mapping[str, int] = {
    "2016-01": 318, "2016-02": 804, "2016-03": 1_263, "2016-04": 1_655, "2016-05": 1_742, "2016-06": 1_968, "2016-07": JULY_2016,
    "2016-08": 2_240, "2016-09": 2_198, "2016-10": 2_310, "2016-11": 2_276, "2016-12": 2_054, "2017-01": 2_398, "2017-02": 2_534,
    "2017-03": 3_120,
}  # fmt: skip
"""Papers by month."""
_SINCE = {
    Symbol.HOUSE: date(2016, 1, 20), Symbol.SEAL: date(2016, 1, 20), Symbol.FAMILY: date(2016, 5, 25), Symbol.DOCUMENT: date(2016, 5, 25),
    Symbol.COINS: date(2017, 3, 1),
}  # fmt: skip
_WEIGHTS = {Symbol.HOUSE: 52, Symbol.SEAL: 33, Symbol.FAMILY: 4, Symbol.COINS: 9}
"""Kinds are told by their drawings: no kind has a name here."""
_HOURS = {
    6: 2,
    7: 4,
    8: 7,
    9: 8,
    10: 8,
    11: 8,
    12: 10,
    13: 7,
    14: 6,
    15: 6,
    16: 6,
    17: 7,
    18: 8,
    19: 8,
    20: 7,
    21: 5,
    22: 3,
}
_DAYS = (9, 8, 8, 8, 9, 12, 10)
_CHAINS = ("見本マート", "ひながたストア", "例示ショップ", "サンプル商店")
_CHAIN_WEIGHTS = (48, 27, 19, 6)
_AWAY = ("28203", "28204", "27100", "13101")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BATCH = 2000


def fill_sample(ledger: Ledger, municipality: Municipality) -> int:
    """Write the sample history of `municipality` into the ledger, unless there is one. Returns how many applications were written."""
    own = (t.applications.c.municipality == municipality.info.code, t.applications.c.sample.is_(True))
    with ledger.read() as connection:
        if connection.execute(select(t.applications.c.application_id).where(*own).limit(1)).first():
            return 0
    return fill(ledger, municipality, SAMPLE_MONTHS)


def fill(
    ledger: Ledger, municipality: Municipality, months: Mapping[str, int], *, sample: bool = True
) -> int:
    """Write so many papers of each month, all handed over. Returns how many applications they are of. `sample` False: for measuring,
    where they are to be found like any others."""
    chance, written = random.Random(f"見本 {municipality.info.code}"), 0  # noqa: S311
    for month, papers in months.items():
        batch: list[dict[str, Any]] = []
        for row in _applications(chance, municipality, month, papers, written):
            batch.append({**row, "sample": sample})
            written += 1
            if len(batch) == _BATCH:
                _write(ledger, batch)
                batch = []
        if batch:
            _write(ledger, batch)
    return written


def _applications(
    chance: random.Random, municipality: Municipality, month: str, papers: int, before: int
) -> Iterator[dict[str, Any]]:
    days = [date.fromisoformat(f"{month}-01") + timedelta(days=n) for n in range(last_day(month).day)]
    open_days = {day: _kinds_on(municipality, day) for day in days}
    able = [day for day in days if open_days[day]]
    weights = [_DAYS[day.weekday()] for day in able]
    number = before
    while papers > 0:
        day = chance.choices(able, weights)[0]
        kinds = open_days[day]
        kind = chance.choices(
            list(kinds), [_WEIGHTS.get(municipality.every_kind[code].symbol, 3) for code in kinds]
        )[0]
        opens, closes = kinds[kind]
        hours = [hour for hour in _HOURS if opens <= hour < closes]
        hour = chance.choices(hours, [_HOURS[one] for one in hours])[0]
        moment = datetime(
            day.year, day.month, day.day, hour, chance.randrange(60), chance.randrange(60), tzinfo=JST
        )
        copies = min(papers, chance.choices((1, 2, 3), (91, 7, 2))[0])
        papers -= copies
        number += 1
        yield _row(chance, municipality, kind, moment, copies, number)


def _kinds_on(municipality: Municipality, day: date) -> dict[str, tuple[int, int]]:
    """Tell the kinds that are served on `day`, with the whole hours of it. What the municipality offers today it offered then, from
    the day on that is known of it."""
    found = {}
    for code, kind in municipality.every_kind.items():
        state = next((one for one in municipality.every_state if code in one.services), None)
        if state is None or day < _SINCE[kind.symbol] or not state.served_on(code, day):
            continue
        terms = state.service(code)
        found[code] = (terms.opens.hour, terms.closes.hour)
    return found


def _row(
    chance: random.Random, municipality: Municipality, kind: str, moment: datetime, copies: int, number: int
) -> dict[str, Any]:
    code = municipality.info.code
    away = chance.random() < 0.14
    area = chance.choices(_AWAY, (8, 7, 4, 2))[0] if away else code
    chain = chance.choices(_CHAINS, _CHAIN_WEIGHTS)[0]
    shop = chance.randrange(1, 60)
    state = next(one for one in municipality.every_state if kind in one.services)
    prepared = moment + timedelta(seconds=chance.choice((1, 2, 2, 3)))
    return {
        "application_id": _ulid(moment, chance),
        "municipality": code,
        "kind": kind,
        "place": next(iter(municipality.every_kind[kind].places)).value,
        "holder_method": "jpki",
        "holder_ref": hashlib.sha256(f"holder {chance.randrange(120_000)}".encode()).hexdigest(),
        "request_digest": "",
        "copies": copies,
        "fee_total": copies * state.services[kind].fee,
        "generation": 0,
        "received_at": moment.isoformat(),
        "prepared_at": prepared.isoformat(),
        "issued_on": prepared.date(),
        "paper_sha256": "",
        "terminal_id": f"S-{area}-{chain[:2]}-{shop:03d}",
        "operator": chain,
        "shop": f"{chain}{shop}号店",
        "area": area,
        "terminal_kind": TerminalKind.STORE.value,
        "handed_over_at": (moment + timedelta(seconds=95)).isoformat(),
        "within_office": municipality.on(prepared.date()).office.open_at(prepared),
        "subject": hashlib.sha256(f"person {chance.randrange(120_000)}".encode()).hexdigest(),
        "first_number": number,
    }


def _write(ledger: Ledger, rows: list[dict[str, Any]]) -> None:
    names = [column.name for column in t.applications.columns if column.name in rows[0]]
    copies = [
        {
            "municipality": row["municipality"],
            "issue_number": f"見本-{row['municipality']}-{row['issued_on']:%Y%m%d}-{row['first_number']:07d}-{copy}",
            "application_id": row["application_id"],
            "copy_number": copy,
            "sheets": 1,
            "subjects": [row["subject"]],
            "as_of": None,
            "entries": None,
        }
        for row in rows
        for copy in range(1, row["copies"] + 1)
    ]
    sums = [(key, counts_of(row)) for row in rows for key in handed_over_keys(row, row["within_office"])]
    with ledger.write() as connection:
        connection.execute(insert(t.applications), [{name: row[name] for name in names} for row in rows])
        connection.execute(insert(t.copies), copies)
        connection.execute(
            insert(t.copy_subjects),
            [{name: row[name] for name in ("municipality", "subject", "application_id")} for row in rows],
        )
        connection.execute(
            insert(t.application_states),
            [
                {
                    "application_id": row["application_id"],
                    "state": State.HANDED_OVER,
                    "since": row["handed_over_at"],
                }
                for row in rows
            ],
        )
        add(connection, sums)


def _ulid(moment: datetime, chance: random.Random) -> str:
    value = int(moment.timestamp() * 1000) << 80 | chance.getrandbits(80)
    return "".join(_LETTERS[value >> 5 * place & 31] for place in range(25, -1, -1))
