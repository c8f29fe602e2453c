"""The command line used wrongly: exit code 2, one sentence in Japanese that helps, no traceback, nothing left running."""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards.profiles import load_profile
from kiosk_app.folder_lock import FolderLock
from scenarios import cli, paths
from scenarios.command.usage import reason, told

pytestmark = pytest.mark.xdist_group("commands")


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with files that are nothing; the commands run in it."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\0")
    (tmp_path / "text.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "empty.feature").touch()
    (tmp_path / "latin.feature").write_bytes("# language: ja\n機能: 試し\n".encode("cp932"))
    (tmp_path / "torn.feature").write_text("# language: ja\n機能 こわれた\n", encoding="utf-8")
    (tmp_path / "right.feature").write_text(
        "# language: ja\n機能: 試し\n  シナリオ: 一つ\n    前提 キオスク端末が待機している\n",
        encoding="utf-8",
    )
    (tmp_path / "hollow.feature").write_text("# language: ja\n機能: 試し\n", encoding="utf-8")
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("KONBINI_HOME", str(paths.home()))
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def sentence(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says when it is used so. In this process: starting another costs half a second."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["konbini", *arguments])
        cli.main()
    told = capsys.readouterr()
    assert ended.value.code == 2, told
    assert "Traceback" not in told.out + told.err
    lines = told.err.strip().splitlines()
    assert len(lines) == 1, told.err
    assert re.match(r"konbini[a-z ]*: .*[ぁ-ん].*。", lines[0]), lines[0]
    return lines[0]


CARD = "六甲翠のカード"
CENTER = ("kiosk", "--center", "http://127.0.0.1:1")
WRONG = [
    (("nosuch",), "nosuch"),
    (("--nope",), "--nope"),
    (("run", "--nope"), "--nope"),
    (("run", "--jobs", "0"), "--jobs"),
    (("run", "--jobs", "many"), "--jobs"),
    (("run", "--reader", "smoke"), "--reader"),
    (("run", "no/such/folder"), "no/such/folder"),
    (("run", "text.txt"), "text.txt"),
    (("run", "torn.feature"), "2行目"),
    (("run", "empty.feature"), "empty.feature"),
    (("run", "latin.feature"), "UTF-8"),
    (("run", "hollow.feature"), "シナリオがありません"),
    (("run", "nothing"), "nothing"),
    (("run", "--evidence", "file"), "--evidence"),
    (("run", "--junit", "nothing"), "--junit"),
    (("run", "--junit", "file/junit.xml"), "--junit"),
    (("run", "--evidence", "pages", "--junit", "pages/index.html"), "--junit"),
    (("run", "--junit", "evidence/index.html"), "--junit"),
    (("run", "--junit", "right.feature", "right.feature"), "--junit"),
    (("server", "--ports", "a,b,c"), "--ports"),
    (("server", "--ports", "1,2"), "--ports"),
    (("server", "--ports", "-1,0,0"), "--ports"),
    (("server", "--ports", "0,0,99999"), "--ports"),
    (("server", "--folder", "file"), "--folder"),
    (("server", "--folder"), "--folder"),
    (("server", "more"), "more"),
    (("kiosk",), "--center"),
    (("kiosk", "--center", "ftp://x"), "--center"),
    (("kiosk", "--center", "http://"), "--center"),
    (("kiosk", "--center", "http://x:port"), "--center"),
    (("kiosk", "--center", "http://127.0.0.1:99999"), "--center"),
    ((*CENTER, "--reader", "smoke"), "--reader"),
    ((*CENTER, "--key-file", "none"), "--key-file"),
    ((*CENTER, "--key-file", "nothing"), "--key-file"),
    ((*CENTER, "--key-file", "bytes"), "--key-file"),
    ((*CENTER, "--key-file", "empty.feature"), "--key-file"),
    ((*CENTER, "--folder", "file"), "--folder"),
    ((*CENTER, "--clock", "later"), "--clock"),
    ((*CENTER, "--trace", "file"), "--trace"),
    ((*CENTER, "--monitor", "2"), "--full-screen"),
    ((*CENTER, "--full-screen", "--monitor", "2"), "2 番の画面はありません（この機械の画面は 1 台です）"),
    ((*CENTER, "--full-screen", "--monitor", "0"), "--monitor"),
    ((*CENTER, "--full-screen", "--panel"), "--full-screen を外して"),
    (("demo", "--reader", "pcsc"), "画面のある機械"),
    (("demo", "--full-screen"), "--full-screen"),
    (("server", "--clock", "22:59"), "--clock"),
    (("run", "-k", "a and"), "「a and」"),
    (("card", "show"), "カードの名前を"),
    (("card", "show", "nobody"), "nobody"),
    (("card", "list", "more"), "more"),
    (("card", "list", "--jsn"), "--json"),
    (("card", "insert", "nobody"), "nobody"),
    (("card", "insert", CARD, "--vpcd", "nonsense"), "--vpcd"),
    (("failures", "more"), "more"),
    (("flow", "--mermaidd"), "--mermaid"),
    (("doctor", "more"), "more"),
    (("gallery",), "フォルダを"),
    (("gallery", "file"), "file"),
    (("openapi", "file"), "file"),
    (("paper", "copy", "none.pdf", "out"), "none.pdf"),
    (("paper", "copy", "text.txt", "out"), "Paper_Corrupt"),
    (("demo", "more"), "more"),
    (("demo", "--pace", "fast"), "（real、none のどれか）"),
    (("demo", "--monitor", "two"), "（数）"),
    (("demo", "--tour", ""), "all"),
    (("demo", "--tour", "a\x1b[31m\u202eb"), "「a\\x1b[31m\\x202eb」"),
    (("demo", "--tour", "x" * 3000), "xxx…xxx"),
    (("demo", "--pictures", ""), "--pictures が空です"),
    (("server", "--folder", "", "--begin-anew"), "--folder が空です"),
    (("run", ""), "が空です"),
    (("run", "--tag", "@", "right.feature"), "タグの名前がありません"),
    (("gallery", ""), "が空です"),
    (("gallery", "new", "--language", ""), "「」"),
    (("gallery", "--composed"), "--composed には値を続けて"),
    (("gallery", "--composed=x", "new"), "--composed は"),
    (("gallery", "--composed", "nothing"), "nothing はフォルダです"),
    (("gallery", "--composed", "file/picture.png"), "フォルダではありません"),
    (("doctor", "--json=x"), "--json には値は付けられません"),
    (("paper", "unscramble"), "裏面を読み取ったファイルを"),
    (("paper", "unscramble", "nothing"), "nothing はファイルではありません"),
    (("paper", "unscramble", "text.txt"), "Scan_Unreadable"),
    (("paper", "unscramble", "text.txt", "--out", "nothing"), "nothing はフォルダです"),
    (("paper", "unscramble", "text.txt", "--out", "./text.txt"), "読み取ったファイルそのもの"),
]
LEFT_OUT = [
    ("demo", "--tour", "nosuch", "--pictures", "new"),
    ("demo", "--reader", "pcsc", "--pictures", "new"),
    ("demo", "--monitor", "1", "--pictures", "new"),
    ("gallery", "new", "--language", "xx"),
    ("gallery", "new", "--mode", "dark"),
]


@pytest.mark.parametrize(
    ("arguments", "named"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_one_sentence_names_what_is_wrong(
    odd: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], named: str
) -> None:
    assert named in sentence(capsys, *arguments)


@pytest.mark.parametrize("arguments", LEFT_OUT, ids=" ".join)
def test_a_wrong_word_leaves_no_folder_behind(
    odd: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    sentence(capsys, *arguments)
    assert not (odd / "new").exists()


OWN_REASON = re.compile(r"（[^（）A-Za-z]*[ぁ-ん一-龠][^（）A-Za-z]*）。$")
"""At the end of a sentence, and without a word of the operating system's own."""
PLACES = {
    "file": "フォルダではありません（ファイルです）",
    "file/below": "途中にフォルダではないものがあります",
    "n" * 300: "名前が長すぎます",
}
if sys.platform == "linux":
    PLACES["/proc/nosuch"] = "ファイルまたはフォルダがありません"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[:12])
@pytest.mark.parametrize(
    "arguments",
    [
        ("gallery", "{}"),
        ("openapi", "{}"),
        ("run", "--evidence", "{}"),
        ("run", "--junit", "{}/junit.xml"),
        (*CENTER, "--trace", "{}"),
        (*CENTER, "--folder", "{}"),
        ("server", "--folder", "{}"),
    ],
    ids=lambda arguments: " ".join(arguments[::2]),
)
def test_why_a_place_cannot_be_written_is_told_in_japanese(
    odd: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], place: str
) -> None:
    told_so = sentence(capsys, *(argument.format(place) for argument in arguments))
    assert OWN_REASON.search(told_so), told_so
    assert PLACES[place] in told_so


def test_a_copy_of_a_paper_that_cannot_be_written_is_told_in_japanese(
    odd: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(pdf: Path, target: Path) -> list[str]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr("scenarios.command.paper_pages.copy_paper", full)
    told_so = sentence(capsys, "paper", "copy", "text.txt", "out")
    assert told_so == "konbini: out を読み書きできません（空き容量がありません）。"


@pytest.mark.parametrize("number", sorted(errno.errorcode), ids=lambda number: errno.errorcode[number])
def test_no_error_of_the_operating_system_is_told_in_its_own_words(number: int) -> None:
    error = OSError(number, os.strerror(number), "場所")
    assert OWN_REASON.search(told(error)), told(error)
    assert reason(error) in told(error) and os.strerror(number) not in told(error)


def test_an_error_without_a_number_is_told_all_the_same() -> None:
    assert told(OSError("cannot do it")) == "続けられません（理由は不明です）。"


@pytest.mark.parametrize("display", ["", ":97"], ids=["no display", "a display that nobody serves"])
@pytest.mark.parametrize(
    ("arguments", "way_on"),
    [
        (CENTER, "QT_QPA_PLATFORM"),
        ((*CENTER, "--panel"), "QT_QPA_PLATFORM"),
        (("run", "--headed"), "--headed"),
    ],
)
def test_without_a_display_the_way_on_is_told_and_nothing_aborts(
    odd: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    way_on: str,
    display: str,
) -> None:
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", display)
    told = sentence(capsys, *arguments)
    assert "画面がない" in told and way_on in told


def test_a_service_that_does_not_run_is_told_before_anything_starts(odd: Path) -> None:
    """In a process of its own: PC/SC is looked for once a process."""
    result = subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "run", "--reader", "pcsc:NOSUCH"],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(paths.ROOT), "PCSCLITE_CSOCK_NAME": str(odd / "nobody")},
        check=False,
    )
    assert result.returncode == 2, result
    assert "PC/SC のサービスが動いていません" in result.stderr
    assert len((result.stderr + result.stdout).strip().splitlines()) == 1


