"""Wrong uses of the command line: one sentence in Japanese, whatever the command line library says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from server_stub.interface.failures import Failed


class WrongUse(Exception):
    """Its text is what the user is told."""


def usable_folder(folder: Path, name: str) -> Path:
    """`folder`, made if need be. Raises WrongUse when nothing can be kept there. `name`: the option's, for the user."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".konbini-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise WrongUse(f"{name} に指定した {folder} に書き込めません（{error.strerror}）。") from error
    return folder


def center_address(url: str) -> str:
    """`url`, if a centre can be asked there. Raises WrongUse."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        good = False
    if not good or not url.isascii() or url != url.strip():
        raise WrongUse(
            "--center には http://127.0.0.1:8443 のような、http:// または https:// で始まる URL を指定してください。"
        )
    return url


def told(error: Exception) -> str:
    """What to say of a wrong use (with how to go on), of a refusal by name, and of a file that cannot be used."""
    if isinstance(error, Failed):
        return f"{error.entry.cause}{error.entry.remedy}（{error}）"
    if isinstance(error, OSError):
        return f"{error.filename or 'ファイル'} を読み書きできません（{error.strerror or error}）。"
    if isinstance(error, WrongUse):
        return str(error)
    path = getattr(getattr(error, "ctx", None), "command_path", "konbini")
    return f"{_what(error)}使い方は {path} --help で表示できます。"


def _what(error: Any) -> str:
    message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
    kind = type(error).__name__
    name = _name_of(getattr(error, "param", None))
    if kind == "NoSuchOption":
        near = "、".join(sorted(error.possibilities or ()))
        return f"{error.option_name} という指定はありません{f'（{near} ではありませんか）' if near else ''}。"
    if kind == "MissingParameter":
        return f"{name} を指定してください。"
    if kind == "BadParameter":
        return f"{name} の値が正しくありません。"
    if kind == "BadOptionUsage":
        return f"{error.option_name} の使い方が正しくありません（値が要るか、値が要りません）。"
    if found := re.fullmatch(r"No such command '(.*)'\.", message):
        return f"{found[1]} というコマンドはありません。"
    if found := re.fullmatch(r"Got unexpected extra argument\(s\) \((.*)\)", message):
        return f"余分な指定があります（{found[1]}）。"
    return "指定が正しくありません。"


def _name_of(param: Any) -> str:
    """As the user writes it: the option, or the argument's name."""
    if param is None:
        return "指定"
    options = [name for name in param.opts if name.startswith("-")]
    return str(max(options, key=len) if options else param.name)
