"""`konbini server`: the nodes alone, until they are stopped."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import FrameType

from scenarios import paths
from scenarios.enrolment import load_enrolments
from scenarios.profile_cards import template_with_own_cards
from scenarios.server_folder import ServerFolder
from scenarios.servers import (
    CARD_REGISTRIES,
    CONSOLE,
    COUNTERS,
    INQUIRY,
    ISSUING_SERVERS,
    OPS_SERVERS,
    LocalServers,
    Servers,
)
from scenarios.sites import SITE as STATUS_SITE
from scenarios.template import towns_of
from scenarios.towns import beginning_of, fonts_of, load_towns
from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace
from server_stub.operations.operators import SITE, FirstOperator

from .options import as_option, beside, clock_of
from .usage import WrongUse


def serve_until_stopped(
    folder: Path | None,
    ports: tuple[int, int, int],
    *,
    control: bool,
    run: str = "",
    as_json: bool = False,
    trust: bool = False,
    template: Path | None = None,
    clock: str = "",
    begin_anew: bool = False,
    towns_are_named: bool = False,
    site_port: int = 0,
    outages: bool = False,
    console_port: int = 0,
    console_alone: bool = False,
    reissue: str = "",
) -> None:
    """Serve authority, issuing servers and centre until SIGINT or SIGTERM. Raises OSError for a port that is taken, WrongUse
    for a clock that would be set back over kept data, Failed as `ServerFolder`.

    Prints where they listen: one line of JSON if `as_json`, else what a person needs to connect a terminal.
    `folder`: what lies there is kept unless `begin_anew`; None: nothing is kept. `trust`: enrolled test cards are admitted.
    `template`: the stage's, else the checkout's with the tester's own cards. `towns_are_named`: kept data must be of the towns
    chosen for this process. `outages`, `console_port`: as `LocalServers`. `console_alone`: only what an official needs is printed. `reissue`: the id of an operator of the
    console who gets a new one-time password; raises WrongUse for nobody's. `clock`: see options; else the kept one, or as every stage begins.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    towns = load_towns() if towns_are_named else ()
    with tempfile.TemporaryDirectory(prefix="konbini-servers-") as temporary, ExitStack() as held:
        if folder is None and template is None:
            template = template_with_own_cards(towns)
        place = ServerFolder(folder or Path(temporary), begin_anew=begin_anew, template=template, towns=towns)
        held.callback(place.release)
        running = _clock(clock, place.clock, beginning_of(towns_of(place.template)))
        trace = Trace(running, run=run, process="servers")
        servers = LocalServers(
            place.path,
            place.template,
            running,
            trace,
            control=control,
            ports=ports,
            enrolments=load_enrolments() if trust else (),
            keys=place.keys,
            kept=place.kept,
            site_port=site_port,
            outages=outages,
            console_port=console_port,
        )
        reissued = _reissued(servers, reissue) if reissue else ()
        place.keep_clock(running)
        urls = {
            "authority": servers.authority_url,
            "issuing": servers.issuing_url,
            "center": servers.center_url,
            ISSUING_SERVERS: servers.issuing_urls,
            CARD_REGISTRIES: servers.card_registry_urls,
            OPS_SERVERS: servers.ops_urls,
            COUNTERS: servers.counter_urls,
            CONSOLE: servers.console_url,
            INQUIRY: servers.inquiry_url,
        } | ({STATUS_SITE: servers.site_url} if servers.site_url else {})
        if as_json:
            print(json.dumps(urls), flush=True)
        elif console_alone:
            print("\n".join(console_lines(servers, reissued)))
            print("終えるには Ctrl-C を押してください。", flush=True)
        else:
            print(beside("証明書交付センター", servers.center_url))
            for site in servers.sites:
                where = "" if site.only else f"（{site.name}：{'、'.join(town.name for town in site.towns)}）"
                print(beside(f"証明発行サーバ{where}", servers.issuing_urls[site.codes[0]]))
                for town in site.by_ordinance[:1]:
                    print(beside(f"ICカード標準システム{where}", servers.card_registry_urls[town.code]))
            print(beside("認証局", servers.authority_url))
            if servers.site_url:
                print(beside("利用登録状況確認サイト", servers.site_url))
            print(beside("証明書裏面確認サイト", servers.inquiry_url))
            for system in servers.existing_systems.values():
                print(beside(f"既存システム（{system.town.name}）", system.address.base_url))
            print("\n".join(console_lines(servers, reissued)))
            kiosk = ["kiosk", "--center", servers.center_url, "--clock", as_option(running), "--panel"]
            for font in fonts_of(towns_of(place.template)):
                kiosk += ["--name-font", font]
            print(f"予期しない障害の記録（開発者向け）: {paths.log_folder()}")
            if folder is not None:
                kiosk += ["--server-folder", str(folder.absolute())]
                print(beside("フォルダのデータ", "続きから" if place.kept else "最初から"))
                for code in servers.being_restored() if place.kept else ():
                    print(
                        beside(
                            "復元したデータ",
                            f"市区町村 {code} は、緊急停止・例外・発行制限を確認済みとするまで交付しません"
                            f"（konbini server restoration --folder {folder}）",
                        )
                    )
            print(f"端末をつなぐ: {shlex.join([*this_command(), *kiosk])}", flush=True)
        parent = os.getppid()
        while not stop.wait(1) and not (control and os.getppid() != parent):
            pass  # under a stage's control they end with the stage, however it ended
        servers.stop()
        trace.close()


