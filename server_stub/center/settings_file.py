"""The centre's settings as a TOML file.

database_url = "sqlite:///center.sqlite"
ocsp_url = "http://127.0.0.1:8200/ocsp/authentication"
trusted_ca = ["authentication-ca.der"]      # DER files beside this file
terminals = "terminals.toml"
signing_key = "center-ed25519.pem"          # PKCS#8, Ed25519, no password

[[issuing]]
base_url = "http://127.0.0.1:8300"
key = "what the centre shows at that server"
municipalities = ["28100"]

[times]                                     # optional; names of `CenterTimes`, seconds
nonce_life = 60
"""

from __future__ import annotations

import tomllib
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

from .settings import CenterSettings, CenterTimes, IssuingServer
from .terminals import load_terminals

_TEXTS = ("database_url", "ocsp_url", "terminals", "signing_key")
_LISTS = ("trusted_ca", "issuing")


def load_settings(path: Path) -> CenterSettings:
    """Raises Failed(Settings_Wrong, file=..., item=...) naming the first thing that is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Failed("Settings_Wrong", file=path.name, detail=type(error).__name__) from error
    wrong = set(data) - set(_TEXTS) - set(_LISTS) - {"times"}
    wrong |= {name for name in _TEXTS if not isinstance(data.get(name), str)}
    wrong |= {name for name in _LISTS if not isinstance(data.get(name), list)}
    if wrong:
        raise Failed("Settings_Wrong", file=path.name, item=", ".join(sorted(wrong)))
    return CenterSettings(
        database_url=data["database_url"],
        ocsp_url=data["ocsp_url"],
        trusted_cas=tuple(_bytes(path.parent / str(name)) for name in data["trusted_ca"]),
        issuing_servers=tuple(_issuing(path, entry) for entry in data["issuing"]),
        terminals=load_terminals(path.parent / data["terminals"]),
        signing_key=_signing_key(path.parent / data["signing_key"]),
        times=_times(path, data.get("times", {})),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failed("Settings_Wrong", file=path.name, detail=type(error).__name__) from error


def _signing_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_bytes(path), password=None)
    except (ValueError, TypeError) as error:
        raise Failed("Settings_Wrong", file=path.name, item="signing_key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Failed("Settings_Wrong", file=path.name, item="signing_key", detail="not Ed25519")
    return key


def _issuing(path: Path, entry: Any) -> IssuingServer:
    try:
        base_url, key, codes = entry["base_url"], entry["key"], entry["municipalities"]
    except (KeyError, TypeError) as error:
        raise Failed("Settings_Wrong", file=path.name, item="issuing") from error
    if not (isinstance(base_url, str) and isinstance(key, str) and isinstance(codes, list)):
        raise Failed("Settings_Wrong", file=path.name, item="issuing")
    return IssuingServer(base_url, Secret(key), tuple(str(code) for code in codes))


def _times(path: Path, given: Any) -> CenterTimes:
    known = {f.name: isinstance(getattr(CenterTimes(), f.name), timedelta) for f in fields(CenterTimes)}
    values: dict[str, Any] = {}
    for name, seconds in given.items() if isinstance(given, dict) else [("times", None)]:
        if (
            name not in known
            or isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or seconds <= 0
        ):
            raise Failed("Settings_Wrong", file=path.name, item=f"times.{name}")
        values[name] = timedelta(seconds=seconds) if known[name] else float(seconds)
    return CenterTimes(**values)
