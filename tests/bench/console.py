"""The officials' console over 1,000,000 issue records in SQLite: how long its pages take, and what an export of a year needs."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx
from sqlalchemy import insert, select

from scenarios.towns import load_town
from server_stub.db import sqlite_url
from server_stub.interface.clock import Clock
from server_stub.interface.notices import FILE_NAME, HEADER
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.issuing.app import create_app
from server_stub.issuing.ledger import Ledger, migrate_ledger
from server_stub.issuing.sample_history import fill
from server_stub.issuing.tables import applications, copy_subjects
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.municipalities import load_municipality
from server_stub.node import NodeContext, serve
from server_stub.operations import DoorAddress, Hosted, IssuingDoor, OperationsSettings, prepare_database
from server_stub.operations.app import create_app as create_console
from server_stub.operations.rights import Role, Stage
from server_stub.operations.settings import PasswordCost
from server_stub.operations.web import COOKIE, Console

from .measure import Measurement

APPLICATIONS = 1_000_000
PAGE_MS, EXPORT_MB = 300, 200
"""What the pages and the export may take."""
ROUNDS = 40
_OPS, _KEY = Secret("the operations key of the bench"), "0000100201"
_PSEUDONYMS = Secret("the pseudonyms of the bench")
_TOWN = "kobe"


def measure() -> dict[str, Measurement]:
    """p95 of each page at the server, and the highest memory of a process that exports the whole year."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, APPLICATIONS)
        return measured(folder)


def prepare(folder: Path, number: int) -> None:
    """Fill a ledger with so many applications of one fiscal year, a tenth more copies; one person on sixty of them; and the town's replica."""
    town = load_town(_town())
    notices = folder / FILE_NAME
    notices.write_text(",".join(HEADER) + "\r\n", encoding="utf-8", newline="")
    town.load(sqlite_url(folder / "replica.db"), notices, Clock(), Trace(Clock()))
    url = sqlite_url(folder / "ledger.db")
    migrate_ledger(url)
    ledger = Ledger(url)
    copies = round(number * 1.11 / 12)
    months = {
        f"{year}-{month:02d}": copies
        for year, month in [(2026, n) for n in range(4, 13)] + [(2027, n) for n in (1, 2, 3)]
    }
    fill(ledger, load_municipality(_town()), months, sample=False)
    person = hmac.new(_PSEUDONYMS.reveal().encode(), _KEY.encode(), hashlib.sha256).hexdigest()
    with ledger.write() as connection:
        found = select(applications.c.application_id).order_by(applications.c.holder_ref).limit(60)
        rows = [
            {"municipality": "28100", "subject": person, "application_id": one}
            for one in connection.execute(found).scalars()
        ]
        connection.execute(insert(copy_subjects), rows)
    ledger.close()


def _town() -> Path:
    return Path(__file__).parents[2] / "scenarios" / "towns" / _TOWN


def measured(folder: Path) -> dict[str, Measurement]:
    """Measure over what `prepare` left in `folder`."""
    clock = Clock()
    issuing = create_app(
        NodeContext(clock, Trace(clock)),
        IssuingSettings(
            ledger_url=sqlite_url(folder / "ledger.db"),
            centre_key=Secret("the centre's key of the bench"),
            ops_key=_OPS,
            municipalities=(HostedMunicipality(_town(), sqlite_url(folder / "replica.db"), _PSEUDONYMS),),
        ),
    )
    node = serve(issuing)
    database = sqlite_url(folder / "operations.db")
    prepare_database(database)
    app = create_console(
        NodeContext(clock, Trace(clock)),
        OperationsSettings(
            database_url=database,
            secret_key=Secret("the key of the bench's log"),
            center=DoorAddress("http://127.0.0.1:9", _OPS),
            sites=(IssuingDoor(("28100",), DoorAddress(node.base_url, _OPS)),),
            municipalities=(Hosted("28100", "神戸市", "兵庫県", "見本第一データセンター"),),
            password_cost=PasswordCost(memory=64, passes=1),
        ),
    )
    console: Console = app.state.console
    page = serve(app)
    try:
        with _official(console, page.base_url, clock) as (client, csrf):
            return _pages(client, csrf) | {"console_export_year": _export(folder, node.base_url)}
    finally:
        page.stop()
        console.close()
        node.stop()
        issuing.state.issuing.close()


class _official:
    """A browser of somebody who may see figures and history."""

    def __init__(self, console: Console, url: str, clock: Clock) -> None:
        roles = (Role.ADMINISTRATOR, Role.COUNTER, Role.AUDITOR)
        console.operators.add("28100", "bench", "計測", "計測", roles, (), clock.now().date(), None, "bench")
        operator = console.operators.by_login("bench", "28100")
        token = console.sessions.begin(operator.number, "28100", Stage.FULL, "127.0.0.1")
        session = console.sessions.find(token)
        assert session is not None
        self._csrf = session.csrf
        self._client = httpx.Client(base_url=url, cookies={COOKIE: token}, timeout=60, trust_env=False)

    def __enter__(self) -> tuple[httpx.Client, str]:
        return self._client, self._csrf

    def __exit__(self, *told: object) -> None:
        self._client.close()


def _pages(client: httpx.Client, csrf: str) -> dict[str, Measurement]:
    first = client.get("/issues").text
    number = re.findall(r"見本-28100-[0-9]{8}-[0-9]{7}-1", first)[0]

    def find(**query: str) -> Callable[[], httpx.Response]:
        return lambda: client.post("/issues/find", data={"csrf": csrf, **query})

    asked: dict[str, Callable[[], httpx.Response]] = {
        "statistics_month": lambda: client.get("/statistics", params={"span": "month", "of": "2026-07"}),
        "statistics_year": lambda: client.get("/statistics", params={"span": "year", "of": "2026"}),
        "statistics_fiscal": lambda: client.get("/statistics", params={"span": "fiscal", "of": "2026"}),
        "list": lambda: client.get("/issues"),
        "search_person": find(person_key=_KEY),
        "search_number": find(issue_number=number),
        "search_days": find(since="2026-07-01", until="2026-07-31", kind="tax"),
        "search_terminal_of_nobody": find(terminal_id="no such terminal", kind="residence"),
        "search_in_doubt": find(state="in_doubt"),
        "search_handed_over": find(state="handed_over", chain="サンプル商店"),
    }
    return {f"console_{name}_p95": Measurement(_p95(call), PAGE_MS, "ms", 1) for name, call in asked.items()}


def _p95(call: Callable[[], httpx.Response]) -> float:
    """Milliseconds of the processor, of browser, console and issuing server together: what else the machine does changes nothing."""
    call().raise_for_status()
    times = []
    for _ in range(ROUNDS):
        begun = _processor_ms()
        call().raise_for_status()
        times.append(_processor_ms() - begun)
    return sorted(times)[int(ROUNDS * 0.95) - 1]


def _processor_ms() -> float:
    return 1000 * sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def _export(folder: Path, url: str) -> Measurement:
    """Megabytes: the highest resident memory of a process of its own that writes the year into a workbook."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.console_export", url, _OPS.reveal(), str(folder / "year.xlsx")],
        capture_output=True,
        check=True,
        text=True,
    )
    found = json.loads(told.stdout)
    print(f"console_export_year: {found['rows']:,} rows in {found['seconds']:.0f} s", file=sys.stderr)  # noqa: T201
    return Measurement(found["peak_mb"], EXPORT_MB, "MB", 1)
