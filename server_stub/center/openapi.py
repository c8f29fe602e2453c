"""Write the interface specification that a centre of one's own must implement."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from server_stub.interface.failures import CATALOGUE
from server_stub.interface.offers import Offers
from server_stub.interface.terminal import Manifest
from server_stub.node import failure_answers

INFO_NOTE = "Terminal (キオスク端末) to centre (証明書交付センター). Our own design: the real telegrams are not public."

DESCRIPTION = """
All money is whole yen, all times are ISO 8601 with offset, all bodies are JSON in UTF-8 unless a media type says otherwise.
Unknown fields are refused in both directions.

## One visit

1. `POST /v1/sessions`: one session a resident.
2. The PIN is entered. `POST …/nonce`, and at once the card signs (below). `POST …/authentication` answers with signed offers
   (below): what the resident may get, in words. The terminal shows them and knows no kind of certificate by name.
3. `POST …/applications` with a fresh `Idempotency-Key`. The answer is a signed manifest. The same key with the same body
   gives the same answer, also after a lost connection; with another body it is `Idempotency_Conflict`.
4. `GET /v1/applications/{id}/sheets/{number}` for each entry of the manifest, 1 to n.
5. The terminal checks signature, binding and SHA-256, and only then takes money.
6. `POST …/reports`: `paid`, after printing `handed_over`; or `cancelled`, `in_doubt`, `incident`. Send reports in order and until
   they are taken, with one `report_id` for ever: a report may arrive any number of times.
7. `POST /v1/sessions/{id}/end` after the reports: whatever is not paid then is cancelled as a whole.

A session that has run out (`expires_at`, or later if paper was prepared in it) is ended by the centre in the same way.
An answer that comes after the end of its session is to be dropped; its paper is cancelled.

A terminal that was cut off delivers its reports later. What the centre cancelled only because the session had run out gives way
to a `paid` report whose `at` lies before that: the application is settled late. So `at` is the time of the event (for `paid`:
when the money was taken in), not of the message. After a cancellation that the terminal itself asked for, `paid` stays a
conflict and an incident.

## States of an application

received → prepared → paid → handed_over; from each of the first three also → cancelled; from prepared and paid → in_doubt,
which is resolved by `paid`, `handed_over` or `cancelled`. A report that does not fit is `Application_State_Conflict`.
An `incident` cancels what is not paid, puts what is paid in doubt, and is never closed by printing again.

## Officials' tools

`/ops/v1` tells incidents, applications in doubt and what became of one application, to whoever has the operations key of this
server (never a terminal's). Nothing is changed there but emergency stops and announced outages. A server that has no such key answers `Operations_Not_Offered`.

## What the card signs

The authentication key of the card (利用者証明用) signs with RSASSA-PKCS1-v1_5 and SHA-256 the UTF-8 bytes of

    context LF session_id LF nonce

where `context` and `nonce` are the texts of the `Nonce` answer, as they stand (the nonce stays Base64), LF is one byte 0x0A,
and there is no LF at the end. The nonce is used up by the first `authentication` of its session, successful or not.
`proof.certificate` is the DER certificate in Base64; chain, validity and revocation (OCSP) are checked every time.

## Offers

`SignedOffers.text` is the JSON of `Offers` exactly as signed: verify the Ed25519 `signature` (Base64) over the UTF-8 bytes of
`JPKI-SIM/konbini/offers/v1`, one LF, and the text, with the public key that was pinned at the terminal. They must be of this
session and terminal, and of the holder as the terminal itself has read it from the card. `key_id` is the first 16 hex digits of
the SHA-256 over the raw 32-byte public key.

An application names its `subjects` always, and answers exactly the questions that concern one of them (`concerns` empty:
everybody). `scope` `whole` means all subjects of the offer, `holder` the one who is `holder`, `chosen` any of them; nobody
with a `refusal` can be asked for.

## Manifest and binding

`SignedManifest.text` is the JSON of a `Manifest` exactly as signed: verify the signature over its UTF-8 bytes with the same key
before parsing it.

`holder` is a method and its reference. For `jpki` that is the SHA-256, in lower-case hex, over the DER of the certificate's
issuer name followed by its serial number (big endian, shortest form, without sign byte). The terminal computes it from the
card and never takes it from the centre.

The manifest must be of this holder, session and terminal, of the kind, municipality, copies and fee that were asked for.
Sheets are in order, `number` from 1; every copy 1 to `copies` has its own `issue_number` and sheets `k` = 1 to `n`; the
`subjects` of each copy are exactly those asked for. `answers` of a sheet are those given to questions that concern somebody on
it, and it has as many `secret_boxes` as 個人番号 were asked for. All this comes from what was rendered, not from the request.
The text of every front bears the offer's `title`, the names of its `subjects` as offered, its `issue_number` and k／n, all to be
seen; a 個人番号 stands only within a box of its own, and none on a back.
`sha256` is that of the PDF bytes as served. Each PDF has two pages (front, back) and in /Keywords the canonical JSON
`{"answers":…,"application":…,"boxes":[[x,y,width,height],…],"copy":[copy_number,copies],"fee":…,"kind":…,"municipality":…,"sheet":[k,n],"subjects":[…]}`, and `"named":[…]` after "municipality" where the sheet has it
(no spaces, keys sorted, ASCII).

## Refusals

Every refusal is a `FailureBody` with a status of 4xx or 5xx: a name of the list below and facts (counts, hours, names of
fields), never personal data. A kind of certificate may refuse by a name of its own; then `words` say it to the resident. A server that is out of service may answer 503 without a body.
Every request should carry `traceparent` (W3C Trace Context); the servers pass it on.
""".strip()


ALWAYS = ("Terminal_Unknown", "Request_Malformed", "Request_Too_Large", "Request_Too_Slow", "Internal_Error")

Responses = dict[int | str, dict[str, Any]]


def failures(*names: str) -> Responses:
    """Describe the failures of one path: `names`, and those of every path."""
    return failure_answers(*names, *ALWAYS)


def describe(app: FastAPI) -> None:
    """Let `app` publish the whole document, with what FastAPI cannot know: the trace context, what stands inside
    signed texts, and the catalogue of failures."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=INFO_NOTE,
                description=f"{DESCRIPTION}\n\n{_catalogue()}",
                routes=app.routes,
            )
            _add_traceparent(made["paths"])
            _add_signed(made["components"]["schemas"])
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _add_traceparent(paths: dict[str, Any]) -> None:
    """Add the traceparent header to every path; the node reads it (server_stub/node.py), no path does."""
    header = {
        "name": "traceparent",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "W3C Trace Context, version 00",
    }
    for path in paths.values():
        for operation in path.values():
            operation.setdefault("parameters", []).append(header)


def _add_signed(schemas: dict[str, Any]) -> None:
    for model in (Manifest, Offers):
        inside = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(inside.pop("$defs"))
        schemas[model.__name__] = inside
        text = schemas[f"Signed{model.__name__}"]["properties"]["text"]
        text["contentMediaType"] = "application/json"
        text["contentSchema"] = {"$ref": f"#/components/schemas/{model.__name__}"}


def _catalogue() -> str:
    rows = [
        f"| `{failure.name}` | {failure.status} | {failure.cause} | {failure.remedy} |"
        for failure in CATALOGUE.values()
        if failure.status
    ]
    return "\n".join(["## Failures", "", "| failure | status | 原因 | 対処 |", "|---|---|---|---|", *rows])