def test_a_port_that_is_taken_is_told(odd: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told_so = sentence(capsys, "server", "--ports", f"{port},0,0")
        assert "--ports" in told_so and "（ほかで使用中です）" in told_so


def test_a_profile_that_makes_no_sense_is_told_by_file_and_line(
    odd: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(paths.ROOT / "cards" / "profiles" / "plain.toml", odd)
    text = 'overlay = "plain"\npurpose = "試し"\n[behaviour]\ndelay = 5\n'
    (odd / "odd_one.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("cards.profiles.load_profile", lambda name: load_profile("odd_one", odd))
    told_so = sentence(capsys, "card", "list", "--profiles")
    assert "Settings_Wrong" in told_so and "odd_one.toml 4行目" in told_so


@pytest.mark.parametrize(
    "command", [(), ("card",), ("paper",)], ids=lambda command: " ".join(command) or "nothing"
)
def test_without_a_command_the_commands_are_listed(
    odd: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["konbini", *command])
        cli.main()
    told = capsys.readouterr()
    assert ended.value.code == 2
    for word in {(): ("run", "kiosk"), ("card",): ("list", "show"), ("paper",): ("copy",)}[command]:
        assert word in told.out + told.err


def kiosk(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`konbini kiosk` in a process of its own, on a display that nobody sees."""
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", *CENTER, "--folder", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ
        | {
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": str(paths.ROOT),
            "KONBINI_HOME": str(paths.home()),
        },
        check=False,
    )


@pytest.mark.parametrize("more", [(), ("--panel",)], ids=["alone", "panel"])
def test_a_second_terminal_on_a_folder_is_told_so_and_throws_nothing_away(
    odd: Path, more: tuple[str, ...]
) -> None:
    held = FolderLock(odd / "held" / "data")
    kept = odd / "held" / "trace" / "kiosk.jsonl"
    kept.parent.mkdir()
    kept.write_text("kept", encoding="utf-8")
    result = kiosk(odd / "held", *more)
    held.release()
    assert result.returncode == 2, result
    assert "Terminal_Folder_In_Use" in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert kept.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--center-key", "zz"), "Settings_Wrong"),
        (("--terminal-id", ""), "Settings_Wrong"),
        (("--folder", "damaged"), "Journal_Damaged"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_terminal_that_cannot_begin_does_not_stand_there_with_its_first_screen(
    odd: Path, arguments: tuple[str, ...], named: str
) -> None:
    journal = odd / "damaged" / "data" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("{}\n{}\n", encoding="utf-8")
    result = kiosk(odd / "k", *arguments)
    assert result.returncode == 2, result
    assert named in result.stderr and "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
