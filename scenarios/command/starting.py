"""The commands that start something: scenarios, the demo, the servers, a terminal."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Annotated

import typer

from .options import (
    CLOCK,
    FullScreenOption,
    HighContrastOption,
    JsonOption,
    LargeTextOption,
    MonitorOption,
    OutagesOption,
    PaceOption,
    TownOption,
    TrustOption,
    VoiceOption,
    stop,
)
from .usage import center_address, reason, usable_folder

_STAGE = "2026年6月3日 10時から"
PORTS = "8441,8442,8443"
CONSOLE_PORT = 8445
"""Of the officials' console; a free one where other ports than these are named."""
_PORT_TROUBLE = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM)


def _choose(towns: list[str] | None) -> None:
    if towns:  # else nothing of them is loaded yet: the scenarios' own process does that
        from scenarios.towns import choose_towns, load_towns

        choose_towns(towns)
        load_towns()  # what is wrong with one is told now, and not by each scenario


def run(
    paths: Annotated[list[Path] | None, typer.Argument(help="シナリオのファイルまたはフォルダ")] = None,
    keyword: Annotated[
        str,
        typer.Option(
            "-k",
            help="この題名（の一部）のシナリオだけ。貼り付けた題名のまま、または名前とタグの式（例：'住民票 and not 急ぎ'）",
        ),
    ] = "",
    tags: Annotated[
        str, typer.Option("--tag", "-t", help="このタグのシナリオだけ（例：'@急ぎ and not @遅い'）")
    ] = "",
    reader: Annotated[
        str,
        typer.Option(
            "--reader",
            help="virtual、pcsc（専用の PC/SC サービスを通す）、pcsc:リーダ名（手元のリーダとカード）",
        ),
    ] = "virtual",
    trust: TrustOption = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="並行数")] = 1,
    evidence: Annotated[Path | None, typer.Option("--evidence", help="証跡を置くフォルダ")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="結果を JUnit XML で書くファイル")] = None,
    headed: Annotated[bool, typer.Option("--headed", help="端末の画面を見せる")] = False,
    strict_screen: Annotated[
        bool, typer.Option("--strict-screen", help="画面が止まったシナリオを不合格にする（なければ注意だけ）")
    ] = False,
    town: TownOption = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="不合格の原因を、発生した例外のまま表示する")
    ] = False,
) -> None:
    """シナリオを実行する。終了コード 0 合格があり不合格がない、1 不合格あり、2 使い方・準備の誤り、または何も実施していない。"""
    from .options import reader_for_run

    _choose(town)
    reader_for_run(reader)
    if ":" in reader and jobs > 1:
        stop("手元のリーダでは一つずつ実行します（--jobs は指定できません）。")
    from .running import run_scenarios

    raise typer.Exit(
        run_scenarios(
            paths or [],
            keyword=keyword,
            tags=tags,
            jobs=jobs,
            evidence=evidence,
            junit=junit,
            headed=headed,
            reader=reader,
            trust=trust,
            verbose=verbose,
            strict_screen=strict_screen,
        )
    )


