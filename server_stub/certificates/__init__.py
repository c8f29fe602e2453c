"""The kinds of certificates: one folder each, with all that is particular to it. Nothing outside knows a kind by name.

A folder is a package whose `CERTIFICATES` lists its classes' instances (two codes may share a folder); its Typst template,
geometry and texts lie beside the code. `load_kinds` finds the folders here and those that a municipality has for itself.
Called for the settings of a municipality, which say what it offers.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from server_stub.interface.failures import Failed

from .certificate import AnyCertificate

HERE = Path(__file__).parent
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@functools.cache
def load_kinds(*roots: Path) -> Mapping[str, AnyCertificate]:
    """Load all kinds by their code: of the folders here, then of every folder in `roots`.

    Raises Failed(Settings_Wrong, file=, field=, expected=) for a folder that lists no certificates, or a code twice.
    """
    found: dict[str, AnyCertificate] = {}
    for folder, module in _modules(roots):
        listed = getattr(module, "CERTIFICATES", ())
        if not listed:
            raise _wrong(folder, "CERTIFICATES", "the certificates of this folder")
        for certificate in listed:
            if not _CODE.fullmatch(certificate.code) or certificate.code in found:
                raise _wrong(folder, "code", "each code once, small letters, digits and _")
            found[certificate.code] = certificate
    return found


def _modules(roots: tuple[Path, ...]) -> Iterator[tuple[Path, ModuleType]]:
    for folder in _folders(HERE):
        yield folder, importlib.import_module(f"{__name__}.{folder.name}")
    for root in roots:
        for folder in _folders(root):
            yield folder, _load(folder)


def _folders(root: Path) -> list[Path]:
    return sorted(init.parent for init in root.glob("*/__init__.py"))


def _load(folder: Path) -> ModuleType:
    """Import a folder that lies outside, once a process. Raises Failed(Settings_Wrong)."""
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    name = f"konbini_certificates_{place}_{folder.name}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise _wrong(folder, "__init__.py", "a Python package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _wrong(folder: Path, field: str, expected: str) -> Failed:
    return Failed("Settings_Wrong", file=f"{folder.name}/__init__.py", field=field, expected=expected)
