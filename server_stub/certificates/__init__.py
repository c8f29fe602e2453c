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
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from server_stub.interface.failures import Failed
from server_stub.interface.offers import Symbol
from server_stub.interface.values import LONGEST_NAME, Place

from .certificate import AnyCertificate, Certificate, ServiceTerms

HERE = Path(__file__).parent
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAKEN = ("person", "seal", "restriction")
"""The registers that every municipality has."""


@functools.cache
def load_kinds(*roots: Path) -> Mapping[str, AnyCertificate]:
    """Load all kinds by their code: of the folders here, then of every folder in `roots`.

    Raises Failed(Settings_Wrong, file=, line=, field=, expected=) for the first thing wrong: a folder whose code cannot be run
    or that lists no certificates, a certificate that lacks something, or a code twice.
    """
    found, problems = read_kinds(*roots)
    if problems:
        raise problems[0]
    return found


def read_kinds(*roots: Path) -> tuple[dict[str, AnyCertificate], list[Failed]]:
    """Read the kinds that can be used, as `load_kinds`, and everything that is wrong with the others."""
    found: dict[str, AnyCertificate] = {}
    problems: list[Failed] = []
    for folder, load in _folders_with(roots):
        try:
            listed = getattr(load(), "CERTIFICATES", None)
        except Failed as failed:
            problems.append(failed)
            continue
        if not isinstance(listed, tuple | list) or not listed:
            problems.append(_wrong(folder, "CERTIFICATES", "証明書のインスタンスを並べたタプル"))
            continue
        for certificate in listed:
            wrong = list(_problems_of(certificate, folder))
            if not wrong and certificate.code in found:
                wrong = [_wrong(folder, "code", "ほかの証明書と重ならないコード")]
            problems += wrong
            if not wrong:
                found[certificate.code] = certificate
    return found, problems


def _problems_of(certificate: Any, folder: Path) -> Iterator[Failed]:
    """What keeps one certificate from being used, before any of its hooks is called."""
    if not isinstance(certificate, Certificate):
        yield _wrong(
            folder, "CERTIFICATES", "Certificate を継承したクラスのインスタンス（クラスそのものではない）"
        )
        return
    told = {
        name: getattr(certificate, name, None)
        for name in ("code", "words", "title", "places", "symbol", "terms", "registers")
    }
    if not isinstance(told["code"], str) or not _CODE.fullmatch(told["code"]):
        yield _wrong(folder, "code", "英小文字・数字・_ で40字以内のコード")
    words = told["words"]
    if (
        not isinstance(words, Mapping)
        or "ja" not in words
        or not all(isinstance(language, str) and _is_name(text) for language, text in words.items())
    ):
        yield _wrong(folder, "words", f'"ja" を含む、言語から{LONGEST_NAME}字以内の名称への対応')
    if not _is_name(told["title"]):
        yield _wrong(folder, "title", f"証明書の先頭に印字する{LONGEST_NAME}字以内の題名")
    places = told["places"]
    if (
        not isinstance(places, set | frozenset)
        or not places
        or not all(isinstance(one, Place) for one in places)
    ):
        yield _wrong(folder, "places", "Place.ADDRESS・Place.DOMICILE の一つ以上の集合")
    if not isinstance(told["symbol"], Symbol):
        yield _wrong(folder, "symbol", "Symbol のいずれか（" + "・".join(one.name for one in Symbol) + "）")
    if not isinstance(told["terms"], type) or not issubclass(told["terms"], ServiceTerms):
        yield _wrong(folder, "terms", "ServiceTerms を継承したクラス")
    registers = told["registers"]
    if not isinstance(registers, Mapping) or not all(
        isinstance(name, str)
        and _CODE.fullmatch(name)
        and name not in _TAKEN
        and isinstance(model, type)
        and issubclass(model, BaseModel)
        for name, model in registers.items()
    ):
        yield _wrong(
            folder,
            "registers",
            "台帳の名前（" + "・".join(_TAKEN) + " を除く）から pydantic のモデルのクラスへの対応",
        )


def _is_name(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip()) and len(text) <= LONGEST_NAME


def _folders_with(roots: tuple[Path, ...]) -> Iterator[tuple[Path, functools.partial[ModuleType]]]:
    """Each folder of a kind, and what imports it."""
    for folder in _folders(HERE):
        yield folder, functools.partial(importlib.import_module, f"{__name__}.{folder.name}")
    for root in roots:
        for folder in _folders(root):
            yield folder, functools.partial(_load, folder)


def _folders(root: Path) -> list[Path]:
    return sorted(init.parent for init in root.glob("*/__init__.py"))


def _load(folder: Path) -> ModuleType:
    """Import a folder that lies outside, once a process. Raises Failed(Settings_Wrong) for whatever its code raises, the end of
    the process too: a town's own folder must not end a command as if all were well."""
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    name = f"konbini_certificates_{place}_{folder.name}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise _wrong(folder, "", "読み込める Python のコード")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        for loaded in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
            del sys.modules[loaded]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _not_importable(folder, error) from error
    return module


def _not_importable(folder: Path, error: BaseException) -> Failed:
    """Name file and line of the folder where its code ended; of the error its type, and the module that was not found."""
    file, line = folder / "__init__.py", 0
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).is_relative_to(folder):
            file, line = Path(frame.filename), frame.lineno or 0
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(folder):
        file, line = Path(error.filename), error.lineno or 0
    kind = type(error).__name__
    if isinstance(error, ImportError) and error.name:
        kind += f": {error.name}"
    return Failed(
        "Settings_Wrong",
        file=f"{folder.name}/{file.relative_to(folder).as_posix()}",
        line=line,
        field="",
        expected=f"読み込める Python のコード（{kind} が起きました）",
    )


def _wrong(folder: Path, field: str, expected: str) -> Failed:
    return Failed("Settings_Wrong", file=f"{folder.name}/__init__.py", field=field, expected=expected)
