"""`konbini demo`: servers, terminal and the presenter's panel with its tours; with no display, a scripted visit or the tours, with
pictures of each step."""

from __future__ import annotations

import os
import shutil
import sys
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk_app.card_slot import VIRTUAL
from scenarios import paths

from . import splash
from .display import has_display, monitor_index
from .options import Pace, present_reader
from .usage import WrongUse, usable_folder

if TYPE_CHECKING:
    from scenarios.stage import Stage
    from scenarios.template import CardEntry
    from scenarios.tours import Tour

FEATURE = "証明書の交付"
ALL_TOURS = "all"
_STARTS = 5
"""What is started one after the other before the panel is there."""


def run_demo(
    reader: str = VIRTUAL,
    *,
    trust: bool = False,
    full_screen: bool = False,
    monitor: int | None = None,
    outages: bool = False,
    pace: Pace | None = None,
    tour: str = "",
    pictures: Path | None = None,
    terminal: Mapping[str, bool] | None = None,
) -> int:
    """The exit code: 0, or 1 when the scripted visit did not end in paper, or a tour not as it says.

    `reader`: `pcsc` or `pcsc:NAME` is the presenter's own, on which real hands lay cards. `trust`: enrolled test cards.
    `outages`: those of city halls, lines and data centres can be switched on at the panel.
    `pace`: as at a shop where people watch, none else, unless told. `monitor`: the one, from 1, that a full-screen terminal fills.
    `tour`: the panel begins with it. `pictures`: where the pictures of tours (of `tour`, or of all) that nobody looks at are put.
    `terminal`: what of KioskSettings is not as usual. Raises WrongUse for what this machine does not have, or no tour has.
    """
    try:
        return _run(reader, trust, full_screen, monitor, outages, pace, tour, pictures, terminal or {})
    finally:
        splash.end()


def _run(
    reader: str,
    trust: bool,
    full_screen: bool,
    monitor: int | None,
    outages: bool,
    pace: Pace | None,
    tour: str,
    pictures: Path | None,
    terminal: Mapping[str, bool],
) -> int:
    if tour and reader != VIRTUAL:
        raise WrongUse("見学コースは仮想カードで進めます。--tour か --reader を外して実行してください。")
    if pictures is None and (splash.is_shown() or has_display()):
        splash.say(1, _STARTS, "プログラムを読み込んでいます")
        index = monitor_index(monitor, full_screen=full_screen, beside=full_screen)
        reader = present_reader(reader)
        if terminal.get("voice"):
            from .doctor import tell_lacking_voices

            tell_lacking_voices()
        _choose_towns()
        begins_with = _tours(tour)[0] if tour else None
        window = {"full_screen": full_screen, "monitor": index, **terminal}
        return _with_panel(reader, trust, window, outages, pace is not Pace.NONE, begins_with)
    if reader != VIRTUAL:
        raise WrongUse("手元のリーダを使う実演には、画面が要ります。画面のある機械で実行してください。")
    if full_screen or monitor is not None:
        raise WrongUse("画面がないため、--full-screen と --monitor は使えません。外して実行してください。")
    if tour or pictures is not None:
        return _tours_unattended(tour or ALL_TOURS, pictures)
    print("画面がないため、一連の手続を画面なしで実演します（画面のある機械では、端末と操作盤が開きます）。")
    from scenarios.steps.world import Unmet

    try:
        return _scripted(pace is Pace.REAL)
    except Unmet as unmet:
        print(
            f"実演を終わりまで進められませんでした。期待: {unmet.expected}　／　実際: {unmet.found}",
            file=sys.stderr,
        )
        return 1


def _choose_towns() -> None:
    """Whoever has named no town gets those in which the tours are."""
    from scenarios.tours import TOWNS
    from scenarios.towns import VARIABLE, choose_towns

    if not os.environ.get(VARIABLE):
        choose_towns(TOWNS)


def named_tours(name: str) -> tuple[Tour, ...]:
    """The tour of that name, or all. Raises WrongUse for one that there is not."""
    from scenarios.tours import TOURS

    found = tuple(tour for tour in TOURS if name in (tour.name, ALL_TOURS))
    if not found:
        names = "、".join(tour.name for tour in TOURS)
        raise WrongUse(
            f"見学コース「{name}」はありません。--tour には {names}、{ALL_TOURS}（すべて）のどれかを指定してください。"
        )
    return found


def _tours(name: str) -> tuple[Tour, ...]:
    """The tour of that name, or all. Raises WrongUse for one that there is not, or that has nobody in the towns of this demo."""
    from scenarios.tours import tours_for

    found = named_tours(name)
    _choose_towns()
    from scenarios.template import load_cards, template_folder

    possible = tours_for(load_cards(template_folder()))
    if missing := [tour.name for tour in found if tour not in possible]:
        raise WrongUse(
            f"見学コース {'、'.join(missing)} に登場する人が、この市区町村にはいません。--town を外して実行してください。"
        )
    return found


