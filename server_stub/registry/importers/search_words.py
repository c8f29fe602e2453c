"""File what a generation has of its own under the words by which officials look for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

from sqlalchemy import insert, literal, select, union

from server_stub.registry.bulk import insert_rows
from server_stub.registry.tables import PERSON_WORDS, persons, plain_word, records, search_words

from .generation import Generation

_BATCH = 2000


class Searched(Protocol):
    """A class of bodies whose records can be found by words."""

    @staticmethod
    def search_words(body: Mapping[str, Any]) -> Iterable[str]: ...


def file_under_words(generation: Generation) -> None:
    """Runs once everything is there, so that the words are written in their order. What a base has stays filed there; a word that leads to a
    record which is another by now does no harm: whoever finds it looks at the record."""
    own = persons.c.generation == generation.number
    written = [
        select(persons.c.generation, literal(PERSON_WORDS), plain_word(column), persons.c.key).where(
            own, column != ""
        )
        for column in (persons.c.name, persons.c.kana)
    ]
    names = [column.name for column in search_words.c]
    with generation.engine.begin() as connection:
        connection.execute(insert(search_words).from_select(names, union(*written)))
    for register, model in generation.models.items():
        if hasattr(model, "search_words"):
            _file_records(generation, register, cast(Searched, model))


def _file_records(generation: Generation, register: str, model: Searched) -> None:
    last = ""
    while True:
        asked = (
            select(records.c.key, records.c.body)
            .where(
                records.c.generation == generation.number,
                records.c.register == register,
                records.c.key > last,
            )
            .order_by(records.c.key)
            .limit(_BATCH)
        )
        with generation.engine.begin() as connection:
            found = connection.execute(asked).all()
            rows = [
                {"generation": generation.number, "register": register, "word": word, "key": row.key}
                for row in found
                for word in dict.fromkeys(model.search_words(row.body))
            ]
            insert_rows(connection, search_words, rows)
        if len(found) < _BATCH:
            return
        last = found[-1].key
