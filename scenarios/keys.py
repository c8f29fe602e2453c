"""A pool of clearly named test keys, made once per checkout: RSA keys take too long to be made for every run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from . import places


class KeyPool:
    """RSA-2048 keys by name in PEM files that say what they are, their owner's only. Safe for several processes at once."""

    def __init__(self, folder: Path | None = None, first: KeyPool | None = None) -> None:
        """`first`: the pool that gives a key which is not in `folder` yet; it stays the same from then on."""
        self._folder = places.private_folder(folder or places.home() / "test-keys")
        self._first = first

    def rsa(self, name: str) -> RSAPrivateKey:
        body = self._once(f"TEST-ONLY-rsa-{name}.pem", lambda: _pem(generate_private_key(65537, 2048)))
        key = serialization.load_pem_private_key(body, None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, RSAPrivateKey)
        return key

    def ed25519(self, name: str) -> Ed25519PrivateKey:
        body = self._once(f"TEST-ONLY-ed25519-{name}.pem", lambda: _pem(Ed25519PrivateKey.generate()))
        key = serialization.load_pem_private_key(body, None)
        assert isinstance(key, Ed25519PrivateKey)
        return key

    def text(self, name: str) -> str:
        """A random shared secret in hex (keys of terminals and of the centre towards the issuing server)."""
        return self._once(f"TEST-ONLY-{name}.txt", lambda: os.urandom(24).hex().encode()).decode()

    def source(self, prefix: str) -> Callable[[], RSAPrivateKey]:
        """A callable that gives the keys PREFIX-0001, PREFIX-0002 … one after the other."""
        count = 0

        def give() -> RSAPrivateKey:
            nonlocal count
            count += 1
            return self.rsa(f"{prefix}-{count:04d}")

        return give

    def _once(self, name: str, make: Callable[[], bytes]) -> bytes:
        path = self._folder / name
        if not path.exists():
            part = path.with_name(f"{name}.{os.getpid()}.part")
            places.write_private(part, make() if self._first is None else self._first._once(name, make))
            with contextlib.suppress(FileExistsError):
                os.link(part, path)  # the first process wins, the others take its key
            part.unlink()
        return path.read_bytes()


def _pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
