"""A picture of two fronts: the one that was scanned, and the one that the back held."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from server_stub.interface.binding import NOTICE, SAMPLE
from server_stub.interface.font_files import GOTHIC, font_file

from .front_comparison import Comparison

_HEAD, _GAP = 46, 24
_DIFFERENT, _WORDS, _TEST = (200, 0, 0), (26, 26, 26), (163, 21, 21)


def framed(compared: Comparison) -> Image.Image:
    """The scanned front with a frame around what differs."""
    picture = compared.front.convert("RGB")
    draw = ImageDraw.Draw(picture)
    for left, top, right, bottom in compared.places:
        draw.rectangle((left - 2, top - 2, right + 2, bottom + 2), outline=_DIFFERENT, width=2)
    return picture


def side_by_side(compared: Comparison, held: Image.Image) -> Image.Image:
    """Both under their names, with the notice below."""
    left = framed(compared)
    right = held.convert("L").resize(left.size, Image.Resampling.LANCZOS).convert("RGB")
    page = Image.new("RGB", (2 * left.width + 3 * _GAP, left.height + 2 * _HEAD), (225, 228, 232))
    draw = ImageDraw.Draw(page)
    large, small = (ImageFont.truetype(str(font_file(GOTHIC)), size) for size in (24, 18))
    for number, (picture, title) in enumerate(((left, "証明書の表面"), (right, "裏面から復元した表面"))):
        x = _GAP + number * (left.width + _GAP)
        page.paste(picture, (x, _HEAD))
        draw.text((x, _HEAD / 2), title, _WORDS, large, anchor="lm")
    draw.text((page.width / 2, page.height - _HEAD / 2), f"{SAMPLE}　{NOTICE}", _TEST, small, anchor="mm")
    return page
