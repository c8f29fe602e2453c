"""The processes of a stage with outages: they end with the server, however it ends, and a restarted one is where it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from scenarios import paths
from scenarios.outages import Line
from server_stub.faults.box import FaultBox
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace
from server_stub.node import NodeContext, make_app, serve
from tests.existing_system.test_process import children, command_of

pytestmark = [pytest.mark.xdist_group("cells")]


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.01)


def test_nothing_is_left_of_a_server_that_is_killed(tmp_path: Path) -> None:
    """Two sites: issuing servers, an existing system, lines to the centre and to the city hall."""
    command = [sys.executable, "-m", "scenarios.cli", "server", "--town", "minato", "--town", "midori"]
    command += ["--outages", "--json", "--ports", "0,0,0"]
    home = os.environ | {"KONBINI_HOME": str(paths.home())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=home) as server:
        assert server.stdout is not None
        urls = json.loads(server.stdout.readline())
        assert len(set(urls["issuing_servers"].values())) == 2
        found = {pid: command_of(pid) for pid in children(server.pid)}
        modules = sorted(told.split(b"\0")[2].decode() for told in found.values())
        assert modules == ["scenarios.line"] * 3 + [
            "server_stub.existing_system", "server_stub.issuing", "server_stub.issuing",
        ]  # fmt: skip
        server.kill()
    until(lambda: all(command_of(pid) != told for pid, told in found.items()))


def test_a_cut_line_is_refused_and_leads_there_again() -> None:
    """On the port that it had, and to what stands there now."""
    context = NodeContext(Clock(STAGE_START), Trace(Clock(STAGE_START)), FaultBox())
    node = serve(make_app(context, title="見本", source="issuing", description="見本"))
    line = Line("the line of these tests", 1)
    try:
        line.lead_to([node.base_url])
        (url,) = line.urls
        until(lambda: _answers(url))
        line.kill()
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)
        line.restart_if_ended()
        assert line.urls == [url]
        assert _answers(url)
    finally:
        line.stop()
        node.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 404
    except httpx.TransportError:
        return False
