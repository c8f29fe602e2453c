"""The command `konbini`. Every command is thin: it reads its options and calls the room that does the work."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from . import paths
from .command.backups import backup, restoration, restore
from .command.cards import card_app
from .command.deliveries import delivery_app
from .command.options import JsonOption, TownOption, fold_help, print_json, stop, terminal_columns
from .command.registrations import registration_app, site
from .command.starting import console, demo, kiosk, run, server
from .command.towns import town_app
from .command.usage import WrongUse, told, usable_folder

_log = logging.getLogger("scenarios.cli")
app = typer.Typer(no_args_is_help=True, add_completion=False, help="コンビニ交付キオスクの模擬環境")
for starting in (run, demo, kiosk, console, site):
    app.command()(starting)
server_app = typer.Typer(invoke_without_command=True)
server_app.callback()(server)
for keeping in (backup, restore, restoration):
    server_app.command()(keeping)
app.add_typer(server_app, name="server")
app.add_typer(card_app, name="card")
app.add_typer(delivery_app, name="delivery")
app.add_typer(town_app, name="town")
app.add_typer(registration_app, name="registration")
paper_app = typer.Typer(no_args_is_help=True, help="証明書の紙")
app.add_typer(paper_app, name="paper")


@app.command()
def failures(as_json: JsonOption = False) -> None:
    """断りと障害の一覧。"""
    from server_stub.interface.failures import CATALOGUE

    rows = [
        {"name": f.name, "cause": f.cause, "remedy": f.remedy, "scenario": f.scenario, "status": f.status}
        for f in CATALOGUE.values()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['name']}\n  原因　{row['cause']}\n  対処　{row['remedy']}")
        if row["scenario"]:
            print(f"  場面　{row['scenario']}")


@app.command()
def steps(as_json: JsonOption = False) -> None:
    """シナリオに書ける文の一覧。それぞれに例と、入れられることばを添える。"""
    from cards.columns import hung

    from .steps.sentences import load

    sentences = load()
    if as_json:
        print_json([sentence.to_json() for sentence in sentences])
        return
    columns = terminal_columns()

    def say(head: str, text: str) -> None:
        print(*hung(head, text, columns), sep="\n")

    theme = ""
    for sentence in sentences:
        if sentence.theme != theme:
            theme = sentence.theme
            print(f"■ {theme}")
        say(f"{sentence.keyword}　", sentence.shown)
        if sentence.slots:
            say("　　例　", sentence.example)
    for slot in sorted(
        {slot for sentence in sentences for _, slot in sentence.slots}, key=lambda one: one.told
    ):
        if words := slot.known():
            print(f"｛{slot.label}｝")
            say("　　", "　".join(words))


@app.command()
def requirements(as_json: JsonOption = False) -> None:
    """要件の一覧。それぞれに出典、確かめるシナリオと最後の判定を添える。"""
    from .command.requirements import lines, rows, uncovered

    told = rows()
    if as_json:
        print_json([row.to_json() for row in told])
    else:
        print(*lines(told, terminal_columns()), sep="\n")
    if uncovered(told):
        raise typer.Exit(1)


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
def gallery(
    folder: Path,
    languages: Annotated[
        str, typer.Option("--languages", metavar="ja,en,…", help="画面の言語（ja、en、zh、ko、vi、pt）")
    ] = "ja,en",
) -> None:
    """すべての画面を絵にし、一つのページに並べる（言語は --languages、なければ日本語と英語）。"""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from kiosk_app.screens.gallery import write_gallery
    from kiosk_app.screens.texts import LANGUAGES

    chosen = tuple(one.strip() for one in languages.split(","))
    if not set(chosen) <= set(LANGUAGES):
        raise typer.BadParameter(f"{'、'.join(LANGUAGES)} から選んでください。", param_hint="--languages")
    usable_folder(folder, "FOLDER")
    application = QApplication.instance() or QApplication([])
    print(write_gallery(folder, chosen))
    del application


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """この機械にあるものと足りないもの。"""
    from .command.doctor import examine

    findings = examine()
    if as_json:
        print_json([finding.to_json() for finding in findings])
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
    from .command.openapi import write_documents

    for path in write_documents(usable_folder(folder, "FOLDER")):
        print(path)


@paper_app.command("copy")
def paper_copy(pdf: Path, target: Annotated[Path, typer.Argument(help="写しの絵を置くフォルダ")]) -> None:
    """証明書を複写機にかけた写しを作る（けん制文字「複写」が現れるか、絵と数値で確かめる）。"""
    from .command.paper_pages import copy_paper

    if not pdf.is_file():
        stop(f"{pdf} がありません。")
    for line in copy_paper(pdf, target):
        print(line)


@paper_app.command("references")
def paper_references(
    folder: Annotated[
        Path | None, typer.Argument(help="見比べるページを置くフォルダ（なければ paper-review）")
    ] = None,
    town: TownOption = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept", help="受け入れる絵の名前（* でまとめて指定できる）。繰り返して複数を指定できる"
        ),
    ] = None,
) -> None:
    """すべての紙面を参照の絵と見比べ、以前・いま・違いを並べたページを作る。"""
    from .command.reference_page import REVIEW, review

    target = usable_folder(folder or Path(REVIEW), "FOLDER")
    outcome = review(town or (), accept or (), target)
    print(*outcome.lines, sep="\n")
    if outcome.left:
        raise typer.Exit(1)


def main() -> None:
    """The entry point. A refusal by name becomes one sentence and exit code 2, an error of our own one sentence, a stack
    trace in the log, and 2."""
    from server_stub.interface.log import log_to

    command = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1].isalpha() else "konbini"
    file = paths.log_folder() / f"{command}.log"
    with log_to(file):
        raise SystemExit(_run_command(file))


def _run_command(log_file: Path) -> int:
    from cards.errors import CardError
    from server_stub.interface.failures import Failed

    fold_help()
    try:
        # not `app()`: Typer's own hook for errors that nobody caught would show what programs hold in their hands
        return int(typer.main.get_command(app)(standalone_mode=False) or 0)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
        else:
            print(f"konbini: {told(error)}", file=sys.stderr)
    except (Failed, CardError, WrongUse, OSError) as error:
        print(f"konbini: {told(error)}", file=sys.stderr)
    except (
        Exception,
        SystemExit,
    ) as error:  # a command returns its code: whoever ends the program meant no success
        if isinstance(error.__context__, BrokenPipeError):
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # so that closing it is no error either
            return 0  # whoever reads the output has seen enough
        _log.critical("the command ends with an error", exc_info=error)
        print(
            f"konbini: 予期しない障害が起きたため、終了します。経緯は {log_file} にあります。",
            file=sys.stderr,
        )
    return 2


if __name__ == "__main__":
    main()