def demo(
    reader: Annotated[
        str, typer.Option("--reader", help="virtual、または手元のリーダ pcsc[:リーダ名]")
    ] = "virtual",
    trust: TrustOption = False,
    town: TownOption = None,
    outages: OutagesOption = False,
    full_screen: FullScreenOption = False,
    monitor: MonitorOption = None,
    pace: PaceOption = None,
    tour: Annotated[
        str | None,
        typer.Option(
            "--tour",
            help="この見学コースから始める（resident、lost-card、registration、stopped-person、power-cut、wrong-paper）。"
            "画面がなければ、そのコース（all ですべて）を画面なしで進める",
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", help="見学コースを画面なしで進め、各場面の絵と説明をこのフォルダに置く"),
    ] = None,
    large_text: LargeTextOption = False,
    high_contrast: HighContrastOption = False,
    voice: VoiceOption = False,
) -> None:
    """サーバ・端末・進行役の操作盤を開く。画面がなければ、一連の手続を画面なしで実演する。"""
    from .demo import named_tours, run_demo
    from .options import reader_name

    if tour is not None:
        named_tours(tour)
    _choose(town)
    raise typer.Exit(
        run_demo(
            reader_name(reader),
            trust=trust,
            full_screen=full_screen,
            monitor=monitor,
            outages=outages,
            pace=pace,
            tour=tour or "",
            pictures=pictures,
            terminal={"large_text": large_text, "high_contrast": high_contrast, "voice": voice},
        )
    )


def server(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="データベース・鍵・時計を置くフォルダ（次に動かすと続きから）"),
    ] = None,
    begin_anew: Annotated[
        bool, typer.Option("--begin-anew", help="フォルダのデータを消して、最初から始める")
    ] = False,
    ports: Annotated[
        str, typer.Option("--ports", help="認証局,証明発行サーバ,センターのポート（0 は空き）")
    ] = PORTS,
    site_port: Annotated[
        int,
        typer.Option(
            "--site-port",
            min=0,
            max=65535,
            help="利用登録状況確認サイトのポート（0 は空き）。動かす市区町村が利用登録を扱うとき",
        ),
    ] = 0,
    console_port: Annotated[
        int | None,
        typer.Option(
            "--console-port",
            min=0,
            max=65535,
            help="運用管理システムのポート（0 は空き）。なければ 8445、--ports を指定したときは空き",
        ),
    ] = None,
    clock: Annotated[
        str, typer.Option("--clock", help=f"{CLOCK}。なければフォルダの時計の続き、または{_STAGE}")
    ] = "",
    control: Annotated[bool, typer.Option("--control", help="制御口を開く（試験用）")] = False,
    run_id: Annotated[str, typer.Option("--run", hidden=True)] = "",
    template: Annotated[Path | None, typer.Option("--template", hidden=True)] = None,
    as_json: JsonOption = False,
    trust: TrustOption = False,
    town: TownOption = None,
    outages: OutagesOption = False,
) -> None:
    """証明書交付センター・証明発行サーバ・認証局・運用管理システムを動かす。"""
    if context.invoked_subcommand is not None:
        return  # backup, restore, restoration
    from .serving import serve_until_stopped

    _choose(town)
    try:
        numbers = tuple(int(port) for port in ports.split(","))
    except ValueError:
        stop("--ports は 8441,8442,8443 のように三つの数で指定してください。")
    if len(numbers) != 3 or not all(0 <= number < 65536 for number in numbers):
        stop("--ports は 8441,8442,8443 のように三つの数で指定してください。")
    if folder is not None:
        usable_folder(folder, "--folder")
    try:
        serve_until_stopped(
            folder,
            (numbers[0], numbers[1], numbers[2]),
            control=control,
            run=run_id,
            as_json=as_json,
            trust=trust,
            template=template,
            clock=clock,
            begin_anew=begin_anew,
            towns_are_named=bool(town),
            site_port=site_port,
            outages=outages,
            console_port=console_port if console_port is not None else CONSOLE_PORT if ports == PORTS else 0,
        )
    except OSError as error:
        if error.errno not in _PORT_TROUBLE or error.filename is not None:
            raise
        stop(
            f"ポートを開けません（{reason(error)}）。別のポートを --ports と --console-port で指定してください。"
        )


def console(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="ポート（0 は空き）")] = CONSOLE_PORT,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            help="データベース・鍵・時計を置くフォルダ（konbini server --folder と同じもの。次に動かすと続きから）",
        ),
    ] = None,
    clock: Annotated[
        str, typer.Option("--clock", help=f"{CLOCK}。なければフォルダの時計の続き、または{_STAGE}")
    ] = "",
    reissue: Annotated[
        str, typer.Option("--reissue", help="この利用者IDの一時パスワードを発行し直す（--folder とともに）")
    ] = "",
    town: TownOption = None,
) -> None:
    """運用管理システム（職員の画面）を、必要なサーバとともに動かす。アドレスと、最初のログインのしかたを表示する。

    サーバはどれも空いているポートで動く。端末とともに使うときは konbini demo（端末の隣）か konbini server を動かす。どちらも運用管理システムを含む。
    """
    from .serving import serve_until_stopped

    _choose(town)
    if folder is not None:
        usable_folder(folder, "--folder")
    try:
        serve_until_stopped(
            folder,
            (0, 0, 0),
            control=False,
            clock=clock,
            towns_are_named=bool(town),
            console_port=port,
            console_alone=True,
            reissue=reissue,
        )
    except OSError as error:
        if error.errno not in _PORT_TROUBLE or error.filename is not None:
            raise
        stop(f"ポート {port} を開けません（{reason(error)}）。別のポートを --port で指定してください。")


