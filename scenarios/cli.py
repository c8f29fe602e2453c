"""The command `konbini`. Every command is thin: it reads its options and calls the room that does the work."""

from __future__ import annotations

import sys

from .command import splash

splash.begin(sys.argv)  # before anything that takes long to read

import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from . import paths
from .command.colours import BAD, HEADING, marked, painted
from .command.menu import Menu
from .command.options import JsonOption, TownOption, print_columns, print_json, stop, terminal_columns
from .command.usage import WrongUse, printable, told, usable_file, usable_folder

_log = logging.getLogger("scenarios.cli")
ELSEWHERE = {
    "run": ("scenarios.command.starting", "run"),
    "demo": ("scenarios.command.starting", "demo"),
    "kiosk": ("scenarios.command.starting", "kiosk"),
    "console": ("scenarios.command.starting", "console"),
    "server": ("scenarios.command.backups", "server_app"),
    "site": ("scenarios.command.registrations", "site"),
    "card": ("scenarios.command.cards", "card_app"),
    "delivery": ("scenarios.command.deliveries", "delivery_app"),
    "town": ("scenarios.command.towns", "town_app"),
    "registration": ("scenarios.command.registrations", "registration_app"),
}
"""Commands that are loaded when they are called: what starts is quick to start."""
_SEE, _TEST, _SERVE, _PEOPLE, _READ = "見る", "試す", "動かす", "住民・カード・申請", "資料と紙"
PANELS = {
    **dict.fromkeys(("demo", "doctor", "gallery"), _SEE),
    **dict.fromkeys(("run", "steps", "requirements"), _TEST),
    **dict.fromkeys(("server", "kiosk", "console", "site"), _SERVE),
    **dict.fromkeys(("town", "card", "delivery", "registration"), _PEOPLE),
    **dict.fromkeys(("paper", "failures", "flow", "openapi"), _READ),
}
"""Under which heading, and in which order, the help has them."""
app = Menu(no_args_is_help=True, help="コンビニ交付キオスクの模擬環境", elsewhere=ELSEWHERE, panels=PANELS)
paper_app = Menu(no_args_is_help=True, help="証明書の紙")
app.add_typer(paper_app, name="paper")


@app.command()
def failures(as_json: JsonOption = False) -> None:
    """断りと障害の一覧。"""
    from server_stub.interface.failures import CATALOGUE

    rows = [
        {
            "name": f.name,
            "number": f.number,
            "cause": f.cause,
            "remedy": f.remedy,
            "scenario": f.scenario,
            "status": f.status,
        }
        for f in CATALOGUE.values()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['number']}　{row['name']}\n  原因　{row['cause']}\n  対処　{row['remedy']}")
        if row["scenario"]:
            print(f"  場面　{row['scenario']}")


@app.command()
def steps(
    as_json: JsonOption = False,
    vscode: Annotated[
        bool,
        typer.Option(
            "--vscode",
            help="一覧の代わりに、文の色分けと補完のための VS Code の設定を、いまのフォルダの .vscode に書く",
        ),
    ] = False,
) -> None:
    """シナリオに書ける文の一覧。それぞれに例と、入れられることばを添える。"""
    from cards.columns import hung

    from .steps.sentences import load

    sentences = load()
    if vscode:
        from .command.vscode import EXTENSION, write_settings

        print(*write_settings(Path.cwd(), sentences), sep="\n")
        print(f"このフォルダを VS Code で開き、拡張機能 Cucumber（{EXTENSION}）を導入してください。")
        return
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
            print(painted(f"■ {theme}", HEADING))
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
    print_columns([(one.state, one.event, one.target, one.condition) for one in table.transitions()])


@app.command()
def gallery(
    folder: Annotated[Path | None, typer.Argument(help="絵とページを置くフォルダ")] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="言語（ja、en など。繰り返せる。なければ日本語と英語）")
    ] = None,
    mode: Annotated[list[str] | None, typer.Option(help="画面の見え方（繰り返せる。なければ標準）")] = None,
    composed: Annotated[
        Path | None,
        typer.Option(
            "--composed",
            help="フォルダの代わりに、端末・操作盤・証明書・証跡を一枚に組んだ絵（PNG）を書くファイル",
        ),
    ] = None,
) -> None:
    """すべての画面を利用の順に絵にし、一つのページに並べる。"""
    if composed is not None:
        if folder is not None or language or mode:
            raise WrongUse("--composed は、ほかの指定を外して実行してください。")
        usable_file(composed, "--composed")
        from .command.first_sight import compose

        compose(composed)
        print(composed)
        return
    if folder is None:
        raise WrongUse(
            "絵とページを置くフォルダを指定してください。使い方は konbini gallery --help で表示できます。"
        )
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from .command.gallery import known, write_gallery
    from .command.progress import Progress

    known(language or (), mode or ())
    usable_folder(folder, "FOLDER")
    application = QApplication.instance() or QApplication([])
    progress = Progress("画面", "枚", only_on_a_screen=True)
    page = write_gallery(folder, language or (), mode or (), progress.tell)
    progress.clear()
    print(page)
    del application


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """この機械にあるものと足りないもの。"""
    from cards.columns import hung, padded, width

    from .command.doctor import examine, verdict

    findings = examine()
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        columns, room = terminal_columns(), max(width(finding.name) for finding in findings)
        for finding in findings:
            mark = "○" if finding.found else "×" if finding.needed else "△"
            first, *rest = hung(f"  {padded(finding.name, room + 2)}", finding.detail, columns)
            print(marked(mark) + first[1:], *rest, sep="\n")
            if not finding.found:
                print(*hung("　→ ", finding.remedy, columns), sep="\n")
        print(f"{marked(verdict(findings)[0])}{verdict(findings)[1:]}")
    if any(finding.needed and not finding.found for finding in findings):
        raise typer.Exit(1)


