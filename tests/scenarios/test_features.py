"""Every feature of the project, through the real GUI, real HTTP and real PDF."""

from __future__ import annotations

from pytest_bdd import scenarios

from scenarios import places

for _path in sorted(places.FEATURES.glob("*.feature")):
    # what needs a PC/SC service runs in a process of its own: test_pcsc_features.py
    if "@PCSC\n" not in _path.read_text(encoding="utf-8"):
        scenarios(_path)
