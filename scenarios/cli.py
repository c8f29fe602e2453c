"""The command `konbini`. Every command is thin: it reads its options and calls the room that does the work."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .usage import WrongUse, center_address, told, usable_folder

app = typer.Typer(no_args_is_help=True, add_completion=False, help="コンビニ交付キオスクの模擬環境")
card_app = typer.Typer(no_args_is_help=True, help="仮想カードと、つないだリーダ")
app.add_typer(card_app, name="card")
paper_app = typer.Typer(no_args_is_help=True, help="証明書の紙")
app.add_typer(paper_app, name="paper")

TrustOption = Annotated[
    bool, typer.Option("--trust-test-hierarchy", help="登録した試験用カード（O=JPKI-TEST）を受け入れる")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON で出力する")]


def _stop(message: str, code: int = 2) -> NoReturn:
    print(f"konbini: {message}", file=sys.stderr)
    raise typer.Exit(code)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


@app.command()
def run(
    paths: Annotated[list[Path] | None, typer.Argument(help="シナリオのファイルまたはフォルダ")] = None,
    keyword: Annotated[str, typer.Option("-k", help="この式に合うシナリオだけ")] = "",
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
    junit: Annotated[Path | None, typer.Option("--junit", help="JUnit XML")] = None,
    headed: Annotated[bool, typer.Option("--headed", help="端末の画面を見せる")] = False,
) -> None:
    """シナリオを実行する。終了コード 0 すべて合格、1 不合格あり、2 使い方または準備の誤り。"""
    from kiosk_app.card_slot import is_reader

    if not is_reader(reader):
        _stop("--reader には virtual、pcsc または pcsc:リーダ名 を指定してください。")
    if ":" in reader and jobs > 1:
        _stop("手元のリーダでは一つずつ実行します（--jobs は指定できません）。")
    from .running import run_scenarios

    raise typer.Exit(
        run_scenarios(
            paths or [],
            keyword=keyword,
            jobs=jobs,
            evidence=evidence,
            junit=junit,
            headed=headed,
            reader=reader,
            trust=trust,
        )
    )


@app.command()
def demo(
    reader: Annotated[
        str, typer.Option("--reader", help="virtual、または手元のリーダ pcsc[:リーダ名]")
    ] = "virtual",
    trust: TrustOption = False,
) -> None:
    """サーバ・端末・進行役の操作盤を開く。画面がなければ、一連の手続を画面なしで実演する。"""
    from kiosk_app.card_slot import is_reader

    from .demo import run_demo

    if not is_reader(reader):
        _stop("--reader には virtual、pcsc または pcsc:リーダ名 を指定してください。")
    raise typer.Exit(run_demo(reader, trust=trust))


@app.command()
def server(
    folder: Annotated[Path | None, typer.Option("--folder", help="データベースを置くフォルダ")] = None,
    ports: Annotated[
        str, typer.Option("--ports", help="認証局,証明発行サーバ,センターのポート（0 は空き）")
    ] = "8441,8442,8443",
    control: Annotated[bool, typer.Option("--control", help="制御口を開く（試験用）")] = False,
    run_id: Annotated[str, typer.Option("--run", hidden=True)] = "",
    template: Annotated[Path | None, typer.Option("--template", hidden=True)] = None,
    as_json: JsonOption = False,
    trust: TrustOption = False,
) -> None:
    """証明書交付センター・証明発行サーバ・認証局を動かす。"""
    from .serving import serve_until_stopped

    try:
        numbers = tuple(int(port) for port in ports.split(","))
    except ValueError:
        _stop("--ports は 8441,8442,8443 のように三つの数で指定してください。")
    if len(numbers) != 3 or not all(0 <= number < 65536 for number in numbers):
        _stop("--ports は 8441,8442,8443 のように三つの数で指定してください。")
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
        )
    except OSError as error:
        _stop(f"ポートを開けません（{error.strerror}）。別のポートを --ports で指定してください。")


@app.command()
def kiosk(
    center: Annotated[str, typer.Option("--center", help="証明書交付センターの URL")],
    reader: Annotated[str, typer.Option("--reader", help="virtual または pcsc[:リーダ名]")] = "virtual",
    terminal_id: Annotated[str, typer.Option("--terminal-id")] = "KIOSK-STORE-01",
    key_file: Annotated[Path | None, typer.Option("--key-file", help="端末の鍵を書いたファイル")] = None,
    center_key: Annotated[str, typer.Option("--center-key", help="センターの Ed25519 公開鍵（16進）")] = "",
    folder: Annotated[Path | None, typer.Option("--folder", help="日誌・現金・トレイを置くフォルダ")] = None,
    full_screen: Annotated[bool, typer.Option("--full-screen", help="全画面で表示する")] = False,
    trace: Annotated[Path | None, typer.Option("--trace", help="記録を置くフォルダ")] = None,
    card_bodies: Annotated[
        bool,
        typer.Option("--card-bodies", help="カードとのやり取りの本体も記録する（暗証番号と個人情報を除く）"),
    ] = False,
    control: Annotated[str, typer.Option("--control", help="制御口の名前（試験用）")] = "",
) -> None:
    """キオスク端末だけを動かす。"""
    from .serving import run_kiosk

    center_address(center)
    if folder is not None:
        usable_folder(folder, "--folder")
    raise typer.Exit(
        run_kiosk(
            center,
            reader,
            terminal_id,
            key_file,
            center_key,
            folder,
            full_screen=full_screen,
            trace=trace,
            card_bodies=card_bodies,
            control=control,
        )
    )


@card_app.command("list")
def card_list(as_json: JsonOption = False) -> None:
    """仮想カードの一覧。"""
    from .template import load_cards, template_folder

    cards = load_cards(template_folder())
    if as_json:
        _print_json(
            [
                {
                    "name": c.name,
                    "purpose": c.purpose,
                    "profile": c.profile,
                    "state": c.state,
                    "linked": c.linked,
                }
                for c in cards.values()
            ]
        )
        return
    for card in cards.values():
        print(f"{card.name}\t{card.purpose}")


@card_app.command("show")
def card_show(name: str) -> None:
    """仮想カード一枚の中身（暗証番号と鍵は表示しない）。"""
    from .card_pages import describe_card

    try:
        print(describe_card(name))
    except LookupError as error:
        _stop(str(error))


@card_app.command("insert")
def card_insert(
    name: str,
    vpcd: Annotated[str, typer.Option("--vpcd", help="vpcd リーダの HOST:PORT")] = "127.0.0.1:35963",
) -> None:
    """仮想カードを vpcd リーダに置く（どの PC/SC プログラムからも見える）。Ctrl-C で取り除く。"""
    from .card_commands import insert_card

    raise typer.Exit(insert_card(name, vpcd))


@card_app.command("diagnose")
def card_diagnose(
    reader: Annotated[str, typer.Option("--reader", help="リーダ名の一部")] = "", as_json: JsonOption = False
) -> None:
    """つないだリーダとカードを調べる（暗証番号は使わず、回数も減らさない）。"""
    from .card_commands import diagnose_reader

    raise typer.Exit(diagnose_reader(as_json, reader))


@card_app.command("enrol")
def card_enrol(
    person: Annotated[str, typer.Option("--as", help="成り代わる架空の人の呼び名（例：六甲翠）")],
    reader: Annotated[str, typer.Option("--reader", help="pcsc または pcsc:リーダ名")] = "pcsc",
    trust: TrustOption = False,
) -> None:
    """手元の試験用カード（O=JPKI-TEST）を、架空の人のカードとして登録する。暗証番号は使わない。"""
    from .enrol_command import enrol_card

    raise typer.Exit(enrol_card(person, reader, trust=trust))


@app.command()
def failures(as_json: JsonOption = False) -> None:
    """断りと障害の一覧。"""
    from server_stub.interface.failures import CATALOGUE

    rows = [
        {"name": f.name, "cause": f.cause, "remedy": f.remedy, "scenario": f.scenario, "status": f.status}
        for f in CATALOGUE.values()
    ]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        print(f"{row['name']}\n  原因　{row['cause']}\n  対処　{row['remedy']}")
        if row["scenario"]:
            print(f"  場面　{row['scenario']}")


@app.command()
def flow(mermaid: Annotated[bool, typer.Option("--mermaid", help="Mermaid の状態遷移図")] = False) -> None:
    """端末の状態と遷移。"""
    from kiosk_app.flow import table

    if mermaid:
        print(table.mermaid())
        return
    for transition in table.transitions():
        print(f"{transition.state}\t{transition.event}\t{transition.target}\t{transition.condition}")


@app.command()
def gallery(folder: Path) -> None:
    """すべての画面を日本語と英語で絵にし、一つのページに並べる。"""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from kiosk_app.screens.gallery import write_gallery

    usable_folder(folder, "FOLDER")
    application = QApplication.instance() or QApplication([])
    print(write_gallery(folder))
    del application


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """この機械にあるものと足りないもの。"""
    from .doctor import examine

    findings = examine()
    if as_json:
        _print_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            print(
                f"{'○' if finding.found else '×' if finding.needed else '△'} {finding.name}　{finding.detail}"
            )
            if not finding.found:
                print(f"　→ {finding.remedy}")
    if any(finding.needed and not finding.found for finding in findings):
        raise typer.Exit(1)


@app.command()
def openapi(folder: Path) -> None:
    """センターと証明発行サーバの OpenAPI 文書を書き出す。"""
    from .openapi import write_documents

    for path in write_documents(usable_folder(folder, "FOLDER")):
        print(path)


@app.command()
def bench() -> None:
    """測定。最後の行は JSON。"""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from .bench import run_benchmarks

    print(json.dumps(run_benchmarks(lambda line: print(line, flush=True)), ensure_ascii=False))


@app.command()
def fuzz(
    count: Annotated[int, typer.Option("--count", min=1, help="コマンドの数")] = 1_000_000,
    seed: Annotated[int, typer.Option("--seed", help="同じ数なら同じ並びになる")] = 1,
) -> None:
    """仮想カードに無作為なコマンドを送り、模型の答えと比べる。"""
    from cards.fuzz import FuzzFailure
    from cards.fuzz import fuzz as fuzz_cards
    from cards.image import CardImage

    from .template import load_cards, template_folder

    template = template_folder()
    by_profile = {card.profile: card for card in load_cards(template).values()}
    loaded = [CardImage.load(template / card.file) for card in by_profile.values()]
    # cards that are slow or say nothing are so on purpose
    images = [image for image in loaded if not image.behaviour.mute and not image.behaviour.delay_ms]
    try:
        report = fuzz_cards(count, seed, images)
    except FuzzFailure as failure:
        _stop(f"食い違いが見つかりました（seed {seed}）: {failure}", 1)
    print(f"{report.commands} 個のコマンドに、模型と異なる応答はありませんでした（seed {seed}）。")


@paper_app.command("copy")
def paper_copy(pdf: Path, target: Annotated[Path, typer.Argument(help="写しの絵を置くフォルダ")]) -> None:
    """証明書を複写機にかけた写しを作る（けん制文字「複写」が現れるか、絵と数値で確かめる）。"""
    from .paper_pages import copy_paper

    if not pdf.is_file():
        _stop(f"{pdf} がありません。")
    try:
        lines = copy_paper(pdf, target)
    except OSError as error:
        _stop(f"{target} に書き込めません（{error.strerror}）。")
    for line in lines:
        print(line)


def main() -> None:
    """The entry point. A refusal by name becomes one sentence and exit code 2."""
    from server_stub.interface.failures import Failed

    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
        else:
            print(f"konbini: {told(error)}", file=sys.stderr)
        raise SystemExit(2) from error
    except (Failed, WrongUse, OSError) as error:
        print(f"konbini: {told(error)}", file=sys.stderr)
        raise SystemExit(2) from error
    raise SystemExit(code)


if __name__ == "__main__":
    main()
