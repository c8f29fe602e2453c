"""Every event that the product can emit, read out of its sources, so that none is forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("cards", "kiosk_app", "server_stub", "scenarios")
NODE = "*"
"""The source of what `server_stub.node` tells for each of the servers."""
OBSERVERS = {"observer", "_observer"}
"""`cards` knows no trace: what it tells its observer is emitted under the source card."""
PASSED_ON = {"_observer", "_reader_told"}
"""Functions of the terminal that only emit what `cards` told."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Emit:
    """One call that emits. `fields`: the names of data that are to be read there; `more`: the source adds others
    (`**something`)."""

    place: str
    source: str
    kind: str
    fields: frozenset[str]
    more: bool


@dataclass
class _Room:
    """The calls of one room by the name of what is called, each with the function that it stands in."""

    calls: dict[str, list[tuple[Path, _Function | None, ast.Call]]] = field(default_factory=dict)


def emits(enumerated: dict[str, tuple[str, ...]]) -> list[Emit]:
    """All of them. `enumerated`: kinds that are made by an expression, by that expression's source text.

    Raises AssertionError for a call whose kind cannot be read.
    """
    return [emit for room in ROOMS for emit in _of_room(room, enumerated)]


def facts_of_failures() -> set[str]:
    """The names of all facts that a `Failed` is made with."""
    return {
        keyword.arg
        for room in ROOMS
        for _, _, call in _read(room).calls.get("Failed", ())
        for keyword in call.keywords
        if keyword.arg
    }


def _of_room(name: str, enumerated: dict[str, tuple[str, ...]]) -> Iterator[Emit]:
    room = _read(name)
    for path, scope, call in room.calls.get("emit", ()):
        if len(call.args) == 2 and not (scope and scope.name in PASSED_ON):
            source = call.args[0]
            if isinstance(source, ast.Constant) or ast.unparse(source).endswith(
                "source"
            ):  # else a signal of Qt
                told = str(source.value) if isinstance(source, ast.Constant) else NODE
                yield from _kinds(room, path, scope, call, 1, told, enumerated)
    if name == "cards":
        for observer in OBSERVERS:
            for path, scope, call in room.calls.get(observer, ()):
                yield from _kinds(room, path, scope, call, 0, "card", enumerated)


def _kinds(
    room: _Room,
    path: Path,
    scope: _Function | None,
    call: ast.Call,
    position: int,
    source: str,
    enumerated: dict[str, tuple[str, ...]],
) -> Iterator[Emit]:
    kind = call.args[position]
    place = f"{path.relative_to(ROOT)}:{call.lineno}"
    fields, more = _fields(scope, call)
    found = _texts(kind) or enumerated.get(ast.unparse(kind), ())
    for one in found:
        yield Emit(place, source, one, fields, more)
    if found:
        return
    # a helper that is given the kind: those who call it say which
    parameters = [one.arg for one in (*scope.args.posonlyargs, *scope.args.args)] if scope else []
    assert isinstance(kind, ast.Name) and kind.id in parameters, f"{place}: which kind?"
    assert scope is not None
    at = parameters.index(kind.id) - ("self" in parameters)
    callers = [one for one in room.calls.get(scope.name, ()) if one[0].parent == path.parent]
    assert callers, f"{place}: who calls {scope.name}?"
    for where, around, calling in callers:
        for emit in _kinds(room, where, around, calling, at, source, enumerated):
            yield Emit(emit.place, emit.source, emit.kind, emit.fields | fields, emit.more)


def _texts(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return ()


def _fields(scope: _Function | None, call: ast.Call) -> tuple[frozenset[str], bool]:
    named = {keyword.arg for keyword in call.keywords if keyword.arg}
    spread = [keyword.value for keyword in call.keywords if keyword.arg is None]
    unread = False
    for one in spread:
        keys = _keys_of(scope, one.id) if scope and isinstance(one, ast.Name) else set()
        named |= keys
        unread |= not keys
    return frozenset(named), unread


def _keys_of(scope: _Function, name: str) -> set[str]:
    """The keys that `scope` puts into its dictionary `name`."""
    keys: set[str] = set()
    for node in ast.walk(scope):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=written), slice=ast.Constant(value=str(key)))]
            ):
                keys |= {key} if written == name else set()
            case (
                ast.Assign(targets=[ast.Name(id=written)], value=ast.Dict() as made)
                | ast.AnnAssign(target=ast.Name(id=written), value=ast.Dict() as made)
                | ast.AugAssign(target=ast.Name(id=written), value=ast.Dict() as made)
            ) if written == name:
                keys |= {key.value for key in made.keys if isinstance(key, ast.Constant)}
    return keys


_rooms: dict[str, _Room] = {}


def _read(name: str) -> _Room:
    if name not in _rooms:
        room = _rooms[name] = _Room()
        for path in sorted((ROOT / name).rglob("*.py")):
            _collect(path, ast.parse(path.read_text(encoding="utf-8")), None, room)
    return _rooms[name]


def _collect(path: Path, node: ast.AST, scope: _Function | None, room: _Room) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            called = child.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            room.calls.setdefault(name, []).append((path, scope, child))
        _collect(path, child, child if isinstance(child, _Function) else scope, room)
