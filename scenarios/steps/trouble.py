"""Time and trouble: the clock, servers, terminals, late answers, the end of power."""

from __future__ import annotations

from datetime import datetime, timedelta

from scenarios.stage import CITY
from server_stub.faults.box import KNOWN
from server_stub.interface.application_states import State

from .sentences import given, when
from .world import World, state_told

# --- time ----------------------------------------------------------------------------------------------------------------


@given("時計は{moment}である")
@when("時計が{moment}になる")
def set_clock(world: World, moment: datetime) -> None:
    world.stage.clock.set(moment)


@when("{seconds}秒たつ")
@when("カードを取らずに{seconds}秒たつ")
def pass_time(world: World, seconds: int) -> None:
    world.pass_time(seconds)


@when("{minutes}分たち、センターが申請を時間切れにする", "20分たち、センターが申請を時間切れにする")
def expires_at_the_center(world: World, minutes: int) -> None:
    world.pass_time(minutes * 60)
    world.until(
        lambda: world.application().state == State.CANCELLED,
        "センターが申請を取り消す",
        lambda: f"申請は「{state_told(world.application().state)}」",
    )


# --- terminals and servers -----------------------------------------------------------------------------------------------


@given("端末は自治体が設置したものである")
def municipal_terminal(world: World) -> None:
    world.terminal = world.stage.start_kiosk(terminal_id=CITY)
    world.terminal.wait_for("TopMenu")


@given("端末はセンターに登録されていない")
def unknown_terminal(world: World) -> None:
    world.terminal = world.stage.start_kiosk(terminal_id="KIOSK-UNREGISTERED-01")
    world.terminal.wait_for("TopMenu")


@when("証明書交付センターが止まる")
def center_down(world: World) -> None:
    world.stage.servers.fault_on("center.down", {})


@when("証明書交付センターが復旧する")
def center_up(world: World) -> None:
    world.stage.servers.fault_off("center.down")


@given("証明発行サーバが止まっている")
def issuing_down(world: World) -> None:
    world.stage.servers.fault_on("issuing.down", {})


@when("証明発行サーバが復旧する")
def issuing_up(world: World) -> None:
    """The centre looks at once."""
    world.stage.servers.fault_off("issuing.down")
    world.stage.clock.advance(timedelta(0))


@given("既存システムが止まっている")
@when("既存システムが止まる")
def existing_system_down(world: World) -> None:
    """Of every town of the stage that has one (PDF連携)."""
    world.stage.servers.fault_on("existing_system.down", {})


@when("既存システムが復旧する")
def existing_system_up(world: World) -> None:
    world.stage.servers.fault_off("existing_system.down")


@given("認証局が止まっている")
def authority_down(world: World) -> None:
    world.stage.servers.fault_on("authority.down", {})


@given("証明発行サーバが「{person}」の記録にすり替える")
def swap_record(world: World, person: str) -> None:
    world.stage.servers.fault_on("issuing.swap_record", {"person": world.stage.person_key(person)})


@given("「{defect}」という異常がある")
def any_defect(world: World, defect: str) -> None:
    """One of the servers' named faults, which needs no more to be told."""
    world.stage.servers.fault_on(next(name for name, told in KNOWN.items() if told == defect), {})


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


@when("遅れていた応答が届く")
def release_answers(world: World) -> None:
    world.stage.servers.fault_off("center.hold")


@when("内容を確認して、返事を待たずに時間切れになる")
def time_out_while_waiting(world: World) -> None:
    world.leave_by("この内容で申請する")
    world.terminal.wait_until(
        lambda: world.terminal.screen() == "PleaseWait", "しばらくお待ちくださいの画面になる"
    )
    world.eventually(lambda: bool(world.applications()), "申請がセンターに届く")
    world.late_application = world.application().application_id
    world.stage.clock.advance(timedelta(seconds=121))
    world.terminal.wait_until(lambda: world.terminal.screen() == "Refusal", "時間切れで断られる")
    world.leave_by("終了する")
    world.terminal.wait_until(lambda: world.terminal.screen() == "TopMenu", "トップメニューに戻る")


# --- the end of power ----------------------------------------------------------------------------------------------------


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
