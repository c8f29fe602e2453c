"""Parts alone: the servers, or one terminal, until they are stopped."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace

from . import places
from .enrolment import load_enrolments
from .keys import KeyPool
from .servers import NODES, LocalServers
from .template import template_folder
from .usage import WrongUse


def serve_until_stopped(
    folder: Path | None,
    ports: tuple[int, int, int],
    *,
    control: bool,
    run: str = "",
    as_json: bool = False,
    trust: bool = False,
    template: Path | None = None,
) -> None:
    """Serve authority, issuing server and centre until SIGINT or SIGTERM. Raises OSError for a port that is taken.

    Prints where they listen: one line of JSON if `as_json`, else what a person needs to connect a terminal.
    `trust`: enrolled test cards are admitted. `template`: the stage's, else the checkout's.
    """
    clock = Clock(STAGE_START)
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    with tempfile.TemporaryDirectory(prefix="konbini-servers-") as temporary:
        trace = Trace(clock, run=run, process="servers")
        servers = LocalServers(
            folder or Path(temporary),
            template or template_folder(),
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
            print(json.dumps({node: urls[node] for node in NODES}), flush=True)  # noqa: T201
        else:
            for node, name in (
                ("center", "証明書交付センター"),
                ("issuing", "証明発行サーバ"),
                ("authority", "認証局"),
            ):
                print(f"{name}\t{urls[node]}")  # noqa: T201
            print(f"端末をつなぐ: konbini kiosk --center {urls['center']}", flush=True)  # noqa: T201
        parent = os.getppid()
        while not stop.wait(1) and not (control and os.getppid() != parent):
            pass  # under a stage's control they end with the stage, however it ended
        servers.stop()
        trace.close()


def run_kiosk(
    center: str,
    reader: str,
    terminal_id: str,
    key_file: Path | None,
    center_key: str,
    folder: Path | None,
    *,
    full_screen: bool,
    control: str,
    trace: Path | None = None,
    card_bodies: bool = False,
) -> int:
    """One terminal against the centre at `center`; without keys given, with those of this checkout's stage.

    `trace`: the folder for its events. `card_bodies` warns, and shows what of the card's talk is public.
    """
    from kiosk_app.card_slot import is_reader
    from kiosk_app.main import run_terminal
    from kiosk_app.process_settings import KioskSettings

    if not is_reader(reader):
        told = "konbini: --reader には virtual、pcsc または pcsc:リーダ名 を指定してください。"
        print(told, file=sys.stderr)  # noqa: T201
        return 2
    keys = KeyPool()
    key = _key_in(key_file) if key_file else keys.text(f"terminal-{terminal_id}")
    settings = KioskSettings(
        center_url=center,
        terminal_id=terminal_id,
        terminal_key=key,
        center_key=center_key or keys.ed25519("centre").public_key().public_bytes_raw().hex(),
        folder=str(folder or places.home() / "kiosk"),
        clock=Clock(STAGE_START).setting.to_json(),
        full_screen=full_screen,
        reader=reader,
        trace_folder=str(trace or ""),
        card_bodies=card_bodies,
    )
    if card_bodies:
        warning = "注意: カードとのやり取りの本体を記録します。暗証番号と個人情報は記録しませんが、電子証明書は含まれます。"
        print(warning, file=sys.stderr)  # noqa: T201
    return run_terminal(settings, control)


def _key_in(file: Path) -> str:
    """Raises WrongUse for a file that holds no key."""
    try:
        key = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"--key-file に指定した {file} から端末の鍵を読み取れません。") from error
    if not key or not key.isprintable():
        raise WrongUse(f"--key-file に指定した {file} に端末の鍵がありません。")
    return key
