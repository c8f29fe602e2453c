"""Papers in evidence: the original as a person sees it."""

from __future__ import annotations

import io

from PIL import Image

from scenarios.evidence.sheets import render_sheet
from server_stub.interface.values import Box
from tests.paper import samples
from tests.paper.reading import finish
from tests.paper.seen import UNSEEN, word_seen


def test_the_word_of_the_ground_is_not_seen_on_the_original_front_and_back() -> None:
    (sheet,) = finish(samples.render_residence([samples.single()], samples.issuer(), "household"))
    sides = render_sheet(sheet, [Box(x=100, y=60, width=40, height=6)])
    assert [side.name for side in sides] == ["表面", "裏面"]
    for side in sides:
        with Image.open(io.BytesIO(side.jpeg)) as picture:
            assert max(word_seen(picture)) < UNSEEN
            assert abs(picture.width / 210 - picture.height / 297) < 0.01
