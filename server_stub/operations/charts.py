"""Draw the figures of a page as SVG, on the server: no page has a script. Bars in one colour, the number at each bar."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server_stub.interface.font_files import SCREEN, font_file

FONT = "BIZ UDPGothic"
_INK, _ACCENT, _OTHER, _GRID = "#1a1a1a", "#0017c1", "#c25e00", "#cccccc"
_WIDTH = 360
_ROW = 38


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, how many, and what stands at its end."""

    name: str
    value: int
    words: str


def bars(title: str, values: Sequence[Bar], *, sample: bool, across: bool = True) -> str:
    """Draw bars, across or upright, as SVG with a title of its own. `sample`: it says 見本データ."""
    import altair as alt  # takes a second to load, and only charts need it

    label: dict[str, Any]
    size: dict[str, Any]
    data = alt.InlineData(
        values=[{"name": one.name, "value": one.value, "words": one.words} for one in values] or [{}]
    )
    names = [one.name for one in values]
    most = max([one.value for one in values], default=0) or 1
    name = alt.Axis(
        title=None,
        labelLimit=240,
        labelOverlap=False,
        labelAngle=0,
        ticks=False,
        labelPadding=8,
        domainColor=_INK,
    )
    number = alt.Axis(
        title="通", titleAngle=0, format=",d", tickCount=5, tickMinStep=1, gridColor=_GRID, domain=False
    )
    if across:
        encoded: dict[str, Any] = {
            "y": alt.Y("name:N", sort=names, axis=name),
            "x": alt.X("value:Q", axis=number, scale=alt.Scale(domain=[0, most * 1.55])),
        }
        label = {"align": "left", "dx": 6}
        size = {"height": alt.Step(_ROW)}
    else:
        encoded = {
            "x": alt.X("name:N", sort=names, axis=name),
            "y": alt.Y("value:Q", axis=number, scale=alt.Scale(domain=[0, most * 1.15])),
        }
        label = {"baseline": "bottom", "dy": -4}
        size = {"height": 260}
    base = alt.Chart(data).encode(**encoded)
    drawn = base.mark_bar(color=_ACCENT, **({"height": 22} if across else {"width": {"band": 0.6}}))
    told = base.mark_text(color=_INK, fontSize=14, **label).encode(text="words:N")
    heading: dict[str, Any] = {"text": title, "anchor": "start", "fontSize": 18, "offset": 16, "color": _INK}
    if sample:
        heading |= {
            "subtitle": "見本データ（実際の交付ではありません）",
            "subtitleColor": "#a90000",
            "subtitleFontSize": 14,
        }
    chart = (
        (drawn + told)
        .properties(width=_WIDTH, title=alt.TitleParams(**heading), background="#ffffff", **size)
        .configure(font=FONT)
        .configure_axis(labelFontSize=14, titleFontSize=13, labelColor=_INK, titleColor=_INK)
        .configure_view(stroke=None)
    )
    return _svg(chart.to_json(indent=None))


def _svg(specification: str) -> str:
    import vl_convert

    _fonts()
    svg: str = vl_convert.vegalite_to_svg(specification)
    # the reader's browser has other names for a face without serifs than this machine
    return svg.replace(
        f'font-family="{FONT}"', f'font-family="{FONT}, Noto Sans JP, Noto Sans CJK JP, sans-serif"'
    )


@functools.cache
def _fonts() -> None:
    import vl_convert

    vl_convert.register_font_directory(str(font_file(SCREEN).parent))
