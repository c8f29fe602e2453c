"""A town of Kobe's size: loading it, one application in it, a differential delivery to it; against bare work or a small town.

KONBINI_BENCH_RESIDENTS=100000 is for a quick look; all of Kobe takes some minutes and 8 GB beside the temporary folder.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from scenarios.deliveries import deliver
from scenarios.growing import KOBE, grow, size_of
from scenarios.servers import LocalServers
from scenarios.template import replica_name, template_folder
from scenarios.towns import Town, load_town, shipped_town
from server_stub.db import migrate, open_engine, sqlite_url
from server_stub.interface.clock import STAGE_START, Clock, real_monotonic_ns
from server_stub.interface.notices import FILE_NAME
from server_stub.interface.trace import Trace
from server_stub.issuing.ledger import Ledger
from server_stub.registry.importers import load_delivery
from server_stub.registry.importers.format_file import formats_in
from server_stub.registry.replica import Replica
from server_stub.registry.tables import persons

from . import postgresql
from .measure import Measurement, in_turn
from .server import Visitor

VARIABLE = "KONBINI_BENCH_RESIDENTS"
SMALL = 1000
ROUNDS = 60
CHANGES, NIGHTS = 500, 5
RESIDENTS_FILE = "住民記録.csv"


def measure(residents: int | None = None, rounds: int = ROUNDS) -> dict[str, Measurement]:
    residents = residents or int(os.environ.get(VARIABLE, KOBE.residents))
    found: dict[str, Measurement] = {}
    with tempfile.TemporaryDirectory(prefix="konbini-bench-size-") as name:
        place = Path(name)
        town, small = _grown(place / "town", residents), _grown(place / "small", min(SMALL, residents))
        bare = _bare_us_a_row(town, place)
        base_mb = _load(small, sqlite_url(place / "first.db"))["peak_mb"]
        told = _load(town, sqlite_url(place / "replica.db"))
        found["residents_loaded_sqlite"] = _a_row(told, bare)
        found["residents_loading_memory"] = Measurement(told["peak_mb"], base_mb, "MB", 300 / base_mb)
        found["residents_loading_growth"] = Measurement(
            told["residents_mb"], told["quarter_mb"], "MB from a quarter of the rows to their end", 1.1
        )
        found["delivery_loaded_sqlite"] = _a_row(told, bare, "rows")
        (place / "first.db").unlink()
        if postgresql.programs() is not None:
            with postgresql.cluster() as url:
                found["residents_loaded_postgresql"] = _a_row(_load(town, url), bare)
        found["application_at_size"] = _application(town, small, place, rounds)
        found["differential_at_size"] = _differential(town, small, place)
    return found


def _grown(folder: Path, residents: int) -> Town:
    grow(load_town(shipped_town()), folder, KOBE if residents == KOBE.residents else size_of(residents))
    return load_town(folder)


def _load(town: Town, url: str) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "tests.bench.loading",
        str(town.folder),
        url,
        str(town.delivery / FILE_NAME),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def _a_row(told: dict[str, float], bare: float, rows: str = "residents") -> Measurement:
    """40 us a row are 25,000 rows a second."""
    spent = told[f"{rows}_s"] * 1e6 / told[rows]
    return Measurement(spent, bare, "us/row", 40 / bare if rows == "residents" else 5.0)


def _bare_us_a_row(town: Town, place: Path) -> float:
    """Microseconds of a resident's row that is read with `csv` and inserted with `executemany` as it stands, into the same table."""
    path = place / "bare.db"
    url = sqlite_url(path)
    migrate(url, "server_stub.registry")
    engine = open_engine(url)
    wide = len(persons.c)
    insert = f"INSERT INTO person VALUES ({', '.join('?' * wide)})"
    begun = real_monotonic_ns()
    count = 0
    with (town.delivery / RESIDENTS_FILE).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        while True:
            found = zip(range(2000), rows, strict=False)
            batch = [(1, f"{count + n:010d}", n, *row[1:], *[0] * wide)[:wide] for n, row in found]
            if not batch or count >= 200_000:
                break
            with engine.begin() as connection:
                connection.exec_driver_sql(insert, batch)
            count += len(batch)
    spent = (real_monotonic_ns() - begun) / 1e3 / count
    engine.dispose()
    path.unlink()
    return spent


def _application(town: Town, small: Town, place: Path, rounds: int) -> Measurement:
    """One authentication and application of somebody of the sample, at the servers."""
    with ExitStack() as stack:
        visitors = []
        for name, one, replica in (("large", town, place / "replica.db"), ("few", small, None)):
            visitors.append(_visitor(stack, place / name, one, replica))
        big, few = visitors

        def between() -> None:
            big.leave()
            few.leave()

        return in_turn(big.visit, few.visit, rounds=rounds, reach=1.1, between=between)


