"""A PostgreSQL of one's own for a while: Debian's binaries, a cluster in a temporary folder, reached by its socket alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_USER = "konbini"
_USERS = ("postgres", "nobody")
"""Who runs it where the bench is run by root, whom PostgreSQL refuses."""


def programs() -> Path | None:
    """Find the newest PostgreSQL of the machine; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).parent if there else None


@contextmanager
def cluster() -> Iterator[str]:
    """Start a cluster and give the URL of its database. Its settings are Debian's; nothing of it is left behind."""
    place = programs()
    if place is None:
        raise FileNotFoundError("initdb")
    whose = _whose()
    with tempfile.TemporaryDirectory(prefix="konbini-postgresql-") as name:
        folder = Path(name)
        if whose is not None:
            os.chown(folder, whose.pw_uid, whose.pw_gid)
        _run(
            [
                str(place / "initdb"),
                "-D",
                f"{name}/data",
                "-U",
                _USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
            ],
            whose,
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{name}'"
        _run(
            [str(place / "pg_ctl"), "-D", f"{name}/data", "-w", "-l", f"{name}/log", "-o", options, "start"],
            whose,
        )
        try:
            _run([str(place / "createdb"), "-h", name, "-U", _USER, _USER], whose)
            yield f"postgresql+psycopg://{_USER}@/{_USER}?host={name}"
        finally:
            _run([str(place / "pg_ctl"), "-D", f"{name}/data", "-m", "fast", "-w", "stop"], whose)


def _whose() -> pwd.struct_passwd | None:
    """None: whoever runs this."""
    if os.getuid() != 0:
        return None
    known = {one.pw_name: one for one in pwd.getpwall()}
    return next(known[name] for name in _USERS if name in known)


def _run(command: list[str], whose: pwd.struct_passwd | None) -> None:
    user: dict[str, Any] = {}
    if whose is not None:
        user = {"user": whose.pw_uid, "group": whose.pw_gid, "extra_groups": []}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)
