"""The yardstick of a request: a bare POST that commits one row, on the same web server and kind of database."""

from __future__ import annotations

from pathlib import Path

import httpx
from fastapi import FastAPI
from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from server_stub.db import open_engine, sqlite_url
from server_stub.node import serve


class BareServer:
    """One route, one table, nothing else; a client that keeps its connection."""

    def __init__(self, folder: Path) -> None:
        metadata = MetaData()
        rows = Table(
            "rows",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("text", String(40), nullable=False),
        )
        self._engine = engine = open_engine(sqlite_url(folder / "bare.db"))
        metadata.create_all(engine)
        app = FastAPI()

        @app.post("/")
        def commit(body: dict[str, str]) -> dict[str, str]:
            with engine.begin() as connection:
                connection.execute(insert(rows), body)
            return body

        self._node = serve(app)
        self._client = httpx.Client(base_url=self._node.base_url, trust_env=False)

    def post(self) -> None:
        self._client.post("/", json={"text": "x" * 40}).raise_for_status()

    def close(self) -> None:
        self._client.close()
        self._node.stop()
        self._engine.dispose()
