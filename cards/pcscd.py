"""Run a private pcscd: without root, other readers and others' programs. It gets its socket handed over (LISTEN_FDS)."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from .errors import CardError
from .ports import listener_on

DRIVERS = (
    "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
    "/usr/lib64/pcsc/drivers/serial/libifdvpcd.so",
)
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
"""Where programs that use libpcsclite look for the daemon."""
START_SECONDS = 15.0
"""Real seconds within which the service has its reader, on the busiest of machines."""
_HANDOVER = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); "
    "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])"
)


class PrivatePcscd:
    """Run pcscd with one vpcd reader of two slots, on `port` and `port` + 1. A context manager.

    Programs find it by `environment()`; a process keeps to the first socket it saw (`use_in_this_process`).
    """

    def __init__(self, port: int = 0, folder: Path | None = None) -> None:
        """Prepare a service.

        `port`: 0 for a free pair. `folder`: a short path for socket and configuration, else one for this process.
        """
        self.folder = folder or process_folder()
        self.port = port or free_port_pair()
        self.socket_path = socket_path(self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def missing() -> Sequence[str]:
        """List what this machine lacks for it, by Debian package."""
        lacks = []
        if _program() is None:
            lacks.append("pcscd")
        if _driver() is None:
            lacks.append("vsmartcard-vpcd")
        return lacks

    def environment(self) -> dict[str, str]:
        return {SOCKET_VARIABLE: str(self.socket_path)}

    def use_in_this_process(self) -> None:
        """Point this process to the service, before its first PC/SC call: libpcsclite looks at its environment only then."""
        os.environ.update(self.environment())

    def start(self, *, readers: bool = True) -> None:
        """Start the service; `readers=False`: without any reader. Again after `stop`: on the same socket and ports.

        Raises CardError(Reader_Service_Stopped) if pcscd or the vpcd driver is not installed, or the folder not ours."""
        program, driver = _program(), _driver()
        if program is None or driver is None:
            raise CardError("Reader_Service_Stopped", missing=list(self.missing()))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.folder.stat().st_uid != os.getuid():
            # in a folder of somebody else's making, somebody else could sit on the socket
            raise CardError("Reader_Service_Stopped", folder=str(self.folder))
        config = self.folder / "readers"
        config.mkdir(exist_ok=True)
        place = config / "vpcd"
        if readers:
            port = f"0x{self.port:X}"
            lines = (
                'FRIENDLYNAME "Konbini Virtual"',
                f"DEVICENAME /dev/null:{port}",
                f"LIBPATH {driver}",
                f"CHANNELID {port}",
            )
            place.write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            place.unlink(missing_ok=True)
        self.socket_path.unlink(missing_ok=True)
        log = (self.folder / "pcscd.log").open("ab")
        with log, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.bind(str(self.socket_path))
            listening.listen(16)
            handle = str(listening.fileno())
            daemon = [program, "--foreground", "--config", str(config)]
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-c", _HANDOVER, handle, *daemon],
                pass_fds=(listening.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for whoever started it, who then stops it
                start_new_session=True,
            )
        if readers:
            self._wait_for_the_reader()

    def _wait_for_the_reader(self) -> None:
        limit = time.monotonic() + START_SECONDS
        while self._process is not None and listener_on(self.port) is None:
            if self._process.poll() is not None or time.monotonic() > limit:
                raise CardError("Reader_Service_Stopped", folder=str(self.folder))
            time.sleep(0.005)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        with contextlib.suppress(OSError):
            self.socket_path.unlink()

    def remove_folder(self) -> None:
        """Remove the folder, after `stop`, when nobody needs the service's log any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def process_folder() -> Path:
    """Return the same folder for all of one process, since libpcsclite keeps to the first socket it was shown."""
    return Path(tempfile.gettempdir()) / f"konbini-pcscd-{os.getpid()}"


def socket_path(folder: Path) -> Path:
    """Return the socket on which a service of that folder listens."""
    return folder / "pcscd.comm"


def free_port_pair() -> int:
    """Find a port that is free on this machine, and so is the next: below those that systems lend to outgoing connections,
    one of which could take it while the service restarts."""
    for _ in range(100):
        port = random.randrange(20000, 30000, 2)
        with contextlib.suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("", port))
            second.bind(("", port + 1))
            return port
    raise CardError("Reader_Absent", detail="no free pair of ports")


def _program() -> str | None:
    return shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin:/usr/local/sbin")


def _driver() -> str | None:
    return next((path for path in DRIVERS if Path(path).exists()), None)
