"""What `make lint` finds of kinds that are named outside their folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kind_names import named_outside


def test_no_kind_is_named_outside_its_folder() -> None:
    assert list(named_outside()) == []


@pytest.mark.parametrize(
    ("file", "line", "found"),
    [
        ("server_stub/issuing/service.py", 'if kind == "residence":', ["residence"]),
        ("kiosk_app/flow/choice_rows.py", "title = '印鑑登録証明書'", ["印鑑登録証明書"]),
        ("scenarios/servers.py", "kind.seal_registration", ["seal_registration"]),
        ("scenarios/steps/slots.py", 'kind("住民票の写し")', []),
        ("scenarios/steps/slots.py", 'kind("residence")', ["residence"]),
        ("server_stub/certificates/residence/front.py", 'KIND = "residence"', []),
        ("server_stub/certificates/certificate.py", 'KIND = "residence"', ["residence"]),
        ("server_stub/registry/tables.py", "residences, residency, seal_registrations", []),
    ],
)
def test_a_planted_name_is_found_where_it_must_not_stand(
    tmp_path: Path, file: str, line: str, found: list[str]
) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(f"\n{line}\n", encoding="utf-8")
    assert list(named_outside(tmp_path)) == [f"{file}:2: {name}" for name in found]
