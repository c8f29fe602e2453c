"""`konbini kiosk`: one terminal before the centre of one's choice; with its panel if wished."""

from __future__ import annotations

import secrets
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from kiosk_app.card_slot import VIRTUAL
from kiosk_app.settings import KioskSettings, check_center_address, trusted_by
from scenarios import paths
from scenarios.profile_cards import template_with_own_cards
from scenarios.server_folder import KEYS, TEMPLATE
from scenarios.stage_secrets import KeyPool
from scenarios.template import AUTHORITY_FILE
from server_stub.interface.failures import Failed

from .display import monitor_index, need_display
from .options import NOW, STAGE, clock_of
from .usage import WrongUse

_WITHOUT_DISPLAY = (
    "画面のある環境で実行するか、環境変数 QT_QPA_PLATFORM=offscreen を付けて画面なしで動かしてください。"
)
_NO_HANDS = "お金を入れ、用紙を取り、仮想カードを置くには、--panel を付けて操作盤を開いてください。"
_BODIES = (
    "注意: カードとのやり取りの本体を記録します。暗証番号と個人情報は記録しませんが、電子証明書は含まれます。"
)


@dataclass(frozen=True, slots=True)
class KioskOptions:
    """As the user told them. `key_file` and `center_key`: of somebody's own server, else those of this checkout's stage, or of
    `server_folder` (of a server whose data are kept there; its virtual cards are there too).
    `clock`: see options; '' for the machine's time before a server of one's own, else as every stage begins. `monitor`
    counts from 1. `control`: the name of the control port. `ca`: CA certificates (PEM) of somebody's own https server.
    `name_fonts`: fonts with the municipalities' own characters. `call_center`, `large_text`, `high_contrast`: as of KioskSettings."""

    center: str
    reader: str = VIRTUAL
    terminal_id: str = "KIOSK-STORE-01"
    key_file: Path | None = None
    center_key: str = ""
    folder: Path | None = None
    server_folder: Path | None = None
    clock: str = ""
    full_screen: bool = False
    monitor: int | None = None
    trace: Path | None = None
    card_bodies: bool = False
    panel: bool = False
    control: str = ""
    ca: Path | None = None
    name_fonts: tuple[Path, ...] = ()
    call_center: str = ""
    large_text: bool = False
    high_contrast: bool = False
    voice: bool = False


def run_kiosk(options: KioskOptions) -> int:
    """The exit code. Raises WrongUse, Failed, OSError."""
    from .doctor import tell_lacking_voices

    settings = kiosk_settings(options)
    need_display(_WITHOUT_DISPLAY)
    monitor = monitor_index(options.monitor, full_screen=options.full_screen, beside=options.panel)
    settings = replace(settings, full_screen=options.full_screen, monitor=monitor)
    if options.voice:
        tell_lacking_voices()
    if options.card_bodies:
        print(_BODIES, file=sys.stderr)
    print(f"予期しない障害の記録（開発者向け）: {paths.log_folder()}", flush=True)
    if options.panel:
        return _run_with_panel(settings, options.control, _template(options))
    if not options.control:
        print(_NO_HANDS, flush=True)
    from kiosk_app.main import run_terminal

    return run_terminal(settings, options.control)


def kiosk_settings(options: KioskOptions) -> KioskSettings:
    """Raises WrongUse, Failed(Centre_Not_Secured)."""
    check_center_address(options.center)
    if options.ca is not None:
        _check_ca(options)
    for font in options.name_fonts:
        _check_font(font)
    keys = KeyPool(options.server_folder / KEYS if options.server_folder else None)
    key_file, foreign = options.key_file, bool(options.center_key)
    clock = clock_of(options.clock or (NOW if foreign else STAGE))
    key = _key_in(key_file) if key_file else keys.text(f"terminal-{options.terminal_id}")
    folder = options.folder or paths.home() / "kiosk"
    virtual = options.reader == VIRTUAL
    return KioskSettings(
        center_url=options.center,
        terminal_id=options.terminal_id,
        terminal_key=key,
        center_key=options.center_key or keys.ed25519("centre").public_key().public_bytes_raw().hex(),
        folder=str(folder),
        run=secrets.token_hex(8),
        clock=clock.setting.to_json(),
        reader=options.reader,
        trace_folder=str(options.trace or ""),
        log_folder=str(paths.log_folder()),
        card_bodies=options.card_bodies,
        server_ca=str(options.ca.resolve()) if options.ca else "",
        name_fonts=tuple(str(font.resolve()) for font in options.name_fonts),
        call_center=options.call_center,
        large_text=options.large_text,
        high_contrast=options.high_contrast,
        voice=options.voice,
        # by this it knows the virtual cards for ours
        authority=(_template(options) / AUTHORITY_FILE).read_bytes().hex() if virtual else "",
    )


def _template(options: KioskOptions) -> Path:
    """Where the virtual cards lie."""
    return options.server_folder / TEMPLATE if options.server_folder else template_with_own_cards()


def _check_font(font: Path) -> None:
    """Raises WrongUse for a file that is no font."""
    from server_stub.paper.fonts import coverage_of

    try:
        coverage_of(font)
    except Failed as error:
        raise WrongUse(f"--name-font に指定した {font} は、フォントのファイルではありません。") from error


def _check_ca(options: KioskOptions) -> None:
    """Raises WrongUse for a file without CA certificates, or where it would not be used."""
    if not options.center.lower().startswith("https://"):
        raise WrongUse("--ca は、--center が https:// で始まるときに指定してください。")
    try:
        trusted_by(options.ca or Path())
    except Failed as error:
        raise WrongUse(
            f"--ca に指定した {options.ca} から、認証局の証明書（PEM）を読み取れません。"
        ) from error


def _run_with_panel(settings: KioskSettings, control: str, template: Path) -> int:
    """Until the panel is closed. The terminal is a process of its own: neither keeps the other's thread waiting.

    Raises Failed(Terminal_Folder_In_Use), WrongUse."""
    from kiosk_app.folder_lock import FolderLock
    from scenarios.driver import NotReached, TooSlow
    from scenarios.kiosks import LoneTerminal
    from scenarios.panel import LoneClient, run_panel, stand

    # before anything of a terminal that runs there is thrown away
    FolderLock(settings.data_dir).release()
    trace = settings.trace_folder
    if not trace:  # the panel shows it, and nobody wants it kept
        trace = str(Path(settings.folder) / "trace")
        shutil.rmtree(trace, ignore_errors=True)
    place, panel_place = stand(settings.full_screen, settings.monitor)
    try:
        lone = LoneTerminal(replace(settings, trace_folder=trace, place=place), template, control)
    except TooSlow as error:
        raise WrongUse(
            "端末が時間内に始まりませんでした。ほかの処理が終わってから、もう一度実行してください。"
        ) from error
    except NotReached:  # it has told why
        return 2
    try:
        return run_panel(LoneClient(lone), panel_place)
    finally:
        lone.stop()


def _key_in(file: Path) -> str:
    """Raises WrongUse for a file that holds no key."""
    try:
        key = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"--key-file に指定した {file} から端末の鍵を読み取れません。") from error
    if not key or not key.isprintable():
        raise WrongUse(f"--key-file に指定した {file} に端末の鍵がありません。")
    return key
