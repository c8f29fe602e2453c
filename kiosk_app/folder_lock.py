"""One terminal a folder: two on the same journal, cash box and tray would each settle what the other has begun."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from server_stub.interface.failures import Failed


class FolderLock:
    """Holds `folder` for this terminal until `release`, or until its process ends, however that happens. Something else than
    a terminal has a file and a failure of its own."""

    FILE = "terminal.lock"
    FAILURE = "Terminal_Folder_In_Use"

    def __init__(self, folder: Path) -> None:
        """Raises Failed(Terminal_Folder_In_Use), OSError for a folder that cannot be used."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / self.FILE).open("ab")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise Failed(self.FAILURE, folder=str(folder)) from error

    def release(self) -> None:
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        # of the open file, not of the process: a second terminal in the same process is kept out too
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
