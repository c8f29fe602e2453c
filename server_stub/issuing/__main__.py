"""The process of one issuing server: `python -m server_stub.issuing`, steered as `server_stub.node_process` says."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel

from server_stub.interface.secret import Secret
from server_stub.node import NodeContext
from server_stub.node_process import Made, Start, run_node
from server_stub.registration import RegistrationSettings

from .app import create_app
from .existing_systems import ExistingSystemAddress
from .tenants import HostedMunicipality, IssuingSettings


class Hosted(BaseModel):
    """One municipality as `HostedMunicipality` has it. `existing_url`: '' where it has no existing system."""

    folder: Path
    replica_url: str
    pseudonym_secret: str
    existing_url: str = ""
    existing_key: str = ""


class Registering(BaseModel):
    """As `RegistrationSettings` has it."""

    database_url: str
    number_key: str
    site_key: str


class IssuingStart(Start):
    """`name`: what it is called in the trace. The ledger and the replicas are at their newest schema already."""

    name: str
    ledger_url: str
    centre_key: str
    ops_key: str
    municipalities: list[Hosted]
    registration: Registering | None = None


def told_of(settings: IssuingSettings) -> dict[str, object]:
    """Say `settings` as the process is told them; its standard input is nobody else's to read."""
    return {
        "ledger_url": settings.ledger_url,
        "centre_key": settings.centre_key.reveal(),
        "ops_key": "" if settings.ops_key is None else settings.ops_key.reveal(),
        "municipalities": [
            {
                "folder": str(one.folder),
                "replica_url": one.replica_url,
                "pseudonym_secret": one.pseudonym_secret.reveal(),
            }
            | (
                {}
                if one.existing_system is None
                else {
                    "existing_url": one.existing_system.base_url,
                    "existing_key": one.existing_system.key.reveal(),
                }
            )
            for one in settings.municipalities
        ],
    } | (
        {}
        if (registration := settings.registration) is None
        else {
            "registration": {
                "database_url": registration.database_url,
                "number_key": registration.number_key.reveal(),
                "site_key": registration.site_key.reveal(),
            }
        }
    )


def _settings(start: IssuingStart) -> IssuingSettings:
    return IssuingSettings(
        ledger_url=start.ledger_url,
        centre_key=Secret(start.centre_key),
        ops_key=Secret(start.ops_key) if start.ops_key else None,
        municipalities=tuple(
            HostedMunicipality(
                one.folder,
                one.replica_url,
                Secret(one.pseudonym_secret),
                ExistingSystemAddress(one.existing_url, Secret(one.existing_key))
                if one.existing_url
                else None,
            )
            for one in start.municipalities
        ),
        registration=None
        if (told := start.registration) is None
        else RegistrationSettings(told.database_url, Secret(told.number_key), Secret(told.site_key)),
    )


def _make(start: IssuingStart, context: NodeContext) -> Made:
    app = create_app(context, _settings(start))
    service = app.state.issuing
    return Made(app, service.close, service.reopen)


def main() -> int:
    return run_node(IssuingStart, lambda start: start.name, _make)


if __name__ == "__main__":
    sys.exit(main())