def console_lines(servers: Servers, reissued: Sequence[FirstOperator] = ()) -> list[str]:
    """Say where the officials' console is, and how to log in at it for the first time."""
    lines = [beside("運用管理システム", servers.console_url)]
    made = [*servers.first_operators(), *reissued]
    if made:
        lines.append(
            "　ブラウザで開き、次の利用者IDと一時パスワードでログインしてください（一時パスワードは今だけ表示されます。"
            "最初のログインで、新しいパスワードを決めます）。"
        )
        for one in made:
            whose = f"{one.owner_name}の事業者" if one.owner.startswith(SITE) else one.owner_name
            lines.append(f"　{whose}\t利用者ID {one.login}\t一時パスワード {one.password.reveal()}")
    else:
        lines.append(
            "　登録済みの利用者IDでログインしてください（パスワードがわからないときは konbini console --reissue 利用者ID）。"
        )
    return lines


def _reissued(servers: LocalServers, login: str) -> tuple[FirstOperator, ...]:
    """Give an operator a new one-time password. Raises WrongUse."""
    found = servers.console.reissue(login)
    if found is None:
        raise WrongUse(f"利用者ID {login} は登録されていません。")
    return (found,)


def _clock(told: str, kept: Clock | None, begins: datetime) -> Clock:
    """The clock to serve by; one that nobody has set begins at `begins`. Raises WrongUse for one that is behind the kept one: what lies there has happened already."""
    if kept is None:
        return clock_of(told) if told else Clock(begins)
    if not told:
        return kept
    wanted = clock_of(told)
    if wanted.now() < kept.now():
        raise WrongUse(
            f"このフォルダの時計は {kept.now():%Y年%m月%d日 %H:%M} まで進んでおり、戻すことはできません。"
            "--clock を外すと続きから動きます。--begin-anew を付けると、データを消して最初から始めます。"
        )
    return wanted


def this_command() -> tuple[str, ...]:
    """How this command was started, so that a shell without it on its PATH starts it again; else the name it installs as."""
    started = Path(sys.argv[0])
    if started.suffix == ".py":  # as a module: the file itself starts nothing
        return sys.executable, "-m", "scenarios.cli"
    return (sys.argv[0] if started.name != sys.argv[0] else "konbini",)
