"""The pytest plugin of `konbini run -k` with a title: what has another title is left out, in every process of the run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry

from .chosen import plain_title

OPTION = "--konbini-titles"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("konbini").addoption(
        OPTION, default="[]", help="JSON: the titles to run, as plain_title has them"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not (wanted := set(json.loads(config.getoption(OPTION)))):
        return
    left_out = [item for item in items if plain_title(_title(item)) not in wanted]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _title(item: Any) -> str:
    """As the verdict has it."""
    function = getattr(item, "function", None)
    template = None if function is None else scenario_wrapper_template_registry.get(function)
    if template is None:
        return ""
    callspec = getattr(item, "callspec", None)
    example: dict[str, str] = callspec.params.get("_pytest_bdd_example", {}) if callspec else {}
    name = template.render(example).name
    return name + (f"（{'、'.join(example.values())}）" if example else "")
