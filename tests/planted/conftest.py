"""A stage whose servers run in this process, so that what is planted here is planted in them too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.stage import Stage
from scenarios.steps.plugin import Stages
from scenarios.steps.world import World
from tests.planted.runner import shipped


@pytest.fixture(scope="session")
def planted_stages() -> Iterator[Stages]:
    found = Stages(lambda towns, outages: Stage(separate=False, towns=towns, outages=outages))
    yield found
    found.close()


@pytest.fixture
def world(request: pytest.FixtureRequest, planted_stages: Stages, tmp_path: Path) -> World:
    """As the scenarios have it, in the towns that the scenario's tags name. Nothing is said about how long the terminal stood
    still: servers share its interpreter."""
    planted = getattr(request.node, "callspec", None)
    scenario = shipped(planted.params["planted"].scenario) if planted is not None else None
    planted_stage = planted_stages.of(scenario.tags | scenario.feature.tags if scenario is not None else ())
    planted_stage.reset(trace_folder=tmp_path)
    return World(planted_stage, planted_stage.start_kiosk())
