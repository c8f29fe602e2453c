"""Where the stage keeps what it makes once per checkout: untracked, under `.konbini` (or KONBINI_HOME)."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FEATURES = Path(__file__).resolve().parent / "features"


def home() -> Path:
    """The folder itself, made if need be."""
    folder = _home()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def log_folder() -> Path:
    """Where every process of this checkout keeps its log, one file a command; made with the first line."""
    return _home() / "log"


def _home() -> Path:
    return Path(os.environ.get("KONBINI_HOME") or Path.cwd() / ".konbini")


def private_folder(folder: Path) -> Path:
    """`folder`, made if need be; from now on its owner's alone. For what holds keys, PINs or 個人番号."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_private(path: Path, content: bytes) -> None:
    """Write a file that was never anybody's but its owner's, not even for a moment. What lay there is replaced."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)


def copy_private(source: Path, target: Path) -> None:
    write_private(target, source.read_bytes())


def digest_of(paths: Iterable[Path]) -> str:
    """A short digest over the names and contents of files, so that what was made from them is made anew on a change."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.name.encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def fast_temporary_root() -> str | None:
    """Where short-lived books are fastest: a file system in memory that has room, else the system's own choice."""
    memory = Path("/dev/shm")  # noqa: S108
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    return str(memory) if roomy else None
