"""The existing system (既存システム) of one municipality: a stand-in for what a city has of its own, as far as PDF連携 needs it.

It runs as a process of its own (`python -m server_stub.existing_system`), speaks HTTP with the issuing server alone
(`interface/existing_system.py`), reads its records from the city's delivery files, never from the replica, and makes the PDF of a
front itself. It knows kinds through `certificates/`, as the issuing server does under データ連携, and shares nothing with that but
the interface. `faults` are the ways in which it may be wrong; the stage starts, steers and ends it (`scenarios/existing_systems.py`).
"""
