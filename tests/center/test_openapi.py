"""The interface specification: complete enough to build against, and true of the centre itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from server_stub.center.app import openapi_document
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.terminal import Manifest
from server_stub.interface.values import FailureBody
from tests.center.world import OPS_KEY, STORE_KEY, World
from tests.long import LONG

OPERATIONS = {
    ("get", "/v1/municipalities"),
    ("post", "/v1/sessions"),
    ("post", "/v1/sessions/{session_id}/nonce"),
    ("get", "/v1/ordinance-services"),
    ("get", "/v1/registration-services"),
    ("post", "/v1/sessions/{session_id}/registration-authentication"),
    ("post", "/v1/sessions/{session_id}/registrations"),
    ("post", "/v1/sessions/{session_id}/registrations/{application_id}/slip"),
    ("post", "/v1/sessions/{session_id}/authentication"),
    ("post", "/v1/sessions/{session_id}/applications"),
    ("get", "/v1/applications/{application_id}/sheets/{number}"),
    ("post", "/v1/applications/{application_id}/reports"),
    ("get", "/v1/applications/{application_id}/standing"),
    ("post", "/v1/sessions/{session_id}/end"),
    ("get", "/ops/v1/incidents"),
    ("get", "/ops/v1/in-doubt"),
    ("get", "/ops/v1/stops"),
    ("post", "/ops/v1/stops"),
    ("post", "/ops/v1/stops/{stop_id}/release"),
    ("get", "/ops/v1/applications/{application_id}"),
    ("get", "/ops/v1/alarms"),
    ("get", "/ops/v1/terminals"),
    ("post", "/ops/v1/matters/close"),
    ("get", "/ops/v1/matters/closed"),
    ("get", "/ops/v1/outages"),
    ("post", "/ops/v1/outages"),
    ("post", "/ops/v1/outages/{outage_id}/end"),
    ("get", "/ops/v1/centre-service"),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(openapi_document()))
    return loaded


def test_the_specification_names_every_path_of_the_interface(document: dict[str, Any]) -> None:
    assert {(m, path) for path, item in document["paths"].items() for m in item} == OPERATIONS


def test_every_path_wants_a_key_and_says_how_it_refuses(document: dict[str, Any]) -> None:
    for scheme in document["components"]["securitySchemes"].values():
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["security"] == [{"OpsKey" if path.startswith("/ops/") else "TerminalKey": []}]
            assert operation["summary"]
            assert operation["description"]
            for status, answer in operation["responses"].items():
                if int(status) < 300:
                    continue
                content = answer["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/FailureBody"}
                for name, example in content["examples"].items():
                    assert CATALOGUE[name].status == int(status)
                    FailureBody.model_validate(example["value"])
            assert "401" in operation["responses"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_the_application_wants_an_idempotency_key(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/sessions/{session_id}/applications"]["post"]
    (key,) = [p for p in operation["parameters"] if p["name"].lower() == "idempotency-key"]
    assert (key["in"], key["required"]) == ("header", True)
    assert key["schema"]["pattern"]


def test_the_manifest_inside_the_signed_text_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["SignedManifest"]["properties"]["text"]["contentSchema"] == {
        "$ref": "#/components/schemas/Manifest"
    }
    assert set(schemas["Manifest"]["properties"]) == set(Manifest.model_fields)
    pdf = document["paths"]["/v1/applications/{application_id}/sheets/{number}"]["get"]["responses"]["200"]
    assert set(pdf["content"]) == {"application/pdf"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert references
    assert references <= set(schemas)


def test_every_failure_that_a_server_answers_is_in_the_list(document: dict[str, Any]) -> None:
    description = document["info"]["description"]
    for failure in CATALOGUE.values():
        assert (f"| `{failure.name}` | {failure.status} |" in description) == (failure.status > 0)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_whatever_is_sent_is_answered_as_the_specification_says(
    world: World, document: dict[str, Any], method: str, path: str, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(document)
    session_id = world.known_session()
    application_id = world.manifest(world.apply(world.known_session())).application_id
    key = OPS_KEY if path.startswith("/ops/") else STORE_KEY

    @settings(
        max_examples=8 if LONG else 3,
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def sends(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE:
            for name, real in (("session_id", session_id), ("application_id", application_id)):
                if name in case.path_parameters:
                    case.path_parameters[name] = real
        case.call_and_validate(
            base_url=world.base_url,
            headers={"Authorization": f"Bearer {key}"},
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
                negative_data_rejection,
            ],
        )

    sends()
    assert not [event for event in world.events if event.kind == "internal_error"]
