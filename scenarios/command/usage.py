"""Wrong uses of the command line: one sentence in Japanese, whatever the command line library says of them."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from cards.errors import CardError
from scenarios.nearest import NEAR, nearest, perhaps
from server_stub.interface.failures import CATALOGUE, Failed

_REASONS = {
    errno.ENOENT: "ファイルまたはフォルダがありません",
    errno.EACCES: "権限がありません",
    errno.EPERM: "権限がありません",
    errno.ENOSPC: "空き容量がありません",
    errno.EDQUOT: "割り当てられた容量を使い切っています",
    errno.ENOTDIR: "途中にフォルダではないものがあります",
    errno.EISDIR: "フォルダです",
    errno.EEXIST: "同じ名前のものが既にあります",
    errno.ENOTEMPTY: "フォルダが空ではありません",
    errno.EROFS: "読み取り専用です",
    errno.ENAMETOOLONG: "名前が長すぎます",
    errno.ELOOP: "リンクが循環しています",
    errno.EBUSY: "ほかで使用中です",
    errno.EMFILE: "同時に開けるファイルの数を超えています",
    errno.EIO: "装置が読み書きに失敗しました",
    errno.EADDRINUSE: "ほかで使用中です",
    errno.EADDRNOTAVAIL: "この機械のアドレスではありません",
    errno.ECONNREFUSED: "相手が接続を受け付けません",
}


_FACTS = {
    "folder": "フォルダ",
    "encoding": "文字コード",
    "found": "いまの値",
    "characters": "文字",
    "made_at": "作成日時",
    "municipality": "市区町村",
    "generation": "世代",
    "before": "前回の人数",
    "now": "今回の人数",
    "most": "定めた数",
    "most_percent": "定めた割合（％）",
    "at_least": "長さの下限",
    "codes": "コード",
    "font": "フォント",
    "room": "データベース",
    "revision": "版",
    "host": "相手",
    "missing": "足りないもの",
    "pages": "ページ数",
    "backs": "裏面の数",
    "bytes": "バイト数",
    "width": "横の画素数",
    "height": "縦の画素数",
    "dpi": "読み取りの細かさ（dpi）",
    "marks": "見つかった印の数",
    "blocks": "失われた部分の数",
    "of": "全体の数",
}
"""What facts are called besides a place and what is expected there."""


_DETAILS = {
    "encrypted": "暗号化されています",
    "picture in the PDF": "PDF の中の画像",
    "page of the PDF": "PDF のページの大きさ",
    "no head": "先頭の部分がありません",
}
"""What refusals of a scan tell in English, for whoever reads a log."""


_ARGUMENTS = {
    "folder": "フォルダ",
    "told": "市区町村のフォルダ",
    "name": "カードの名前",
    "pdf": "証明書のPDFファイル",
    "target": "写しの絵を置くフォルダ",
    "scan": "裏面を読み取ったファイル",
    "source": "バックアップのフォルダまたは .tar",
    "application": "申請の識別子",
    "register": "戸籍の番号",
    "member": "戸籍内番号",
}
"""What the arguments without a `--` are called."""


class WrongUse(Exception):
    """Its text is what the user is told."""


def reason(error: OSError) -> str:
    """Why the operating system refused, in Japanese; its number where there are no words."""
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    return "理由は不明です" if error.errno is None else f"システムのエラー番号 {error.errno}"


def usable_folder(folder: Path, name: str) -> Path:
    """`folder`, made if need be. Raises WrongUse when nothing can be kept there. `name`: the option's, for the user."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".konbini-probe"
        probe.touch()
        probe.unlink()
    except FileExistsError as error:
        raise WrongUse(f"{name} に指定した {folder} はフォルダではありません（ファイルです）。") from error
    except OSError as error:
        raise WrongUse(f"{name} に指定した {folder} に書き込めません（{reason(error)}）。") from error
    return folder


def usable_file(file: Path, name: str) -> Path:
    """`file`, whose folder is made if need be. Raises WrongUse when it cannot be written. `name`: the option's, for the user."""
    if file.is_dir():
        raise WrongUse(f"{name} に指定した {file} はフォルダです。書くファイルの名前を指定してください。")
    usable_folder(file.parent, name)
    return file


_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_LONGEST = 200
"""Characters of a word of the user's that are shown to them again."""