def kiosk(
    center: Annotated[str, typer.Option("--center", help="証明書交付センターの URL")],
    reader: Annotated[str, typer.Option("--reader", help="virtual または pcsc[:リーダ名]")] = "virtual",
    panel: Annotated[
        bool, typer.Option("--panel", help="操作盤を開く（カードを置く、お金を入れる、用紙を取る など）")
    ] = False,
    terminal_id: Annotated[str, typer.Option("--terminal-id", help="端末の番号")] = "KIOSK-STORE-01",
    key_file: Annotated[Path | None, typer.Option("--key-file", help="端末の鍵を書いたファイル")] = None,
    center_key: Annotated[str, typer.Option("--center-key", help="センターの Ed25519 公開鍵（16進）")] = "",
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca", help="https のサーバを証明する認証局の証明書（PEM）。なければ、この機械の登録に従う"
        ),
    ] = None,
    name_font: Annotated[
        list[Path] | None,
        typer.Option("--name-font", help="氏名の外字を画面に描くフォント（市区町村のもの。複数指定できる）"),
    ] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="日誌・現金・トレイを置くフォルダ")] = None,
    server_folder: Annotated[
        Path | None,
        typer.Option("--server-folder", help="konbini server --folder のフォルダ（鍵と仮想カードを読む）"),
    ] = None,
    clock: Annotated[
        str, typer.Option("--clock", help=f"{CLOCK}。なければ{_STAGE}、--center-key があれば now")
    ] = "",
    full_screen: FullScreenOption = False,
    monitor: MonitorOption = None,
    large_text: LargeTextOption = False,
    high_contrast: HighContrastOption = False,
    call_center: Annotated[
        str,
        typer.Option("--call-center", help="お断りの画面が案内するコールセンターの名称と電話番号"),
    ] = "",
    trace: Annotated[Path | None, typer.Option("--trace", help="記録を置くフォルダ")] = None,
    card_bodies: Annotated[
        bool,
        typer.Option("--card-bodies", help="カードとのやり取りの本体も記録する（暗証番号と個人情報を除く）"),
    ] = False,
    control: Annotated[str, typer.Option("--control", help="制御口の名前（試験用）")] = "",
    voice: VoiceOption = False,
) -> None:
    """キオスク端末だけを動かす。"""
    from .kiosk import KioskOptions, run_kiosk
    from .options import present_reader, reader_name

    center_address(center)
    if server_folder is not None and not (server_folder / "keys").is_dir():
        stop(
            f"--server-folder に指定した {server_folder} は、konbini server --folder のフォルダではありません。"
        )
    for told, name in ((folder, "--folder"), (trace, "--trace")):
        if told is not None:
            usable_folder(told, name)
    raise typer.Exit(
        run_kiosk(
            KioskOptions(
                center=center,
                reader=present_reader(reader) if panel else reader_name(reader),
                terminal_id=terminal_id,
                key_file=key_file,
                center_key=center_key,
                ca=ca,
                name_fonts=tuple(name_font or ()),
                folder=folder,
                server_folder=server_folder,
                clock=clock,
                full_screen=full_screen,
                monitor=monitor,
                trace=trace,
                card_bodies=card_bodies,
                panel=panel,
                control=control,
                call_center=call_center,
                large_text=large_text,
                high_contrast=high_contrast,
                voice=voice,
            )
        )
    )
