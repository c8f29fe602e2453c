"""Binds the chosen feature files to the steps: each scenario becomes one test."""

from __future__ import annotations

import os

from pytest_bdd import scenarios

from scenarios import paths
from scenarios.command.running import FEATURES_VARIABLE

for _path in os.environ.get(FEATURES_VARIABLE, str(paths.FEATURES)).split(os.pathsep):
    scenarios(_path)
