"""One private PC/SC service for all tests of this process."""

from __future__ import annotations

import atexit
import functools
import os
import subprocess
import time
from collections.abc import Callable

from cards.errors import CardError
from cards.pcscd import PrivatePcscd
from cards.readers.pcsc import PcscReader
from cards.virtual import VirtualCard
from cards.vpcd import VpcdSlot


@functools.cache
def service() -> PrivatePcscd:
    """Running. It is part of what `make setup` installs, so its absence is a failure and no reason to skip."""
    assert not PrivatePcscd.missing(), f"run make setup; missing: {PrivatePcscd.missing()}"
    made = PrivatePcscd()
    made.use_in_this_process()
    made.start()
    atexit.register(made.remove_folder)
    atexit.register(made.stop)
    return made


def lay_down(card: VirtualCard) -> VpcdSlot:
    """`card` on the first slot, seen by the service."""
    slot = VpcdSlot(port=service().port)
    ends = time.monotonic() + 10
    while True:
        try:
            slot.insert(card)
            break
        except CardError as error:
            # the service opens its ports a moment after it has started
            if error.failure != "Reader_Absent" or time.monotonic() > ends:
                raise
            time.sleep(0.02)
    wait_for(PcscReader().present)
    return slot


def run(*command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """A foreign program on this service."""
    return subprocess.run(
        command, input=stdin, capture_output=True, timeout=30, env={**os.environ, **service().environment()}
    )


def wait_for(state: Callable[[], object], seconds: float = 10) -> None:
    """Until `state` holds; fails after so many seconds."""
    ends = time.monotonic() + seconds
    while not state():
        assert time.monotonic() < ends, "the state did not come"
        time.sleep(0.005)
