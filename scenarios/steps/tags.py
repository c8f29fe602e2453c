"""Testers' own tags: every tag of the chosen features is made known to pytest, so that it can be used to choose; and no
scenario that the features declare is lost on the way to the run."""

from __future__ import annotations

import pytest

from scenarios.command.running import chosen_files
from scenarios.feature_check import declared, tags


def pytest_configure(config: pytest.Config) -> None:
    for tag in sorted({tag for file in chosen_files() for _, tag in tags(file.read_text(encoding="utf-8"))}):
        config.addinivalue_line("markers", f"{tag}: a tag of the chosen features")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before anything is left out by choice: as many tests as the text declares, counted without the parser."""
    files = chosen_files()
    if not files or any(item.path.name != "bind.py" for item in items):
        return  # other tests are run
    wanted = sum(declared(file.read_text(encoding="utf-8")) for file in files)
    if len(items) != wanted:
        raise pytest.UsageError(f"シナリオは{wanted}件ありますが、実行できるのは{len(items)}件です。")