def _tours_unattended(name: str, pictures: Path | None) -> int:
    chosen = _tours(name)
    if pictures is not None:
        usable_folder(pictures, "--pictures")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from scenarios.driver import NotReached
    from scenarios.stage import Stage
    from scenarios.steps.world import Unmet
    from scenarios.tours.guide import Guide
    from scenarios.tours.unattended import INDEX, run_tours

    application = QApplication.instance() or QApplication([])
    folder = pictures or _fresh(paths.home() / "demo" / "tours")
    with Stage(separate=True) as stage:

        def begin() -> None:
            stage.reset("見学")
            stage.start_kiosk(separate=True)

        try:
            run_tours(chosen, Guide(stage, begin), stage, folder, lambda line: print(line, flush=True))
        except (Unmet, NotReached) as error:
            print(
                f"見学コースを終わりまで進められませんでした。期待: {error.expected}　／　実際: {error.found}",
                file=sys.stderr,
            )
            return 1
    print(f"画面の絵と説明: {folder / INDEX}")
    del application
    return 0


def _with_panel(
    reader: str, trust: bool, window: Mapping[str, Any], outages: bool, paced: bool, tour: Tour | None
) -> int:
    from scenarios.panel import StageClient, run_panel, stand
    from scenarios.stage import Stage
    from scenarios.template import template_folder

    from .serving import console_lines

    print(f"予期しない障害の記録（開発者向け）: {paths.log_folder()}", flush=True)
    place, panel_place = stand(window["full_screen"], window["monitor"])
    window = {"place": place, **window}
    trace_folder = _fresh(paths.home() / "demo" / "trace")
    splash.say(2, _STARTS, "見本の住民とカードを用意しています（初めてのときは1分ほど）")
    template_folder()
    splash.say(3, _STARTS, "センター・認証局・市区町村のサーバを起動しています")
    with Stage(
        separate=True,
        reader=reader,
        automatic=False,
        trust_test_hierarchy=trust,
        own_cards=True,
        outages=outages,
    ) as stage:
        stage.clock.set_pace(paced)

        def begin() -> None:
            stage.reset("実演", _fresh(trace_folder))
            stage.start_kiosk(separate=True, window=window)
            print("\n".join(console_lines(stage.servers)), flush=True)

        splash.say(4, _STARTS, "端末を起動しています")
        begin()
        _open_console(stage)
        splash.say(5, _STARTS, "操作盤を開いています")
        return run_panel(StageClient(stage, begin), panel_place, tour, splash.end)


def _open_console(stage: Stage) -> None:
    """Open the officials' console beside the terminal, where the machine has a way to open a page."""
    if sys.platform != "linux" or shutil.which("xdg-open"):
        webbrowser.open(stage.servers.console_url)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _card_of(stage: Stage) -> CardEntry:
    """The first card of the stage's first town that nothing stands against; the first of all where there is none."""
    cards = [one for one in stage.cards.values() if one.municipality == stage.towns[0].code]
    good = (one for one in cards if (one.profile, one.state, one.linked) == ("plain", "good", True))
    return next(good, cards[0])


@dataclass
class _Script:
    """Prints each step and keeps its picture."""

    pictures: Path
    picture: Callable[[], bytes]
    count: int = 0

    def step(self, sentence: str) -> None:
        self.count += 1
        path = self.pictures / f"{self.count:02d}.png"
        path.write_bytes(self.picture())
        print(f"{self.count:2d}. {sentence}", flush=True)


