"""The command line as whoever types it sees it: quick, in Japanese, wrapped and never cut, coloured on a terminal only, and with the
nearest right word for a wrong one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len

from cards.columns import hung
from scenarios import paths
from scenarios.cli import app
from scenarios.command.chosen import pasted_titles
from scenarios.command.doctor import Finding, verdict
from scenarios.command.menu import Group
from scenarios.command.usage import WrongUse, name_of
from tests.command_line import konbini

pytestmark = pytest.mark.xdist_group("commands")
HEAVY = {"PySide6", "httpx", "pydantic", "pytest", "sqlalchemy", "fastapi", "PIL", "typst", "cryptography"}
ENGLISH_OF_TYPER = (
    "Usage",
    "Options",
    "Arguments",
    "Commands",
    "Show this message",
    "required",
    "default",
    "TEXT",
    "INTEGER",
)


def commands() -> Iterator[str]:
    top: Any = typer.main.get_command(app)
    context = typer.Context(top, info_name="konbini")

    def below(group: Any, words: str) -> Iterator[str]:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            yield f"{words}{name}"
            if isinstance(command, Group):
                yield from below(command, f"{words}{name} ")

    yield from ("", *below(top, ""))


COMMANDS = list(commands())


def test_starting_loads_nothing_that_only_some_command_needs() -> None:
    """Also where every command is made, as for the help."""
    code = (
        "import sys, contextlib, io\n"
        "from scenarios import cli\n"
        "sys.argv = ['konbini', '--help']\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): cli.main()\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert HEAVY & set(done.stdout.split()) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_is_japanese_and_whole_in_eighty_columns(command: str) -> None:
    told = konbini(*command.split(), "--help", screen=True, more={"NO_COLOR": "1"})
    assert told.code == 0 and told.out.startswith(f"使い方: konbini {command}".rstrip()), told
    assert not [word for word in ENGLISH_OF_TYPER if word in told.out]
    for line in told.out.splitlines():
        assert cell_len(line) <= 80, line
    top: Any = typer.main.get_command(app)
    context = typer.Context(top, info_name="konbini")
    found = top
    for name in command.split():
        found = found.get_command(context, name)
    squeezed = re.sub(r"\s", "", told.out)
    for param in found.params:
        if not getattr(param, "hidden", False):
            assert re.search(r"[ぁ-んァ-ヶ一-龠]", param.help or ""), (
                f"{command} {param.name} has no Japanese help"
            )
            assert re.sub(r"\s", "", param.help) in squeezed, param.name


def test_no_word_of_latin_letters_is_cut_in_two() -> None:
    """Also where the sign behind it may not begin a line."""
    for columns in range(20, 60):
        lines = list(
            hung("", "見学コース（lost-card、wrong-paper）を、画面なしで進める（省略時: virtual）。", columns)
        )
        words = set(re.findall(r"[!-~]+", " ".join(lines)))
        assert words <= {"lost-card", "wrong-paper", ":", "virtual"}, (columns, lines)


def test_every_argument_that_must_be_given_has_a_name_for_the_user() -> None:
    top: Any = typer.main.get_command(app)
    context = typer.Context(top, info_name="konbini")
    for words in COMMANDS:
        command = top
        for word in words.split():
            command = command.get_command(context, word)
        for param in command.get_params(context):
            if param.required and param.param_type_name == "argument":
                assert not name_of(param).isascii(), (words, param.name)


def test_colours_are_for_a_terminal_and_nobody_who_declined_them() -> None:
    plain = konbini("doctor")
    painted = konbini("doctor", screen=True)
    assert "\x1b[" in painted.out and "\x1b" not in plain.out
    assert "\x1b" not in konbini("doctor", screen=True, more={"NO_COLOR": "1"}).out
    assert "\x1b" not in konbini("doctor", screen=True, more={"TERM": "dumb"}).out


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["rnu"], "konbini run"),
        (["insert"], "konbini card insert"),
        (["backup"], "konbini server backup"),
        (["card", "lst"], "konbini card list"),
        (["run", "--evidnce", "x"], "--evidence"),
        (["card", "show", "六甲緑"], "六甲翠"),
        (["card", "insert", "--profile", "pin_one_lef"], "pin_one_left"),
        (["demo", "--town", "kobbe"], "kobe"),
        (["registration", "list", "--state", "usble"], "usable"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_nearest_right_word_is_told(arguments: list[str], meant: str) -> None:
    told = konbini(*arguments)
    assert told.code == 2 and meant in told.err.split("。", 1)[1], told.err


FEATURE = """# language: ja
機能: 貼り付け
  シナリオ: 「六甲翠」の 画面（その１）：確かめる
    前提 キオスク端末が待機している
  シナリオ: 画面（その１）
    前提 キオスク端末が待機している
  シナリオアウトライン: <誰>の "表示" / 一覧
    前提 キオスク端末が待機している
    例:
      | 誰 |
      | 港太一 |
      | 港美波 |
