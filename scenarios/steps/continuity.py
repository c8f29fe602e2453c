"""A data centre is backed up, lost, and restored elsewhere; what its ledger must say then, and what officials do."""

from __future__ import annotations

from sqlalchemy import select

from scenarios.template import replica_name
from server_stub.center import tables
from server_stub.db import open_engine, sqlite_url
from server_stub.interface.restoration import RestorationEntry, RestorationList
from server_stub.issuing.tables import Application

from .offices import MUNICIPALITY, ask
from .sentences import Needs, given, then, when
from .world import World, expect

OFFICIAL = "市民課　見本職員"


@given("{municipality}のデータセンターをバックアップする")
@when("{municipality}のデータセンターをバックアップする")
def backed_up(world: World, municipality: str) -> None:
    """While it serves."""
    world.settled()
    world.stage.back_up_site(world.municipality_code(municipality))


@when("{municipality}のデータセンターが失われる")
def lost(world: World, municipality: str) -> None:
    """The servers are ended and their databases deleted."""
    code = world.municipality_code(municipality)
    world.known_numbers |= set(world.stage.issue_numbers())
    world.stage.lose_site(code)
    expect(
        not (world.stage.servers_folder / f"{replica_name(code)}.db").exists(),
        "副本がない",
        "副本が残っている",
    )


@when("{municipality}のデータセンターが、バックアップから別の場所に復元される")
def restored(world: World, municipality: str) -> None:
    """In another folder, at another port; the centre asks there from now on."""
    world.stage.restore_site(world.municipality_code(municipality))


@then(
    "{municipality}の台帳は、センターの記録から{count}件を取り直し、すべての申請とお金がセンターの記録と同じである"
)
def told_again(world: World, municipality: str, count: int) -> None:
    """Applications, states, fees and charges; and the number of each copy as it was printed."""
    code = world.municipality_code(municipality)
    world.settled()
    world.until(
        lambda: any(one.fetched_at is not None for one in _entries(world, code)),
        "センターの記録が取り直される",
        lambda: "まだ取り直されていない",
    )
    known = _at_center(world, code)
    world.until(
        lambda: _in_ledger(world, code) == known, f"台帳に{known}", lambda: f"{_in_ledger(world, code)}"
    )
    paid = {key: fee for key, (state, fee) in known.items() if state in ("paid", "handed_over")}
    kept = {key: yen for key, yen in world.stage.books.kept().items() if key in known}
    expect(kept == paid, f"手数料{paid}", f"手数料{kept}")
    found = _entries(world, code)[-1].applications
    expect(found == count, f"取り直した申請{count}件", f"取り直した申請{found}件")


@when("職員が{municipality}の緊急停止と発行制限を確かめ、復元を確認済みとする")
def confirmed(world: World, municipality: str) -> None:
    """At the door for officials' tools of the restored server."""
    code = world.municipality_code(municipality)
    ask(world, MUNICIPALITY, "POST", f"restorations/{code}/confirm", {"operator": OFFICIAL}, town=code)


@then("用紙の発行番号は、これまでのだれの番号でもない", needs=Needs.PAPER)
def new_number(world: World) -> None:
    """Neither one of before the loss, told again or not."""
    (application,) = world.applications()
    numbers = set(world.stage.books.issue_numbers_of(application.application_id))
    expect(
        bool(numbers) and bool(world.known_numbers) and not numbers & world.known_numbers,
        f"{'・'.join(sorted(world.known_numbers))} のどれでもない番号",
        f"発行番号 {'・'.join(sorted(numbers))}",
    )


def _entries(world: World, code: str) -> list[RestorationEntry]:
    told = RestorationList.model_validate(ask(world, MUNICIPALITY, "GET", "restorations", town=code))
    return [one for one in told.restorations if one.municipality == code]


def _in_ledger(world: World, code: str) -> dict[str, tuple[str, int]]:
    """State and fee of each application of that municipality."""
    rows: list[Application] = [one for one in world.stage.books.ledger() if one.municipality == code]
    return {one.application_id: (one.state.value, one.fee_total) for one in rows}


def _at_center(world: World, code: str) -> dict[str, tuple[str, int]]:
    """The same of those that became paper, as the centre has them."""
    table = tables.applications.c
    engine = open_engine(sqlite_url(world.stage.servers_folder / "center.db"))
    with engine.connect() as connection:
        rows = connection.execute(
            select(table.application_id, table.state, table.fee_total).where(
                table.municipality == code, table.answer.is_not(None)
            )
        ).all()
    engine.dispose()
    return {row.application_id: (row.state, row.fee_total) for row in rows}
