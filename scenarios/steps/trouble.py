"""What goes wrong, and time: servers, faults, clock, staff, the end of power."""

from __future__ import annotations

from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from scenarios.stage import CITY

from .world import World, moment


@given(parsers.re("時計は(?P<text>令和.+)である"))
@when(parsers.re("時計が(?P<text>令和.+)になる"))
def set_clock(world: World, text: str) -> None:
    world.stage.clock.set(moment(text))


@when(parsers.parse("{seconds:d}秒たつ"))
@when(parsers.parse("カードを取らずに{seconds:d}秒たつ"))
def pass_time(world: World, seconds: int) -> None:
    world.pass_time(seconds)


@given("端末は自治体が設置したものである")
def municipal_terminal(world: World) -> None:
    world.terminal = world.stage.start_kiosk(terminal_id=CITY)
    world.terminal.wait_for("TopMenu")


@given("端末はセンターに登録されていない")
def unknown_terminal(world: World) -> None:
    world.terminal = world.stage.start_kiosk(terminal_id="KIOSK-UNREGISTERED-01")
    world.terminal.wait_for("TopMenu")


@given(parsers.parse("カードは{count:d}回目のやり取りで取り除かれる"))
def card_removed_at(world: World, count: int) -> None:
    world.terminal.call("card_faults", faults=[{"effect": "removed", "at": count}])


@given("釣銭がない")
def no_change(world: World) -> None:
    world.terminal.call("change_stock", stock={})


@when(parsers.parse("受け付けられない{denomination:d}円硬貨を入れる"))
def rejected_coin(world: World, denomination: int) -> None:
    world.terminal.call("reject_next")
    world.drop_coin(denomination)


@given(parsers.parse("{sheet:d}枚目で紙が詰まる"))
def jam_at(world: World, sheet: int) -> None:
    world.terminal.call("jam_at", sheet=sheet)


@when("係員が用紙を取り除いて再開する")
def operator_resumes(world: World) -> None:
    world.terminal.call("operator", action="resume")


@when("係員が返金する")
def operator_refunds(world: World) -> None:
    world.terminal.call("operator", action="refund")
    world.terminal.wait_for("Refusal", "TopMenu", "Thanks")


@when("証明書交付センターが止まる")
def center_down(world: World) -> None:
    world.stage.servers.fault_on("center.down", {})


@when("証明書交付センターが復旧する")
def center_up(world: World) -> None:
    world.stage.servers.fault_off("center.down")


@when("20分たち、センターが申請を時間切れにする")
def lapses_at_the_center(world: World) -> None:
    world.pass_time(20 * 60)
    world.eventually(
        lambda: [a.state for a in world.stage.applications()] == ["cancelled"],
        "the centre did not cancel the application",
    )


@then("申請は遅れて精算されたと記録されている")
def settled_late(world: World) -> None:
    """At the centre and in the ledger, so that operations find it."""

    def settled() -> bool:
        (application,) = world.stage.applications()
        late = application.state == "handed_over" and application.settled_late
        return late and world.stage.books.ledger_settled_late(application.application_id)

    world.eventually(settled, f"not settled late: {world.stage.applications()}")


@given("証明発行サーバが止まっている")
def issuing_down(world: World) -> None:
    world.stage.servers.fault_on("issuing.down", {})


@given("認証局が止まっている")
def authority_down(world: World) -> None:
    world.stage.servers.fault_on("authority.down", {})


@when(parsers.parse("「{person}」の電子証明書の一時停止を届け出る"))
def hold(world: World, person: str) -> None:
    world.stage.hold_certificates(person)


@when(parsers.parse("「{person}」の電子証明書の一時停止の解除を届け出る"))
def release(world: World, person: str) -> None:
    world.stage.release_certificates(person)


@given(parsers.parse("証明発行サーバが「{person}」の記録にすり替える"))
def swap_record(world: World, person: str) -> None:
    world.stage.servers.fault_on("issuing.swap_record", {"person": world.stage.person_key(person)})


@given("センターは紙と人の照合をしない")
def skip_binding(world: World) -> None:
    world.stage.servers.fault_on("center.skip_binding", {})


@given("センターの紙のデータが壊れている")
def corrupt_sheet(world: World) -> None:
    world.stage.servers.fault_on("center.corrupt_sheet", {})


@given("センターの目録が書き換えられる")
def tamper_manifest(world: World) -> None:
    world.stage.servers.fault_on("center.tamper_manifest", {})


@given("証明書交付センターの応答が遅れる")
def hold_answers(world: World) -> None:
    world.stage.servers.fault_on("center.hold", {})


@when("内容を確認して、返事を待たずに時間切れになる")
def time_out_while_waiting(world: World) -> None:
    world.leave_by("この内容で申請する")
    world.terminal.wait_until(lambda: world.terminal.screen() == "PleaseWait", "PleaseWait was not shown")
    world.eventually(lambda: bool(world.stage.applications()), "the application did not reach the centre")
    world.late_application = world.stage.applications()[-1].application_id
    world.stage.clock.advance(timedelta(seconds=121))
    world.terminal.wait_until(lambda: world.terminal.screen() == "Refusal", "the visit did not time out")
    world.leave_by("終了する")
    world.terminal.wait_until(lambda: world.terminal.screen() == "TopMenu", "the top menu did not come back")


@when("遅れていた応答が届く")
def release_answers(world: World) -> None:
    world.stage.servers.fault_off("center.hold")


# --- the end of power ------------------------------------------------------------------------------------------------


@given("キオスク端末が別のプロセスで待機している")
def waiting_in_a_process(world: World) -> None:
    world.terminal = world.stage.start_kiosk(separate=True)
    world.terminal.wait_for("TopMenu")


@when("最後の硬貨を入れた直後に停電する")
def power_cut_after_coins(world: World) -> None:
    world.stage.cut_power_at("take_money.done", lambda: world.drop(250))


@when("最後の一枚が出た直後に停電する")
def power_cut_after_sheet(world: World) -> None:
    world.stage.cut_power_at("print_sheet.done", lambda: world.drop(250))


@when("端末を起動し直す")
def restart(world: World) -> None:
    world.terminal = world.stage.restart_kiosk()
    world.terminal.wait_for("TopMenu", "Refusal")
