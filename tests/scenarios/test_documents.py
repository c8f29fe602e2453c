"""What the documents say is so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from scenarios import paths
from scenarios.cli import app
from scenarios.command.openapi import documents


def test_the_published_interface_specification_is_the_one_that_is_served() -> None:
    """`konbini openapi docs/openapi` writes it anew."""
    for name, document in documents().items():
        published = json.loads((paths.ROOT / "docs" / "openapi" / name).read_text(encoding="utf-8"))
        if published != document:
            pytest.fail(
                f"docs/openapi/{name} is old: konbini openapi docs/openapi writes it anew", pytrace=False
            )


def test_the_readmes_name_only_commands_that_exist() -> None:
    known = set(commands(get_command(app)))
    for name in ("README.md", "README.ja.md"):
        text = (paths.ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"konbini ([a-z]+)", text)) <= known, name


def commands(group: Any) -> dict[str, Any]:
    """Also those that are loaded when they are called."""
    return {name: group.get_command(None, name) for name in group.list_commands(None)}


def options(command: Any) -> Iterator[str]:
    for part in commands(command).values() if hasattr(command, "list_commands") else ():
        yield from options(part)
    for option in command.params:
        if not getattr(option, "hidden", False):
            yield from (name for name in option.opts if name.startswith("--"))


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readmes_name_every_option_and_every_make_target(name: str) -> None:
    text = (paths.ROOT / name).read_text(encoding="utf-8")
    unnamed = {option for option in options(get_command(app)) if option not in text}
    assert unnamed == {"--control"}, "the control port is for tests"
    makefile = (paths.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE)) - {"clean"}
    assert {target for target in targets if f"make {target}" not in text} == set()


def test_the_readmes_and_pages_link_only_to_files_that_exist() -> None:
    for page in [*paths.ROOT.glob("*.md"), *(paths.ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
