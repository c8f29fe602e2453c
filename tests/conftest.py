"""For all tests: no PC/SC call of this process, or of one it starts, ever reaches the readers of the machine."""

from __future__ import annotations

import os

from cards.pcscd import SOCKET_VARIABLE, process_folder, socket_path

# at once: libpcsclite keeps to the first socket it was shown
os.environ[SOCKET_VARIABLE] = str(socket_path(process_folder()))
