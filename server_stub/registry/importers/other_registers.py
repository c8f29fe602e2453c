"""Registers without a type of their own: their records go into one table, their bodies are their owner's matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy import Connection, select

from server_stub.model_words import in_words
from server_stub.registry.tables import EVERY_GROUP, records

from .format_file import CANCELLED, ENTRY, HISTORY, VALID, FileFormat
from .generation import Generation, deletes, history_number
from .row_function import Unusable
from .set_aside import Doubt, SetAside


def take_records(generation: Generation, file: FileFormat, before: set[str]) -> int:
    register, model = file.record, generation.models.get(file.record)
    unusable_before = generation.unusable_before(register)
    touched = generation.touched.setdefault(register, set())
    owner = "person" if "person" in file.to else "key"
    structures = frozenset(target for target, source in file.to.items() if source.structure)
    seen: dict[str, str] = {}
    gone: list[dict[str, Any]] = []

    def rule(found: dict[str, Any]) -> dict[str, Any] | None:
        key, person, group = (found.pop(target, "") for target in ("key", "person", "group"))
        for target, item, limit in (("key", key, 100), ("person", person, 40), ("group", group, 100)):
            if len(item) > limit:
                raise Unusable(target, f"{limit}文字以内")
        if not key:
            raise Unusable("key", "必須項目")
        if key in seen:
            raise Unusable("key", "重複しない番号", (seen[key],) if seen[key] else ())
        seen[key] = person
        touched.add(key)
        if deletes(found, key in before, key in unusable_before):
            gone.append({"key": key, "register": register})
            return None
        history = history_number(found.pop(HISTORY, None))
        if found.pop(ENTRY, VALID) == CANCELLED:
            gone.append({"key": key, "register": register})
            return None
        return {
            "history": history,
            "register": register,
            "key": key,
            "person": person,
            "group": group,
            "body": _body(found, model, structures),
        }

    def usable() -> Iterator[dict[str, Any]]:
        for line, row in generation.rows(file, owner, "group", rule):
            yield {**row, "generation": generation.number, "line": line}

    count = generation.write(records, usable())
    with generation.engine.begin() as connection:
        generation.delete(connection, records, "key", gone)
        if "group" in file.to:
            _set_groupless_aside(generation, connection, file)
            _leave_gaps(generation, connection, register)
        unusable = [{"key": key, "register": register} for key in generation.asides.keys(register)]
        generation.delete(connection, records, "key", unusable)
    return count


def _set_groupless_aside(generation: Generation, connection: Connection, file: FileFormat) -> None:
    """In a register whose records have groups, one without is of any of them."""
    of_this = (records.c.generation == generation.number, records.c.register == file.record)
    if connection.scalar(select(records.c.key).where(*of_this, records.c.group != "").limit(1)) is None:
        return
    column = generation.row_function(file).column_of("group")
    query = select(records.c.key, records.c.person, records.c.line).where(*of_this, records.c.group == "")
    for key, person, line in connection.execute(query.order_by(records.c.line)).all():
        row = SetAside(file.record, file.name, line, column, "必須項目")
        generation.asides.add(row, [(person, "")], key)
        generation.asides.doubts.append(
            Doubt(row, person, "", key, frozenset(), frozenset(), False, True, column)
        )


def _leave_gaps(generation: Generation, connection: Connection, register: str) -> None:
    """A record that cannot be used is missing in the group that its row says, and in the one that it was in before; if neither is
    known, in those that anything of the row names, or else in every one."""
    asides = generation.asides
    asides.add_groups(connection, register, generation.number)
    asides.add_groups(connection, register, generation.living)
    doubts = [doubt for doubt in asides.doubts_of(register) if not doubt.group]
    if not doubts:
        return
    placed = asides.placed(register)
    of_this = (
        records.c.generation == generation.number,
        records.c.register == register,
        records.c.group != "",
    )
    groups = set(connection.scalars(select(records.c.group).where(*of_this).distinct()))
    for doubt in doubts:
        known = doubt.row_fits and doubt.key in placed
        for group in () if known else (groups & doubt.cells or {EVERY_GROUP}):
            asides.also(doubt.row, doubt.person, group, doubt.key)


def _body(found: dict[str, Any], model: type[BaseModel] | None, structures: frozenset[str]) -> dict[str, Any]:
    """`structures`: the items that are lists or objects; one that is not there is left out, for the model to say what then."""
    body = {
        target: item if isinstance(item, list | dict) else _as_text(item)
        for target, item in found.items()
        if item is not None or target not in structures
    }
    if model is None:
        return body
    try:
        return model.model_validate(body).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Unusable(str(first["loc"][0]) if first["loc"] else "key", _told(first)) from None


def _told(error: ErrorDetails) -> str:
    """What was expected and where in the item: by numbers from 1 and by names, but no name that only the delivery has."""
    kind, words = error["type"], error["msg"]
    if kind in ("value_error", "assertion_error"):
        words = words.partition(", ")[2]
    elif kind != "rule":  # a rule of the model's own is told by its sentence alone
        words = in_words(kind, error.get("ctx", {}))
    steps = error["loc"][1:-1] if kind == "extra_forbidden" else error["loc"][1:]
    places = [f"{step + 1}番目" if isinstance(step, int) else f"「{step}」" for step in steps]
    return words + (f"（{'の'.join(places)}）" if places else "")


def _as_text(item: Any) -> str:
    """Dates in ISO 8601, numbers without a needless fraction."""
    if item is None:
        return ""
    if isinstance(item, float):
        return str(int(item)) if item.is_integer() else repr(item)
    return item.isoformat() if isinstance(item, date) else str(item)
