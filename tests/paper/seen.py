"""How far 複写 stands out in a picture of a side."""

from __future__ import annotations

import numpy as np
from PIL import Image

from server_stub.paper.pattern import word_picture

MARGIN_MM, TOP_MM, BOTTOM_MM = 12.0, 20.0, 280.0
"""Left and right margin, from top to bottom: nothing but the ground is printed there, on front and back."""
UNSEEN = 1.5
"""Grey levels of 255 that nobody sees, and that JPEG may add."""


def word_seen(picture: Image.Image) -> tuple[float, float]:
    """Differences between the word and its ground in the margins, in grey levels: of their means, of their textures.

    Texture is the standard deviation of the pixels' greys.
    """
    grey = np.asarray(picture.convert("L"), dtype=np.float64)
    word = np.asarray(word_picture().convert("L").resize(picture.size, Image.Resampling.LANCZOS))
    dots = picture.width / 210
    columns = np.zeros(grey.shape, dtype=bool)
    rows = slice(round(TOP_MM * dots), round(BOTTOM_MM * dots))
    columns[rows, : round(MARGIN_MM * dots)] = True
    columns[rows, -round(MARGIN_MM * dots) :] = True
    in_word, around = grey[columns & (word > 250)], grey[columns & (word < 5)]
    assert len(in_word) > 200 and len(around) > 200, "too little to be measured"
    return abs(in_word.mean() - around.mean()), abs(in_word.std() - around.std())