@app.command()
def openapi(folder: Annotated[Path, typer.Argument(help="文書を置くフォルダ")]) -> None:
    """センターと証明発行サーバの OpenAPI 文書を書き出す。"""
    from .command.openapi import write_documents

    for path in write_documents(usable_folder(folder, "FOLDER")):
        print(path)


@paper_app.command("copy")
def paper_copy(
    pdf: Annotated[Path, typer.Argument(help="証明書のPDFファイル")],
    target: Annotated[Path, typer.Argument(help="写しの絵を置くフォルダ")],
) -> None:
    """証明書を複写機にかけた写しを作る（けん制文字「複写」が現れるか、絵と数値で確かめる）。"""
    from .command.paper_pages import copy_paper

    if not pdf.is_file():
        stop(f"{pdf} がありません。")
    for line in copy_paper(pdf, target):
        print(line)


@paper_app.command("unscramble")
def paper_unscramble(
    scan: Annotated[
        Path, typer.Argument(metavar="FILE", help="裏面を読み取ったファイル（PNG、JPEG、TIFF、PDF）")
    ],
    front: Annotated[
        Path | None, typer.Option("--front", help="表面を読み取ったファイル（FILE に両面がないとき）")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="復元した表面を書くファイル（PNG）")] = None,
    server_folder: Annotated[
        Path | None,
        typer.Option("--server-folder", help="konbini server --folder のフォルダ（そのセンターの鍵を使う）"),
    ] = None,
) -> None:
    """裏面のスクランブル画像を元に戻し、表面と見比べる絵を作る。"""
    from server_stub.interface.secret import Secret
    from server_stub.paper.scramble import ScrambleKey

    from .command.paper_pages import unscramble_paper
    from .server_folder import KEYS
    from .stage_secrets import BACK_PAGE_KEY, KeyPool

    for file in (scan, front):
        if file is not None and not file.is_file():
            stop(f"{file} {'はファイルではありません' if file.exists() else 'がありません'}。")
    if out is not None:
        usable_file(out, "--out")
        if out.exists() and any(file is not None and out.samefile(file) for file in (scan, front)):
            stop(f"--out に指定した {out} は、読み取ったファイルそのものです。別の名前を指定してください。")
    if server_folder is not None and not (server_folder / KEYS).is_dir():
        stop(f"{server_folder} は、konbini server --folder のフォルダではありません。")
    keys = KeyPool() if server_folder is None else KeyPool(server_folder / KEYS, KeyPool())
    key = ScrambleKey.of(Secret(keys.text(BACK_PAGE_KEY)))
    lines, good = unscramble_paper(scan, front, out, key)
    print(*lines, sep="\n")
    if not good:
        raise typer.Exit(1)


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

    try:
        # not `app()`: Typer's own hook for errors that nobody caught would show what programs hold in their hands
        return int(typer.main.get_command(app)(prog_name="konbini", standalone_mode=False) or 0)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
        else:
            print(f"{painted('konbini:', BAD, sys.stderr)} {printable(told(error))}", file=sys.stderr)
    except BrokenPipeError:
        return _enough_was_read()
    except (Failed, CardError, WrongUse, OSError) as error:
        print(f"{painted('konbini:', BAD, sys.stderr)} {printable(told(error))}", file=sys.stderr)
    except (
        Exception,
        SystemExit,
    ) as error:  # a command returns its code: whoever ends the program meant no success
        if isinstance(error.__context__, BrokenPipeError):
            return _enough_was_read()
        _log.critical("the command ends with an error", exc_info=error)
        print(
            f"konbini: 予期しない障害が起きたため、終了します。経緯は {log_file} にあります。",
            file=sys.stderr,
        )
    return 2


def _enough_was_read() -> int:
    """Whoever reads the output has gone: no error, and closing it is none either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    main()
