"""`konbini server`: the three nodes alone, until they are stopped."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

from scenarios import places
from scenarios.enrolment import load_enrolments
from scenarios.profile_cards import template_with_own_cards
from scenarios.servers import NODES, LocalServers
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace

from .clock_option import as_option


def serve_until_stopped(
    folder: Path | None,
    ports: tuple[int, int, int],
    *,
    control: bool,
    run: str = "",
    as_json: bool = False,
    trust: bool = False,
    template: Path | None = None,
    clock: Clock | None = None,
) -> None:
    """Serve authority, issuing server and centre until SIGINT or SIGTERM. Raises OSError for a port that is taken.

    Prints where they listen: one line of JSON if `as_json`, else what a person needs to connect a terminal.
    `trust`: enrolled test cards are admitted. `template`: the stage's, else the checkout's with the tester's own cards. `clock`: else it begins as every
    stage does.
    """
    clock = clock or Clock(STAGE_START)
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    with tempfile.TemporaryDirectory(prefix="konbini-servers-") as temporary:
        trace = Trace(clock, run=run, process="servers")
        servers = LocalServers(
            folder or Path(temporary),
            template or template_with_own_cards(),
            clock,
            trace,
            control=control,
            ports=ports,
            enrolments=load_enrolments() if trust else (),
        )
        urls = {
            "authority": servers.authority_url,
            "issuing": servers.issuing_url,
            "center": servers.center_url,
        }
        if as_json:
            print(json.dumps({node: urls[node] for node in NODES}), flush=True)
        else:
            for node, name in (
                ("center", "証明書交付センター"),
                ("issuing", "証明発行サーバ"),
                ("authority", "認証局"),
            ):
                print(f"{name}\t{urls[node]}")
            kiosk = ("kiosk", "--center", urls["center"], "--clock", as_option(clock), "--panel")
            print(f"予期しない障害の記録（開発者向け）: {places.log_folder()}")
            print(f"端末をつなぐ: {shlex.join([*this_command(), *kiosk])}", flush=True)
        parent = os.getppid()
        while not stop.wait(1) and not (control and os.getppid() != parent):
            pass  # under a stage's control they end with the stage, however it ended
        servers.stop()
        trace.close()


def this_command() -> tuple[str, ...]:
    """How this command was started, so that a shell without it on its PATH starts it again; else the name it installs as."""
    started = Path(sys.argv[0])
    if started.suffix == ".py":  # as a module: the file itself starts nothing
        return sys.executable, "-m", "scenarios.cli"
    return (sys.argv[0] if started.name != sys.argv[0] else "konbini",)
