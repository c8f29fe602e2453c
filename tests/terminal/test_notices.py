"""Words about an announced outage are shown only if the centre has signed them for this session; whoever answers may be anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Response

from kiosk_app.screens.texts import RefusalWords, Words
from server_stub.interface.binding import new_ulid, sign_notice
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import OutageNotice

from .centre import TERMINAL, Centre
from .test_cancelled import Conversation
from .world import card

SAID = {"ja": "市役所の計画停電のため、停止しています。", "en": "Planned power cut at the city hall."}
UNTIL = "2026-06-03T17:00"


@pytest.fixture
def visit(tmp_path: Path, centre: Centre) -> Iterator[Conversation]:
    visit = Conversation(tmp_path, centre)
    visit.reader.insert(card())
    yield visit
    visit.runtime.close()


def told(visit: Conversation, notice: Any, failure: str = "Outage_Announced") -> Failed:
    """The refusal that the flow hears of, when the centre refuses with `notice` (a function of the session makes it)."""
    effect = visit.known()
    body = {
        "failure": failure,
        "facts": {"reopens": "2026-06-03T09:99", "notice": notice(effect.session_id)},
    }
    visit.centre.answer["authentication"] = Response(json.dumps(body), 503, media_type="application/json")
    with pytest.raises(Failed) as caught:
        visit.runtime.perform(effect)
    assert caught.value.failure == failure
    return caught.value


def signed(key: Ed25519PrivateKey, session_id: str, terminal_id: str = TERMINAL) -> dict[str, Any]:
    notice = OutageNotice(session_id=session_id, terminal_id=terminal_id, notice=SAID, reopens=UNTIL)
    return sign_notice(notice, key).model_dump()


def test_what_the_centre_has_signed_for_this_session_is_shown(visit: Conversation) -> None:
    refusal = told(visit, lambda session: signed(visit.centre.signing_key, session))
    assert refusal.facts == {"notice": SAID, "reopens": UNTIL}
    words = RefusalWords(Words("ja"), refusal.failure, refusal.facts)
    assert words.known == [SAID["ja"], "6月3日17:00までの予定です。"]
    assert words.choice == f"{SAID['ja']}6月3日17:00までの予定です。"


def test_words_of_anybody_else_are_not_shown(visit: Conversation) -> None:
    key, stranger = visit.centre.signing_key, Ed25519PrivateKey.generate()
    for notice in (
        lambda session: SAID,
        lambda session: signed(stranger, session),
        lambda session: signed(key, new_ulid(visit.centre.clock)),
        lambda session: signed(key, session, "OTHER-TERMINAL"),
        lambda session: {**signed(key, session), "text": "{}"},
    ):
        refusal = told(visit, notice)
        assert "notice" not in refusal.facts
        assert SAID["ja"] not in RefusalWords(Words("ja"), refusal.failure, refusal.facts).known


def test_another_refusal_has_no_such_words(visit: Conversation) -> None:
    refusal = told(visit, lambda session: signed(visit.centre.signing_key, session), "Service_Stopped")
    assert RefusalWords(Words("ja"), "Service_Stopped", refusal.facts).known == [
        "6月3日17:00に再開する予定です。"
    ]
