"""A town's own folder of a kind that cannot be used: named with folder, file and line, and never the quiet end of a command."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.command.town_check import problems_of
from scenarios.towns import shipped_town
from server_stub.certificates import load_kinds
from server_stub.interface.failures import Failed

GOOD = """
from server_stub.certificates.residence import Residence
from server_stub.certificates.certificate import Certificate
from server_stub.interface.values import Place

class Odd(Residence):
    code = "odd"
    words = {"ja": "奇妙な証明書"}
    title = "奇妙な証明書"

CERTIFICATES = (Odd(),)
"""
AFTER_THE_LAST = GOOD.count("\n") + 1


def kind(root: Path, text: str) -> Path:
    folder = root / "certificates" / "odd"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text, encoding="utf-8")
    return root / "certificates"


def test_the_pattern_of_these_tests_is_a_kind(tmp_path: Path) -> None:
    assert "odd" in load_kinds(kind(tmp_path, GOOD))


@pytest.mark.parametrize(
    "text",
    [
        "raise RuntimeError('secret')",
        "raise SystemExit(0)",
        "import nope_nope",
        "def (",
        "CERTIFICATES = (Certificate(),)",
    ],
)
def test_code_that_cannot_be_run_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(Failed) as caught:
        load_kinds(kind(tmp_path, GOOD + text))
    told = caught.value
    assert (told.failure, told.facts["file"], told.facts["line"]) == (
        "Settings_Wrong",
        "odd/__init__.py",
        AFTER_THE_LAST,
    )
    assert "secret" not in str(told)


def test_code_that_is_mended_is_read_again(tmp_path: Path) -> None:
    root = kind(tmp_path, "import nope_nope")
    with pytest.raises(Failed, match="nope_nope"):
        load_kinds(root)
    (root / "odd" / "__init__.py").write_text(GOOD, encoding="utf-8")
    assert "odd" in load_kinds(root)


CHANGES = {
    "no list": ("CERTIFICATES =", "OTHER =", "CERTIFICATES"),
    "none listed": ("(Odd(),)", "()", "CERTIFICATES"),
    "None": ("(Odd(),)", "None", "CERTIFICATES"),
    "one and no list": ("(Odd(),)", "Odd()", "CERTIFICATES"),
    "a class": ("(Odd(),)", "(Odd,)", "CERTIFICATES"),
    "something else": ("(Odd(),)", "(object(),)", "CERTIFICATES"),
    "twice": ("(Odd(),)", "(Odd(), Odd())", "code"),
    "another's code": ('code = "odd"', 'code = "residence"', "code"),
    "a code that is a number": ('code = "odd"', "code = 5", "code"),
    "a code in capitals": ('code = "odd"', 'code = "Odd"', "code"),
    "a code too long": ('code = "odd"', f'code = "{"o" * 41}"', "code"),
    "no code": ("class Odd(Residence):\n    code = \"odd\"", "class Odd(Residence):\n    code = None", "code"),
    "no name in Japanese": ('{"ja": ', '{"en": ', "words"),
    "an empty name": ('{"ja": "奇妙な証明書"}', '{"ja": " "}', "words"),
    "a text for names": ('{"ja": "奇妙な証明書"}', '"odd"', "words"),
    "a name too long": ('{"ja": "奇妙な証明書"}', '{"ja": "長" * 101}', "words"),
    "no title": ('title = "奇妙な証明書"', "title = None", "title"),
    "no place": ('title =', "places = frozenset()\n    title =", "places"),
    "a place in letters": ('title =', 'places = "address"\n    title =', "places"),
    "no symbol": ('title =', 'symbol = "banana"\n    title =', "symbol"),
    "no terms": ('title =', "terms = None\n    title =", "terms"),
    "a register that is taken": ('title =', 'registers = {"person": Residence}\n    title =', "registers"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_certificate_lacks_is_named(tmp_path: Path, what: str) -> None:
    before, after, field = CHANGES[what]
    assert before in GOOD
    with pytest.raises(Failed) as caught:
        load_kinds(kind(tmp_path, GOOD.replace(before, after, 1)))
    assert (caught.value.failure, caught.value.facts["field"]) == ("Settings_Wrong", field)


def test_everything_that_folders_lack_is_told_at_once(tmp_path: Path) -> None:
    town = tmp_path / "town"
    shutil.copytree(shipped_town("mihon"), town)
    kind(town, GOOD.replace('code = "odd"', "code = 5").replace("title =", "terms = None\n    title ="))
    other = town / "certificates" / "other"
    other.mkdir()
    (other / "__init__.py").write_text("raise SystemExit(0)", encoding="utf-8")
    told = list(problems_of(town))
    for part in ("odd/__init__.py code", "odd/__init__.py terms", "other/__init__.py 1行目"):
        assert any(part in line for line in told), told


@pytest.mark.parametrize("hook", ["offer", "pick", "render"])
@pytest.mark.parametrize("what", ["raise LookupError('secret')", "raise SystemExit(0)", "return None"])
def test_a_hook_that_fails_for_the_specimen_is_told(tmp_path: Path, hook: str, what: str) -> None:
    town = tmp_path / "town"
    shutil.copytree(shipped_town("mihon"), town)
    kind(town, GOOD.replace("CERTIFICATES", f"    def {hook}(self, *told):\n        {what}\n\nCERTIFICATES"))
    settings = town / "municipality.toml"
    text = settings.read_text(encoding="utf-8")
    table = text[text.index("[service.residence]") : text.index("[service.seal_registration]")]
    settings.write_text(text + "\n" + table.replace("service.residence", "service.odd"), encoding="utf-8")
    told = list(problems_of(town))
    assert any("service.odd" in line for line in told), told
    assert not any("secret" in line or "service.residence" in line for line in told)


def test_a_folder_that_ends_the_program_ends_no_command_as_if_all_were_well(tmp_path: Path) -> None:
    town = tmp_path / "town"
    shutil.copytree(shipped_town("mihon"), town)
    kind(town, "import sys; sys.exit(0)")
    feature = tmp_path / "my.feature"
    feature.write_text(
        "# language: ja\n機能: 名前\n\n  シナリオ: 待つ\n    前提 キオスク端末が待機している\n",
        encoding="utf-8",
    )
    for command in (
        ["town", "check", str(town)],
        ["run", str(feature), "--town", str(town)],
        ["demo", "--town", str(town)],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "scenarios.cli", *command],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode != 0, command
        assert "odd/__init__.py" in done.stdout + done.stderr, (command, done.stdout, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
