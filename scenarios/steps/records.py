"""What the books say in the end: that nothing moved, what the centre and the ledger have, and that all agree."""

from __future__ import annotations

from server_stub.interface.application_states import State

from .sentences import then
from .world import World, expect, state_told


@then("お金も用紙も動いていない")
def nothing_moved(world: World) -> None:
    """No coin kept, no charge in the ledger, no sheet in the tray; what was on the way has been settled."""
    world.settled()
    inserted, taken = world.terminal.money()["inserted"], world.taken()
    expect(taken == inserted == 0, "預り0円", f"収納{taken}円、投入{inserted}円")
    papers = len(world.papers) + len(world.sheets())
    expect(papers == 0, "用紙が出ていない", f"用紙が{papers}枚")
    world.check_returned(world.returned())
    world.check_charges()


@then("遅れた申請はセンターで取り消されている")
def late_cancelled(world: World) -> None:
    def state() -> str:
        states = {one.application_id: one.state for one in world.stage.applications()}
        return str(states.get(world.late_application, ""))

    expect(bool(world.late_application), "遅れた申請がある", "遅れた申請はない")
    world.until(
        lambda: state() == State.CANCELLED,
        "遅れた申請は「取消し」",
        lambda: f"遅れた申請は「{state_told(state())}」" if state() else "遅れた申請はセンターにない",
    )


@then("申請はセンターと台帳で取り消されている")
def cancelled_everywhere(world: World) -> None:
    """The one application of this visit."""
    world.check_state(State.CANCELLED)


@then("本人確認の乱数は使い終わっている")
def nonce_is_used_up(world: World) -> None:
    """Whoever has seen the signature cannot use it again."""
    known = world.stage.books.identified()
    expect(known > 0, "本人確認が済んでいる", "本人確認はまだ済んでいない")
    left = world.stage.books.outstanding_nonces()
    expect(left == 0, "使われていない乱数がない", f"使えるままの乱数が{left}個")


@then("申請は遅れて精算されたと記録されている")
def settled_late(world: World) -> None:
    """At the centre and in the ledger, so that operations find it."""

    def late() -> bool:
        application = world.application()
        at_center = application.state == State.HANDED_OVER and application.settled_late
        return at_center and world.stage.books.ledger_settled_late(application.application_id)

    world.until(
        late,
        "申請がセンターと台帳で、遅れて精算されたと記録されている",
        lambda: f"申請は「{state_told(world.application().state)}」で、遅れて精算された記録がそろっていない",
    )


@then("センターに重大事象が記録されている")
def incident(world: World) -> None:
    before = world.visit.incidents
    world.until(lambda: world.stage.incidents() > before, "重大事象の記録がある", lambda: "記録はない")


@then("重大事象は記録されていない")
def no_incident(world: World) -> None:
    world.settled()
    new = world.stage.incidents() - world.visit.incidents
    expect(new == 0, "重大事象の記録がない", f"重大事象の記録が{new}件")


@then("日誌・台帳・現金・トレイが一致している")
def books_agree(world: World) -> None:
    """Over everything that happened in the scenario, and with an application at least to agree on."""
    world.settled()
    world.until(
        lambda: sum(world.stage.charges()) == world.terminal.money()["taken"],
        "台帳の手数料と収納した現金が同じ",
        lambda: f"台帳{sum(world.stage.charges())}円、現金{world.terminal.money()['taken']}円",
    )
    inserted = world.terminal.money()["inserted"]
    expect(inserted == 0, "投入口にお金が残っていない", f"投入{inserted}円")
    world.check_returned(world.returned())
    applications = world.stage.applications()
    expect(bool(applications), "申請がある", "申請は一件もない")
    paid = {one.application_id for one in applications if one.state in (State.PAID, State.HANDED_OVER)}
    sheets = [one["sheet_id"] for one in world.terminal.call("tray")]
    strangers = [sheet for sheet in sheets if not any(sheet.startswith(one) for one in paid)]
    expect(not strangers, "トレイには支払済みの申請の用紙だけがある", f"ほかに {'、'.join(strangers)}")
    left = world.terminal.call("open_journal_entries")
    expect(left == 0, "日誌に終わっていない申請がない", f"日誌に{left}件")
