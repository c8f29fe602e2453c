"""Registers without a type of their own: their records go into one table, their bodies are their owner's matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from server_stub.registry.tables import records

from .format_file import FileFormat
from .generation import Generation, deletes
from .row_function import Unusable


def take_records(generation: Generation, file: FileFormat, before: set[str]) -> int:
    register, model = file.record, generation.models.get(file.record)
    unusable_before = generation.unusable_before(register)
    touched = generation.touched.setdefault(register, set())
    owner = "person" if "person" in file.to else "key"
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
        return {
            "register": register,
            "key": key,
            "person": person,
            "group": group,
            "body": _body(found, model),
        }

    def usable() -> Iterator[dict[str, Any]]:
        for line, row in generation.rows(file, owner, "group", rule):
            yield {**row, "generation": generation.number, "line": line}

    count = generation.write(records, usable())
    with generation.engine.begin() as connection:
        generation.delete(connection, records, "key", gone)
        unusable = [{"key": key, "register": register} for key in generation.asides.keys(register)]
        generation.delete(connection, records, "key", unusable)
    return count


def _body(found: dict[str, Any], model: type[BaseModel] | None) -> dict[str, Any]:
    body = {target: _as_text(item) for target, item in found.items()}
    if model is None:
        return body
    try:
        return model.model_validate(body).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise Unusable(str(first["loc"][0]) if first["loc"] else "key", first["msg"]) from None


def _as_text(item: Any) -> str:
    """Dates in ISO 8601, numbers without a needless fraction."""
    if item is None:
        return ""
    if isinstance(item, float):
        return str(int(item)) if item.is_integer() else repr(item)
    return item.isoformat() if isinstance(item, date) else str(item)