def _visitor(stack: ExitStack, folder: Path, town: Town, replica: Path | None) -> Visitor:
    template = folder / "template"
    shutil.copytree(template_folder(), template)
    held = template / f"{replica_name(town.code)}.db"
    clock = Clock(STAGE_START)
    clock.freeze()
    if replica is not None:
        shutil.copyfile(replica, held)
    deliver(town, sqlite_url(held), town.delivery, template / FILE_NAME, STAGE_START, clock, Trace(clock))
    servers = LocalServers(folder / "servers", template, clock, Trace(clock))
    stack.callback(servers.stop)
    ledger = Ledger(sqlite_url(folder / "servers" / "ledger.db"))
    stack.callback(ledger.close)
    visitor = Visitor(servers.center_url, template, ledger)
    stack.callback(visitor.close)
    return visitor


def _differential(town: Town, small: Town, place: Path) -> Measurement:
    """A delivery of 500 changed residents, until whoever opens the replica then reads the last of them."""
    first = place / "changes.db"
    _load(small, sqlite_url(first))
    large = _nights(town, sqlite_url(place / "replica.db"), place)
    return Measurement(large, _nights(small, sqlite_url(first), place), "ms", 2000.0)


def _nights(town: Town, url: str, place: Path) -> float:
    formats = place / "differential"
    _write_format(town, formats)
    (format_,) = formats_in(formats)
    clock = Clock(STAGE_START)
    replica = Replica(url)
    spent = []
    try:
        with replica.open_generation() as reader:
            base = reader.made_at
        for night in range(NIGHTS):
            assert base is not None
            folder = place / f"night-{night}"
            last = _write_changes(
                town, folder, base.isoformat(), (base + timedelta(seconds=1)).isoformat(), night
            )
            begun = real_monotonic_ns()
            load_delivery(
                url,
                folder,
                town.delivery / FILE_NAME,
                clock,
                Trace(clock),
                town.municipality,
                formats=formats,
            )
            with replica.open_generation() as reader:
                person = reader.person(last)
            spent.append((real_monotonic_ns() - begun) / 1e6)
            assert person is not None and person.previous_address == f"見本県見本市{night}番地"
            base += timedelta(seconds=1)
            shutil.rmtree(folder)
    finally:
        replica.close()
    assert format_.differential
    return statistics.median(spent)


def _write_format(town: Town, folder: Path) -> None:
    """Kobe's own format, with what a differential delivery has besides: 異動区分 in each row, and what it changes in the slip."""
    text = (town.formats / "full.toml").read_text(encoding="utf-8")
    text = text.replace('mode = "full"', 'mode = "differential"')
    text = text.replace('"ファイル名", "件数"]', '"ファイル名", "件数", "元の作成日時"]')
    text = text.replace(
        'count = "件数"', 'count = "件数"\nbase = { column = "元の作成日時", date = "iso8601" }'
    )
    text = text.replace(
        "[code.ward]", '[code.operation]\n1 = "new"\n2 = "changed"\n3 = "deleted"\n\n[code.ward]'
    )
    head, *files = text.split("[[file]]")
    told = []
    for one in files:
        if 'record = "restriction"' not in one:
            one = re.sub(
                r"((?:columns|names) = \[.*?)(,?\s*\])", r'\1, "異動区分"]', one, count=1, flags=re.DOTALL
            )
            one = one.replace(
                "[file.to]", '[file.to]\noperation = { column = "異動区分", code = "operation" }'
            )
        told.append(one)
    folder.mkdir(exist_ok=True)
    (folder / "differential.toml").write_text("[[file]]".join([head, *told]), encoding="utf-8")


def _write_changes(town: Town, folder: Path, base: str, at: str, night: int) -> str:
    """500 residents from all over the register, changed in one item. The last of them."""
    (full,) = formats_in(town.formats)
    folder.mkdir()
    counts: dict[str, int] = {}
    last = ""
    for file in full.file:
        cells = [*file.cells()] + ([] if file.record == "restriction" else ["異動区分"])
        path = folder / file.name
        if file.container == "jsonl":
            path.write_bytes(b"")
            counts[file.name] = 0
            continue
        encoding = "utf-8-sig" if file.bom else file.encoding
        with path.open("w", encoding=encoding, newline="") as out:
            writer = csv.writer(out, lineterminator="\r\n")
            writer.writerow(cells)
            counts[file.name] = 0
            if file.record == "person":
                for row in _spread(town.delivery / file.name, night):
                    row["転入前住所"] = f"見本県見本市{night}番地"
                    writer.writerow([*row.values(), "2"])
                    counts[file.name] += 1
                    last = row["宛名番号"]
    with (folder / full.slip.file).open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([*full.slip.cells(), "元の作成日時"])
        writer.writerows([town.code, at, name, count, base] for name, count in counts.items())
    return last


def _spread(path: Path, night: int) -> Iterator[dict[str, str]]:
    """Residents whose rows say nothing of others and are no sample's, about evenly over the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        total = sum(1 for _ in path.open(encoding="utf-8"))
        step, given = max(1, (total - 200) // CHANGES), 0
        for number, row in enumerate(rows):
            fits = number > 100 and number % step == night % step and row["登録区分コード"] == "0"
            if fits and given < CHANGES:
                given += 1
                yield row
