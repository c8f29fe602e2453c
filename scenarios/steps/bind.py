"""Binds the chosen feature files to the steps: each scenario becomes one test."""

from __future__ import annotations

from pytest_bdd import scenarios

from scenarios import paths
from scenarios.command.running import chosen_files
from scenarios.feature_check import feature_files

# file by file, those that were checked: the name of a folder would be a pattern to pytest-bdd
for _file in chosen_files() or feature_files([paths.FEATURES]):
    scenarios(str(_file))
