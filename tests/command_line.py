"""The command line in the tests' own process: what `konbini …` prints and ends with, without the cost of starting another."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from scenarios import cli, paths
from scenarios.steps.slots import speak_of
from scenarios.towns import VARIABLE, load_towns


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def konbini(
    *arguments: str, cwd: Path | None = None, more: Mapping[str, str] | None = None, screen: bool = False
) -> Told:
    """Run a command as its entry point does. `screen`: standard output and error are a terminal of 256 colours, 80 columns wide."""
    out, err = (_Screen() if screen else io.StringIO() for _ in range(2))
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["konbini", *arguments])
        patch.setenv("KONBINI_HOME", str(paths.home()))
        if screen:
            patch.delenv("NO_COLOR", raising=False)
            patch.setenv("TERM", "xterm-256color")
            patch.setenv("COLUMNS", "80")
        for name, value in (more or {}).items():
            patch.setenv(name, value)
        if cwd is not None:
            patch.chdir(cwd)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:  # a command may choose towns for its process
            if VARIABLE not in before:
                os.environ.pop(VARIABLE, None)
            else:
                os.environ[VARIABLE] = before[VARIABLE]
            speak_of(load_towns())
    return Told(code, out.getvalue(), err.getvalue())
