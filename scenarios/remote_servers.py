"""The nodes in a process of their own, as the stage reaches them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from server_stub.interface.clock import ClockSetting
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.operations.operators import FirstOperator

from .outages import PREFIX as OUTAGE
from .servers import CARD_REGISTRIES, CONSOLE, COUNTERS, ENDING, INQUIRY, ISSUING_SERVERS, OPS_SERVERS
from .sites import SITE


class RemoteServers:
    """The nodes in a process of their own (`konbini server --control`), reached through their control ports."""

    def __init__(
        self,
        folder: Path,
        template: Path,
        run: str,
        ports: tuple[int, int, int] = (0, 0, 0),
        *,
        trust: bool = False,
        outages: bool = False,
    ) -> None:
        """Starts the process and waits for its first line, which tells the base URLs. Raises RuntimeError.

        `template` is the stage's own: cards and databases must be of one making."""
        told = ["--folder", str(folder), "--begin-anew", "--template", str(template), "--run", run]
        told += ["--ports", ",".join(map(str, ports))]
        told += ["--trust-test-hierarchy"] if trust else []
        told += ["--outages"] if outages else []
        self._outages = outages
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scenarios.cli", "server", "--control", "--json", *told],
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # a Ctrl-C is the stage's, which ends them in order
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the servers did not start")
        urls = json.loads(line)
        self.authority_url, self.center_url = urls["authority"], urls["center"]
        self.issuing_urls: dict[str, str] = urls[ISSUING_SERVERS]
        self.card_registry_urls: dict[str, str] = urls[CARD_REGISTRIES]
        self.ops_urls: dict[str, str] = urls[OPS_SERVERS]
        self.counter_urls: dict[str, str] = urls[COUNTERS]
        self.site_url: str = urls.get(SITE, "")
        self.inquiry_url: str = urls[INQUIRY]
        self.console_url = urls[CONSOLE]
        self._first_urls = dict(self.issuing_urls), dict(self.ops_urls)
        self.faults_on: set[str] = set()
        self._client = httpx.Client(timeout=ENDING, trust_env=False)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """At the centre's control port: one process, one clock, one trace, and it has the faults of all."""
        answer = self._client.request(method, f"{self.center_url}/control/{path}", json=body)
        return answer.raise_for_status().json()

    def set_clock(self, setting: ClockSetting) -> None:
        self._ask("PUT", "clock", setting.to_json())

    def fault_on(self, name: str, parameters: dict[str, Any]) -> None:
        """Raises Failed(Control_Not_Offered) for an outage where no process can be killed."""
        if name.startswith(OUTAGE) and not self._outages:
            raise Failed("Control_Not_Offered", capability="outages")
        self._ask("PUT", f"faults/{name}", parameters)
        self.faults_on.add(name)

    def fault_off(self, name: str) -> None:
        self._ask("DELETE", f"faults/{name}")
        self.faults_on.discard(name)

    def first_operators(self) -> list[FirstOperator]:
        """As `LocalServers.first_operators`."""
        return [
            FirstOperator(one["owner"], one["name"], one["login"], Secret(one["password"]))
            for one in self._ask("POST", "console/first-operators")
        ]

    def lose_site(self, code: str) -> None:
        """As `LocalServers.lose_site`."""
        self._ask("POST", f"sites/{code}", {"act": "lose"})

    def restore_site(self, code: str, folder: Path) -> str:
        """As `LocalServers.restore_site`."""
        url = str(self._ask("POST", f"sites/{code}", {"act": "restore", "folder": str(folder)})["url"])
        before = self.issuing_urls[code]
        for one in [one for one, told in self.issuing_urls.items() if told == before]:
            self.issuing_urls[one] = self.ops_urls[one] = url
        return url

    def undelivered(self) -> frozenset[str]:
        if not any(name.startswith(OUTAGE) for name in self.faults_on):
            return frozenset()
        return frozenset(self._ask("GET", "undelivered")["municipalities"])

    def reset(self, scenario: str = "", trace_folder: Path | None = None) -> None:
        self._ask("PUT", "trace", {"scenario": scenario, "folder": str(trace_folder or "")})
        self._ask("POST", "reset")
        self.issuing_urls, self.ops_urls = dict(self._first_urls[0]), dict(self._first_urls[1])
        self.faults_on.clear()

    def close_trace(self) -> None:
        self._ask("PUT", "trace", {"folder": ""})

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(ENDING)
        if self._process.stdout is not None:
            self._process.stdout.close()
