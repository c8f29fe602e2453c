"""The recipes of docs/card-clients.md, as they stand there, by programs that know nothing of us: all on one card, behind one service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest

from cards.foreign import ForeignAuthority
from cards.personalise import personalise
from cards.profiles import load_profile
from cards.virtual import VirtualCard
from scenarios.paths import ROOT
from tests.cards.helper import HOLDER, key_source
from tests.cards.pcsc_service import lay_down, service, wait_for

DOCUMENT = ROOT / "docs" / "card-clients.md"
PIN, PASSWORD = "1234", "ABC123"
MODULE = Path("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so")
ENGINE = Path("/usr/lib/x86_64-linux-gnu/engines-3/pkcs11.so")
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = [pytest.mark.witness, pytest.mark.skipif(sys.platform != "linux", reason="Debian's programs")]


@dataclass(frozen=True)
class Recipe:
    """What one program needs to be there (a command, a library's file or a Python module), and what it says when all is well."""

    needs: tuple[str | Path, ...]
    says: tuple[str, ...]


RECIPES = {
    "OpenSC": Recipe(
        ("pkcs15-tool", "pkcs11-tool"), ("PIN [Digital Signature PIN]", "Verified OK\n", "Verified OK\n")
    ),
    "OpenSSL": Recipe((ENGINE,), ("Verified OK\n", "CMS Verification successful")),
    "OpenSSH": Recipe(("ssh-keygen", "ssh-agent"), ('Good "file" signature for holder@example.invalid',)),
    "GnuTLS": Recipe(("p11tool", "certtool"), ("Signing using RSA-SHA256... ok", "Signature status: ok")),
    "NSS": Recipe(
        ("certutil", "modutil"), ("User Authentication Key", "Certificate request self-signature verify OK")
    ),
    "Java": Recipe(("keytool",), ("PrivateKeyEntry", "Certificate request self-signature verify OK")),
    "pyHanko": Recipe(("pyhanko", "pkcs11", "pdfsig"), ("Signature is Valid", "Total document signed")),
    "GnuPG": Recipe(
        ("gpg-connect-agent", Path("/usr/lib/gnupg/scdaemon")),
        ("S CARD-ATR 3BE000FF8131FE4514", "D JPKIAPICCTOKEN2"),
    ),
    "pcsc-tools": Recipe(("scriptor",), ("< 63 C3",)),
}
"""By the heading in the document. The words are the programs' own."""
PYTHON_MODULES = ("pyhanko", "pkcs11")


def sections() -> dict[str, list[tuple[str, str]]]:
    """Language and text of each block that can be run, by heading."""
    parts = SECTION.split(DOCUMENT.read_text(encoding="utf-8"))
    return {title: BLOCK.findall(body) for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def missing(need: str | Path) -> bool:
    if isinstance(need, Path):
        return not need.exists()
    if need in PYTHON_MODULES:
        return subprocess.run([sys.executable, "-c", f"import {need}"], capture_output=True).returncode != 0
    return shutil.which(need) is None


@pytest.fixture(scope="module")
def lying() -> Iterator[VirtualCard]:
    """A card that is valid on this machine's day, since programs look at their own clock."""
    now = datetime.now(UTC) - timedelta(days=1)
    authority = ForeignAuthority(key_source, now=now, organisation="JPKI-SIM-CLIENTS")
    made = VirtualCard(personalise(load_profile("plain"), HOLDER, authority, key_source, now))
    slot = lay_down(made)
    yield made
    slot.remove()
    wait_for(lambda: not slot.present())


@pytest.fixture(scope="module")
def desk(lying: VirtualCard, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Folder and environment of whoever has followed the first section; a PDF to sign lies there."""
    if missing(MODULE):
        pytest.skip(f"{MODULE.name} is not installed")
    folder = tmp_path_factory.mktemp("clients")
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(folder / "document.pdf")
    settings, certificates = (text for _language, text in sections()["A card on a reader of your own"])
    (folder / "settings.sh").write_text(settings, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GNUPG", "SSH_"))}
    env |= {
        **service().environment(),
        "PIN": PIN,
        "PASSWORD": PASSWORD,
        "MODULE": str(MODULE),
        "LC_ALL": "C.UTF-8",
    }
    done = follow(folder, env, "sh", certificates)
    assert done.returncode == 0, done.stdout
    return folder, env


def follow(folder: Path, env: dict[str, str], language: str, text: str) -> subprocess.CompletedProcess[str]:
    command = (
        [sys.executable, "-c", text]
        if language == "python"
        else ["sh", "-eu", "-c", f". ./settings.sh\n{text}"]
    )
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        start_new_session=True,
    )


@pytest.mark.parametrize("program", RECIPES)
def test_a_foreign_program_does_with_the_card_what_the_page_says(
    program: str, lying: VirtualCard, desk: tuple[Path, dict[str, str]]
) -> None:
    recipe = RECIPES[program]
    for need in recipe.needs:
        if missing(need):
            pytest.skip(f"{program}: {need} is not installed")
    told = ""
    for language, text in sections()[program]:
        done = follow(*desk, language, text)
        told += done.stdout
        assert done.returncode == 0, told
    for words in recipe.says:
        assert words in told, told
        told = told.partition(words)[2] if recipe.says.count(words) > 1 else told
    # whatever a program tries, no recipe costs the tester a try
    left = [lying.image.pin("jpki", fid).tries for fid in (0x18, 0x1B)]
    assert left == [3, 5]


def test_the_page_and_the_programs_that_are_run_are_the_same() -> None:
    runnable = {title for title, blocks in sections().items() if blocks}
    assert runnable - {"A card on a reader of your own"} == set(RECIPES)
