"""The books of a node under several connections: what is lent and given back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from server_stub.db import open_engine, sqlite_url


def test_a_result_that_nobody_read_to_its_end_does_not_lock_the_next_writer(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "books.db")
    ours, others = open_engine(url), open_engine(url)
    with ours.begin() as connection:
        connection.execute(text("CREATE TABLE sheets (number INTEGER)"))
        connection.execute(text("INSERT INTO sheets VALUES (1), (2), (3)"))
    with ours.connect() as connection:
        half_read = connection.execute(text("SELECT number FROM sheets ORDER BY number"))
        assert next(half_read).number == 1
    with others.begin() as connection:
        connection.execute(text("INSERT INTO sheets VALUES (4)"))
    with ours.begin() as connection:  # the pool lends the same connection again
        connection.execute(text("INSERT INTO sheets VALUES (5)"))
    with others.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sheets")).scalar_one() == 5
    with pytest.raises(ProgrammingError):
        next(half_read)
    ours.dispose()
    others.dispose()
