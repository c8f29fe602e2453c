"""The console, 利用登録 and the searches of the replica on PostgreSQL: their own tests, with their databases in a cluster of one's own.
With `make fuzz` (KONBINI_LONG=1), where PostgreSQL is installed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.bench.postgresql import cluster, programs
from tests.long import LONG

IGNORED = "ignore::pytest.PytestUnraisableExceptionWarning"
"""A hall that a test has left to the garbage collector keeps a connection open, of which psycopg warns and SQLite does not."""
TESTS = (
    "tests/operations/test_store.py", "tests/operations/test_operators.py", "tests/operations/test_getting_in.py",
    "tests/operations/test_operation_log.py", "tests/operations/test_vendor_access.py", "tests/registration/test_applying.py", "tests/registration/test_life.py",
    "tests/registration/test_links.py", "tests/registration/test_searching.py", "tests/registry/test_search_words.py",
)  # fmt: skip


@pytest.mark.skipif(
    not LONG or programs() is None, reason="with make fuzz (KONBINI_LONG=1), where PostgreSQL is installed"
)
def test_the_tests_of_the_console_and_of_registrations_pass_on_postgresql() -> None:
    with cluster() as url:
        told = os.environ | {"KONBINI_POSTGRESQL": url, "QT_QPA_PLATFORM": "offscreen"}
        told.pop("KONBINI_LONG", None)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", IGNORED, *TESTS],
            env=told,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout[-4000:]
