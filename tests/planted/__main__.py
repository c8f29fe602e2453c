"""Prints the table of planted defects: `python -m tests.planted`."""

from tests.planted.defect import table

print(table())  # noqa: T201
