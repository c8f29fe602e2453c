"""Every feature of the project, through the real GUI, real HTTP and real PDF."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from pytest_bdd import scenarios

from scenarios import paths, trace_labels
from scenarios.steps.world import World
from server_stub.interface.trace import Event

for _path in sorted(paths.FEATURES.glob("*.feature")):
    # what needs a PC/SC service runs in a process of its own: test_pcsc_features.py
    if "@PCSC\n" not in _path.read_text(encoding="utf-8"):
        scenarios(_path)


@pytest.fixture(autouse=True)
def _all_processes_tell_in_words(world: World) -> Iterator[None]:
    """Of this process conftest hears it; here are the files of the others too."""
    folder = world.stage.trace.folder
    yield
    assert folder is not None
    missing: set[str] = set()
    for file in folder.glob("*.jsonl"):
        if trace_labels.process_words(file.stem) is None:
            missing.add(f"process {file.stem}")
        # a line that is being written has no end yet
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                missing |= trace_labels.without_words(Event(**json.loads(line)))
    assert not missing, f"scenarios/trace_labels has no words for: {', '.join(sorted(missing))}"
