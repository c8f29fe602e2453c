"""Pictures that others deliver or set: whether there is anything to see on them."""

from __future__ import annotations

from PIL import Image

VISIBLE = 60
"""Steps (of 255) that the darkest and the lightest place of a picture are apart, at least, on white paper."""


def is_seen(image: Image.Image) -> bool:
    """Whether something of `image` stands out on white paper; not of one that is white, transparent, or black all over."""
    own = image.convert("RGBA")
    paper = Image.new("RGBA", own.size, "white")
    darkest, lightest = Image.alpha_composite(paper, own).convert("L").getextrema()
    return bool(lightest - darkest >= VISIBLE)  # type: ignore[operator]