"""


@pytest.mark.parametrize(
    ("pasted", "chosen"),
    [
        ("「六甲翠」の 画面（その１）：確かめる", ["「六甲翠」の 画面（その１）：確かめる"]),
        ("  シナリオ: 「六甲翠」の 画面（その１）：確かめる\n", ["「六甲翠」の 画面（その１）：確かめる"]),
        ("○ 画面（その１）  1.20 秒", ["画面（その１）"]),
        ("画面(その1)", ["画面（その１）"]),
        ("(その1):確", ["「六甲翠」の 画面（その１）：確かめる"]),
        ('港太一の "表示" / 一覧（港太一）', ['港太一の "表示" / 一覧（港太一）']),
        ("の “表示” / 一覧", ['港太一の "表示" / 一覧（港太一）', '港美波の "表示" / 一覧（港美波）']),
        ("画面 and not 六甲翠", []),
        ("六甲翠", []),
        ("", []),
    ],
)
def test_a_pasted_title_is_the_scenario_of_that_title(pasted: str, chosen: list[str], tmp_path: Path) -> None:
    """None: an expression, as pytest reads it."""
    from scenarios.command.chosen import plain_title

    (tmp_path / "a.feature").write_text(FEATURE, encoding="utf-8")
    assert pasted_titles(pasted, [tmp_path]) == tuple(plain_title(one) for one in chosen)


def test_what_is_no_title_and_no_expression_is_told_with_the_nearest_title(tmp_path: Path) -> None:
    (tmp_path / "a.feature").write_text(FEATURE, encoding="utf-8")
    with pytest.raises(WrongUse, match=r"もしかして: .*画面（その１）"):
        pasted_titles("画面 （その２）", [tmp_path])


def test_the_doctor_ends_with_one_sentence() -> None:
    there, lacks = Finding("甲", True, True, ""), Finding("乙", False, False, "")
    broken = Finding("丙", False, True, "")
    assert verdict([there]) == "○ デモもシナリオも、この機械ですべて動きます。"
    assert verdict([there, lacks]).startswith("○ ") and "乙" in verdict([there, lacks])
    assert verdict([there, lacks, broken]).startswith("× ") and "丙" in verdict([there, lacks, broken])
    last = konbini("doctor").out.splitlines()[-1]
    assert last[0] in "○×" and last.endswith("。")
    found = {row["name"]: row for row in json.loads(konbini("doctor", "--json").out)}
    assert found["フォント IPAmj明朝"]["found"] and found["フォント BIZ UDPGothic"]["found"]
    assert all(row["remedy"] for row in found.values() if not row["found"])


def test_the_lists_are_complete_json() -> None:
    cards = json.loads(konbini("card", "list", "--json").out)
    assert all(card["name"] and card["purpose"] for card in cards) and len(cards) >= 24
    failures = json.loads(konbini("failures", "--json").out)
    assert all({"name", "cause", "remedy", "scenario"} <= set(row) for row in failures)


def test_the_flow_is_told_as_a_table_and_as_a_diagram() -> None:
    table = konbini("flow")
    assert table.code == 0 and "TakeCard" in table.out
    assert konbini("flow", "--mermaid").out.startswith("stateDiagram-v2")
