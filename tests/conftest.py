"""For all tests: no PC/SC call of this process, or of one it starts, ever reaches the readers of the machine."""

from __future__ import annotations

import os

import pytest

from cards.pcscd import SOCKET_VARIABLE, process_folder, socket_path

# at once: libpcsclite keeps to the first socket it was shown
os.environ[SOCKET_VARIABLE] = str(socket_path(process_folder()))


PLANTED = "test_a_planted_defect_fails_the_sentence_that_names_it["


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many of the planted defects (tests/planted) were caught; also where several workers ran them."""
    caught, survived = (
        sum(PLANTED in report.nodeid for report in terminalreporter.stats.get(outcome, ()))
        for outcome in ("passed", "failed")
    )
    if caught or survived:
        terminalreporter.write_line(f"planted defects caught: {caught} of {caught + survived}")
