"""Groups and commands as Typer makes them, in Japanese: help that is wrapped and never cut, commands that are loaded when they are
called, and the nearest one for a command that is not there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from cards.columns import hung, padded, width

from .colours import HEADING, NAME, painted
from .usage import WrongUse, name_of

Function = TypeVar("Function", bound=Callable[..., Any])
_ELSEWHERE = "そのほか"
_HELP = "この説明を表示する"
_WIDEST, _IN_A_FILE = 110, 80
_MOST_HEAD = 30
"""Columns that the names of options may take; of a longer one the text begins on the next line."""
_TYPES = {"str": "文字", "int": "数", "float": "数", "Path": "パス"}


class Menu(typer.Typer):
    """A Typer whose commands and groups are those below. `elsewhere`: see Group."""

    def __init__(
        self,
        *,
        elsewhere: dict[str, tuple[str, str]] | None = None,
        panels: dict[str, str] | None = None,
        **settings: Any,
    ) -> None:
        class Here(Group):
            lazy = elsewhere or {}
            panel_of = panels or {}

        super().__init__(cls=Here, add_completion=False, **settings)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Function], Function]:
        return super().command(name, cls=Command, **settings)


class Command(TyperCommand):
    """A command with our help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write("\n".join(_help_of(self, ctx)).rstrip())

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _refuse_empty_places(self, ctx, args)
        return list(super().parse_args(ctx, args))


class Group(TyperGroup):
    """A group with our help. `lazy`: where commands that are not imported yet lie, by name: module, and function or Menu there.
    `panel_of`: the heading under which a command stands in the help."""

    lazy: dict[str, tuple[str, str]] = {}
    panel_of: dict[str, str] = {}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _refuse_empty_places(self, ctx, args)
        return list(super().parse_args(ctx, args))

    def list_commands(self, ctx: Any) -> list[str]:
        names = [*self.commands, *(name for name in self.lazy if name not in self.commands)]
        order = list(self.panel_of)
        return sorted(names, key=lambda name: order.index(name) if name in order else len(order))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.lazy and cmd_name not in self.commands:
            self.commands[cmd_name] = loaded(cmd_name, *self.lazy[cmd_name])
        return self.commands.get(cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        lines = list(_help_of(self, ctx))
        panels: dict[str, list[tuple[str, list[str]]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if not command.hidden:
                panel = self.panel_of.get(name, _ELSEWHERE if self.panel_of else "コマンド")
                panels.setdefault(panel, []).append((name, [_first_paragraph(command.help or "")]))
        widest = max((len(name) for rows in panels.values() for name, _ in rows), default=0)
        for panel, rows in panels.items():
            lines += _rows(panel, rows, widest)
        formatter.write("\n".join(lines).rstrip())


def loaded(name: str, module: str, attribute: str) -> Any:
    """Make the command that lies there: a Menu, or the function of a command."""
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        alone = Menu()
        alone.command(name)(found)
        found = alone
    command = typer.main.get_command(found)
    command.name = name
    return command


def command_paths(context: Any) -> Iterator[str]:
    """All commands from the topmost on, as they are typed: "card insert"."""
    top = context.find_root()
    yield from _paths_below(top, top.command, "")


def _paths_below(context: Any, group: Any, before: str) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield before + name
        if isinstance(command, Group):
            yield from _paths_below(context, command, f"{before}{name} ")


def _refuse_empty_places(command: Any, context: Any, args: list[str]) -> None:
    """Raises WrongUse for a file or folder that is '', as of a shell's variable that is not set: it would be the folder one is in."""
    values, _, _ = command.make_parser(context).parse_args(args=list(args))
    for param in command.get_params(context):
        told = values.get(param.name)
        empty = "" in told if isinstance(told, list | tuple) else told == ""
        if empty and _is_place(param):
            raise WrongUse(f"{name_of(param)} が空です。ファイルまたはフォルダの名前を指定してください。")


def _is_place(param: Any) -> bool:
    annotation = param.type_descriptor.annotation
    return any(
        Path in (one, *getattr(one, "__args__", ()))
        for one in (annotation, *getattr(annotation, "__args__", ()))
    )


def _columns() -> int:
    if not sys.stdout.isatty():
        return _IN_A_FILE
    return min(shutil.get_terminal_size().columns - 1, _WIDEST)


def _help_of(command: Any, context: Any) -> Iterator[str]:
    """Usage, text, arguments and options."""
    shown = [one for one in command.get_params(context) if not getattr(one, "hidden", False)]
    arguments = [one for one in shown if isinstance(one, TyperArgument)]
    pieces = [f"[{_argument(one)}]" if not one.required else _argument(one) for one in arguments]
    if isinstance(command, Group):
        pieces.append("コマンド …" if command.no_args_is_help else "[コマンド …]")
    head = f"使い方: {context.command_path} "
    first, *rest = hung(" " * width(head), " ".join(["[指定]", *pieces]), _columns())
    yield from (painted(head, HEADING) + first.lstrip(), *rest, "")
    for paragraph in (command.help or "").split("\n\n"):
        yield from (*hung("  ", _first_paragraph(paragraph), _columns()), "")
    yield from _rows("引数", [(_argument(one), list(_told(one))) for one in arguments])
    options = [one for one in shown if one not in arguments]
    yield from _rows("指定", [(_option(one), list(_told(one))) for one in options])


def _argument(param: Any) -> str:
    return str(param.metavar or param.name.upper()) + ("…" if param.nargs != 1 else "")


def _option(param: Any) -> str:
    names = ", ".join(sorted(param.opts, key=len))
    if param.secondary_opts:
        names += " / " + ", ".join(param.secondary_opts)
    if param.is_flag or param.count or "--help" in param.opts:
        return names
    return f"{names} {_type(param)}"


def _type(param: Any) -> str:
    if param.metavar:
        return str(param.metavar)
    kind = param.type_descriptor
    if kind.is_choice:
        return "|".join(str(getattr(one, "value", one)) for one in kind.choices or ())
    annotation = kind.annotation
    inner = getattr(annotation, "__args__", (annotation,))[0]
    return _TYPES.get(getattr(inner, "__name__", ""), "値")


def _told(param: Any) -> Iterator[str]:
    if "--help" in param.opts:
        yield _HELP
        return
    yield str(getattr(param, "help", None) or "")
    low, high = getattr(param, "min", None), getattr(param, "max", None)
    if low is not None and high is not None:
        yield f"［{low} から {high} まで］"
    elif low is not None:
        yield f"［{low} 以上］"
    default = param.default
    if param.required:
        yield "［必須］"
    elif default not in (None, "", (), []) and not (param.param_type_name == "option" and param.is_flag):
        yield f"［省略時: {getattr(default, 'value', default)}］"


def _first_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split("\n"))


def _rows(heading: str, rows: list[tuple[str, list[str]]], widest: int = 0) -> Iterator[str]:
    """Names and texts in two columns below a heading; nothing where there are no rows."""
    if not rows:
        return
    room = min(widest or max(width(name) for name, _ in rows), _MOST_HEAD) + 2
    yield painted(heading, HEADING)
    for name, told in rows:
        first, *rest = hung("  " + " " * room, "".join(told), _columns())
        shown = f"  {painted(name, NAME)}"
        if width(name) + 2 > room:
            yield from (shown, first, *rest)
        else:
            yield from (shown + padded(name, room)[len(name) :] + first.lstrip(), *rest)
    yield ""
