"""A stage whose servers run in this process, so that what is planted here is planted in them too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.stage import Stage
from scenarios.steps.world import World


@pytest.fixture(scope="session")
def planted_stage() -> Iterator[Stage]:
    with Stage(separate=False) as made:
        yield made


@pytest.fixture
def world(planted_stage: Stage, tmp_path: Path) -> World:
    """As the scenarios have it. Nothing is said about how long the terminal stood still: servers share its interpreter."""
    planted_stage.reset(trace_folder=tmp_path)
    return World(planted_stage, planted_stage.start_kiosk())
