"""Write and read a card image as a JSON file. A file of a newer version is refused, not guessed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .errors import CardError
from .image import (
    APPLETS,
    Application,
    Behaviour,
    CardImage,
    ElementaryFile,
    FileKind,
    Key,
    KeyUse,
    Pin,
    PinAlphabet,
)

IMAGE_FORMAT = "konbini-card-image"
IMAGE_VERSION = 1


def save_image(image: CardImage, path: Path) -> None:
    """Write the whole state, PINs and test keys included; the file appears complete or not at all."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    # its owner's only, and never anybody else's for a moment
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump(image_to_json(image), file, ensure_ascii=False, indent=1)
    part.replace(path)


def load_image(path: Path) -> CardImage:
    """Read a card image.

    Raises CardError(Settings_Wrong, file, expected …) for anything that is no card image of a version known here.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CardError("Settings_Wrong", file=path.name, expected="読めるファイル") from error
    except ValueError as error:
        raise CardError("Settings_Wrong", file=path.name, expected="JSON のカードイメージ") from error
    return image_from_json(data, path.name)


def image_to_json(image: CardImage) -> dict[str, Any]:
    behaviour = image.behaviour
    return {
        "format": IMAGE_FORMAT,
        "version": IMAGE_VERSION,
        "profile": image.profile,
        "kind": image.kind,
        "atr": image.atr.hex(),
        "behaviour": {name: getattr(behaviour, name) for name in Behaviour.__dataclass_fields__},
        "data_objects": {f"{tag:04X}": value.hex() for tag, value in image.data_objects.items()},
        "applications": [
            {
                "name": application.name,
                "aid": application.aid.hex(),
                "files": [_file_to_json(file) for file in application.files.values()],
            }
            for application in image.applications
        ],
    }


def image_from_json(data: Any, name: str) -> CardImage:
    """Read a card image from JSON; `name` stands in the refusal. Raises CardError(Settings_Wrong)."""
    if not isinstance(data, dict) or data.get("format") != IMAGE_FORMAT:
        raise CardError("Settings_Wrong", file=name, expected=f'format "{IMAGE_FORMAT}"')
    version = data.get("version")
    if version != IMAGE_VERSION:
        raise CardError("Settings_Wrong", file=name, expected=f"version {IMAGE_VERSION}", found=str(version))
    try:
        applications = [
            Application(
                str(item["name"]),
                bytes.fromhex(item["aid"]),
                {file.fid: file for file in map(_file_from_json, item["files"])},
            )
            for item in data["applications"]
        ]
        if any(application.name not in APPLETS for application in applications):
            raise ValueError("applications")
        return CardImage(
            str(data["profile"]),
            str(data["kind"]),
            bytes.fromhex(data["atr"]),
            _behaviour(data["behaviour"]),
            {int(tag, 16): bytes.fromhex(value) for tag, value in data["data_objects"].items()},
            applications,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CardError(
            "Settings_Wrong", file=name, expected="カードイメージの項目", found=type(error).__name__
        ) from error


def _behaviour(data: dict[str, Any]) -> Behaviour:
    wrong = [
        name for name, value in data.items() if type(value) is not type(getattr(Behaviour(), name, None))
    ]
    if wrong or not 0 <= data["delay_ms"] <= 10_000 or data["blocked_query"] not in (0x63C0, 0x6984):
        raise ValueError("behaviour")
    return Behaviour(**data)


def _file_to_json(file: ElementaryFile) -> dict[str, Any]:
    data: dict[str, Any] = {"fid": f"{file.fid:04X}", "kind": file.kind.value}
    if file.content:
        data["content"] = file.content.hex()
    if file.records:
        data["records"] = [record.hex() for record in file.records]
    if file.opened_by is not None:
        data["opened_by"] = [f"{fid:04X}" for fid in sorted(file.opened_by)]
    if file.personal:
        data["personal"] = True
    if file.pin is not None:
        pin = file.pin
        data["pin"] = {
            "value": pin.value,
            "limit": pin.limit,
            "tries": pin.tries,
            "minimum": pin.minimum,
            "maximum": pin.maximum,
            "alphabet": pin.alphabet.value,
        }
    if file.key is not None:
        private = file.key.private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        data["key"] = {"pkcs8": private.hex(), "use": file.key.use.value, "garbage": file.key.garbage}
    return data


def _file_from_json(data: dict[str, Any]) -> ElementaryFile:
    pin = key = None
    if "pin" in data:
        fields = dict(data["pin"])
        fields["alphabet"] = PinAlphabet(fields["alphabet"])
        pin = Pin(**fields)
        if not (0 <= pin.tries <= pin.limit <= 15 and 1 <= pin.minimum <= pin.maximum <= 16):
            raise ValueError("pin")
        pin.value.encode("ascii")
    if "key" in data:
        # our own file: checking the primes again would cost 30 ms a key
        private = serialization.load_der_private_key(
            bytes.fromhex(data["key"]["pkcs8"]), None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(private, RSAPrivateKey | EllipticCurvePrivateKey):
            raise ValueError("key")
        key = Key(private, KeyUse(data["key"]["use"]), bool(data["key"]["garbage"]))
    opened_by = data.get("opened_by")
    kind = FileKind(data["kind"])
    if (kind is FileKind.PIN) != (pin is not None) or (kind is FileKind.KEY) != (key is not None):
        raise ValueError("kind")
    return ElementaryFile(
        int(data["fid"], 16),
        kind,
        bytes.fromhex(data.get("content", "")),
        tuple(bytes.fromhex(record) for record in data.get("records", ())),
        None if opened_by is None else frozenset(int(fid, 16) for fid in opened_by),
        pin,
        key,
        bool(data.get("personal", False)),
    )