def _scripted(paced: bool) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from scenarios.driver import keep_screen
    from scenarios.evidence import write_evidence
    from scenarios.stage import Stage
    from scenarios.steps.world import COINS, Unmet, World, expect
    from scenarios.verdict import PASSED, Verdict
    from server_stub.interface.clock import real_monotonic_ns
    from server_stub.interface.values import Place

    application = QApplication.instance() or QApplication([])
    folder = _fresh(paths.home() / "demo")
    trace_folder, pictures = folder / "trace", folder / "pictures"
    pictures.mkdir()
    with Stage(separate=True) as stage:
        stage.clock.set_pace(paced)
        begun = real_monotonic_ns()
        stage.keep_screens = True
        stage.reset("実演", trace_folder)
        world = World(stage, stage.start_kiosk(separate=True))
        world.passing = lambda: keep_screen(stage.trace, world.terminal)
        script = _Script(pictures, world.terminal.picture)
        number = 0
        town = stage.towns[0]
        card = _card_of(stage)

        def lay() -> None:
            if card.registered:
                expect(world.lay(card.name) == "ChooseKind", "証明書の種類を選べる", world.refusal())
            else:
                world.lay_and_begin(card.name)

        def choose_town() -> None:
            if at_address:
                world.choose_address()
            else:
                world.choose_domicile(town.name)

        def enter_pin() -> None:
            screen = world.enter_pin(right=True)
            expect(screen == "TakeCard", "本人確認が済む", world.refusal())

        def apply() -> None:
            screen = world.apply()
            expect(screen in ("Pay", "TakePaper"), "証明書が届く", world.refusal())

        def pay() -> None:
            world.drop(paid)
            world.terminal.wait_for("TakePaper")

        def no_receipt() -> None:
            world.leave_by("印刷しない")
            world.terminal.wait_for("Thanks")

        def charged() -> None:
            world.eventually(lambda: stage.charges() == [fee], f"台帳に手数料{fee}円が記録される")

        def do(sentence: str, action: Callable[[], object], keyword: str = "もし") -> None:
            nonlocal number
            number += 1
            emit = stage.trace.emit
            emit("scenario", "step_started", keyword=keyword, sentence=sentence, index=number)
            action()
            picture = stage.trace.store(world.terminal.picture(), ".png")
            screen = world.terminal.screen()
            emit(
                "scenario",
                "step_ended",
                index=number,
                status="passed",
                picture=picture,
                screen=screen,
                error="",
            )
            script.step(sentence)

        stage.trace.emit("scenario", "scenario_started", name="実演", feature=FEATURE, tags=[])
        do("端末が待機している", lambda: world.terminal.wait_for("TopMenu"), "前提")
        do("行政サービスから証明書交付サービスに進み、同意する", world.go_to_card)
        do(f"「{card.name}」をカード読み取り部に置く", lay)
        at_address = any(Place.ADDRESS in kind.places for kind in town.municipality.kinds.values())
        if card.registered:
            code = card.registered[0]
            terms, kind = town.municipality.services[code], town.municipality.kinds[code]
            called = terms.words.get("ja") or kind.words["ja"]
            do(f"{called}を選ぶ（暗証番号は種類ごと）", lambda: world.choose_kind_before_pin(called))
            do("その種類の暗証番号を入力する（ICカード標準システムが確認する）", enter_pin)
        else:
            do(f"{'お住まい' if at_address else '本籍地'}の市区町村の証明書を選ぶ", choose_town)
            do("暗証番号を入力する（センターが証明書の有効性を確認する）", enter_pin)
        do("カードを取る", world.take_card)
        first = next((one for one in world.offers() if one.refusal is None), None)
        if first is None:
            raise Unmet("このカードの方に交付できる証明書がある", world.terminal.described())
        name, whole = first.words["ja"], (first.whole or {"ja": "本人だけ"})["ja"]
        fee, secret = first.fee, any(choice.secret for one in first.questions for choice in one.choices)
        beside = "（個人番号は記載しない）" if secret else ""

        def choose() -> None:
            if card.registered:
                world.choose_rest(whole, 1)
            else:
                world.choose(whole, 1, name)

        do(f"{name}を、{whole}・1部で選ぶ{beside}", choose)
        do("申請する（証明書が届き、本人のものであることを確かめてから支払いに進む）", apply)
        if fee:
            # one coin or note, if there is one that large, else notes
            paid = next((coin for coin in sorted(COINS) if coin >= max(fee, 100)), -(-fee // 1000) * 1000)
            do(f"{paid}円を入れる（印刷し、{'おつりを返す' if paid > fee else 'おつりはない'}）", pay)
        do("証明書を取る", world.take_paper)
        if fee:
            do("領収書は印刷しない", no_receipt)
        do(f"台帳に、手数料{fee}円が一度だけ記録されている", charged, "ならば")
        stage.trace.emit("scenario", "scenario_ended")
        papers = _fresh(folder / "papers")
        for paper in world.papers:
            shutil.copy(paper, papers)
        stage.close_trace()
        seconds = (real_monotonic_ns() - begun) / 1e9
        verdict = Verdict(
            FEATURE,
            "実演",
            "",
            "konbini demo",
            0,
            PASSED,
            seconds,
            steps=number,
            run=stage.trace.run,
        )  # whatever had failed would have ended it
        evidence = write_evidence(
            trace_folder, folder / "evidence.html", verdict, papers=stage.printed_papers()
        )
    told = (
        f"台帳: 手数料 {fee}円 が一度だけ記録されています。",
        f"証明書（PDF）: {papers}",
        f"画面の絵: {pictures}",
        f"証跡: {evidence}",
        f"予期しない障害の記録（開発者向け）: {paths.log_folder()}",
    )
    print("\n".join(told))
    del application
    return 0