def printable(text: str) -> str:
    """`text` for a terminal: what would act on it, or cannot be shown, by its code; and the middle of a very long word left out."""
    text = _UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return re.sub(
        rf"\S{{{_LONGEST},}}", lambda found: f"{found[0][: _LONGEST // 4]}…{found[0][-_LONGEST // 2 :]}", text
    )


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
    if isinstance(error, Failed | CardError):
        entry = CATALOGUE[error.failure]
        facts = in_words(error.facts)
        if error.failure == "Settings_Wrong" and facts:
            return f"{entry.cause}{facts}　正しく直してから、もう一度実行してください。（{error.failure}）"
        return f"{entry.cause}{entry.remedy}（{facts + '　' if facts else ''}{error.failure}）"
    if isinstance(error, OSError):
        what = error.filename or error.filename2
        return (
            f"{what} を読み書きできません（{reason(error)}）。"
            if what
            else f"続けられません（{reason(error)}）。"
        )
    if isinstance(error, WrongUse):
        return str(error)
    path = getattr(getattr(error, "ctx", None), "command_path", "konbini")
    return f"{_what(error)}使い方は {path} --help で表示できます。"


def in_words(facts: Mapping[str, Any]) -> str:
    """Tell the facts of a refusal in Japanese: place, what is expected there, and whatever else it has."""
    rest = {name: value for name, value in facts.items() if value not in (None, "")}
    place = [str(rest.pop("file"))] if "file" in rest else []
    if line := rest.pop("line", 0):
        place.append(f"{line}行目")
    place += [str(rest.pop(name)) for name in ("column", "field", "item", "setting", "key") if name in rest]
    words = [text for text in (" ".join(place), str(rest.pop("expected", _detail(rest)))) if text]
    others = "、".join(f"{_FACTS.get(name, name)} {_listed(value)}" for name, value in rest.items())
    return ": ".join(words) + (f"（{others}）" if words and others else others)


def _detail(rest: dict[str, Any]) -> str:
    detail = str(rest.pop("detail", ""))
    return _DETAILS.get(detail, detail)


def _listed(value: Any) -> str:
    return "・".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _what(error: Any) -> str:
    message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
    kind = type(error).__name__
    name = name_of(getattr(error, "param", None))
    if kind == "NoSuchOption":
        known = [name for one in error.ctx.command.get_params(error.ctx) for name in one.opts]
        near = perhaps(error.option_name, [name for name in known if name.startswith("--")], 0.6)
        return f"{error.option_name} という指定はありません。{near and near + '。'}"
    if kind == "MissingParameter":
        return f"{name}{' ' if name.isascii() else ''}を指定してください。"
    if kind == "BadParameter":
        return f"{name} の値が正しくありません{_range_of(error.param)}。"
    if kind == "BadOptionUsage":
        more = "値は付けられません" if "does not take" in message else "値を続けて指定してください"
        return f"{error.option_name} には{more}。"
    if found := re.match(r"No such command '(.*?)'", message):
        return f"{found[1]} というコマンドはありません。{_meant(found[1], error.ctx)}"
    if found := re.fullmatch(r"Got unexpected extra argument\(s\) \((.*)\)", message):
        return f"余分な指定があります（{found[1]}）。"
    return "指定が正しくありません。"


def _meant(word: str, context: Any) -> str:
    """The commands that a word which is none may stand for, as they are typed."""
    from .menu import command_paths

    paths = list(command_paths(context))
    group = context.command_path.partition(" ")[2]
    here = {path.rpartition(" ")[2]: path for path in paths if path.rpartition(" ")[0] == group}
    same = [path for path in paths if path.rpartition(" ")[2] == word]
    found = (
        same or [here[name] for name in nearest(word, here, like=0.6)] or nearest(word, paths, like=0.6)
    )[:NEAR]
    return f"もしかして: {' ／ '.join(f'konbini {path}' for path in found)}。" if found else ""


def _range_of(param: Any) -> str:
    """What belongs there, in brackets, where it can be said in a word."""
    low, high = getattr(param, "min", None), getattr(param, "max", None)
    kind = getattr(param, "type_descriptor", None)
    if kind is not None and kind.choices:
        return f"（{'、'.join(str(getattr(one, 'value', one)) for one in kind.choices)} のどれか）"
    if high is not None:
        return f"（{low} から {high} までの数）"
    if low is not None:
        return f"（{low} 以上の数）"
    inner = getattr(kind, "annotation", None)
    return "（数）" if int in (inner, *getattr(inner, "__args__", ())) else ""


def name_of(param: Any) -> str:
    """As the user writes it: the option, or what the argument is."""
    if param is None:
        return "指定"
    options = [name for name in param.opts if name.startswith("-")]
    return str(max(options, key=len) if options else _ARGUMENTS.get(param.name, param.name))
