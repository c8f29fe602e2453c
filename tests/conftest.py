"""For all tests: no PC/SC call of this process, or of one it starts, ever reaches the readers of the machine."""

from __future__ import annotations

import os

import pytest

from cards.pcscd import SOCKET_VARIABLE, process_folder, socket_path

# at once: libpcsclite keeps to the first socket it was shown
os.environ[SOCKET_VARIABLE] = str(socket_path(process_folder()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many attacks the tests made (their property `attacks`), and how many of them got through (`violations`)."""
    told = [
        dict(report.user_properties)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    attacks = sum(int(one.get("attacks", 0)) for one in told)
    if attacks:
        violations = sum(int(one.get("violations", 0)) for one in told)
        terminalreporter.write_line(f"{attacks} attacks, {violations} violations")
