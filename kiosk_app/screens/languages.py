"""The languages to choose from, each in its own words, and how the screens look. Touched from any screen, and gone as soon as anything
else happens there."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import LanguageChosen
from kiosk_app.flow.views import LANGUAGES, View

from . import theme
from .parts import Align, Text, rect, stack
from .screen import LanguagesLeft, Screen
from .texts import NAMES, Words, unread

LANGUAGES_SCREEN = "Languages"
"""The name of this screen, as of the others that of their view."""
COLUMNS = 3
LOOK_HIGH = 132.0


class LanguagesScreen(Screen[View]):
    """Six tiles, and two for the look, over the view that stands there; that view comes back as it was chosen."""

    SHOWS_STEPS = False

    def title(self) -> str:
        return self.words("language.title")

    def _chrome(self) -> None:
        super()._chrome()
        self.setObjectName(LANGUAGES_SCREEN)

    def has_back(self) -> bool:
        return True

    def go_back(self) -> None:
        self.tell(LanguagesLeft())

    def _language_buttons(self, right: float) -> float:
        return right

    def fill(self) -> None:
        c = self.content
        offered = [language for language in LANGUAGES if theme.can_be_set(language)]
        rows = -(-len(offered) // COLUMNS)
        wide = (c.width() - (COLUMNS - 1) * theme.GAP) / COLUMNS
        high = (c.height() - LOOK_HIGH - rows * theme.GAP) / rows
        for index, language in enumerate(offered):
            row, column = divmod(index, COLUMNS)
            box = rect(c.left() + column * (wide + theme.GAP), c.top() + row * (high + theme.GAP), wide, high)
            present = language == self.words.language
            # the present one changes nothing, and so no view would come
            event = LanguagesLeft() if present else LanguageChosen(language)
            tile = self.button(box, NAMES[language], partial(self.tell, event), bare=True, checkable=True)
            tile.setChecked(present)
            inner = rect(24, 16, wide - 48, high - 32)
            lines = [Text(tile, inner, NAMES[language], 44, bold=True, align=Align.CENTRE, language=language)]
            if unread(language):
                told = Words(language)("language.unread")
                lines.append(Text(tile, inner, told, theme.SMALL, align=Align.CENTRE, language=language))
            for line in lines:
                tile.adopt(line)
            stack(inner, lines, 20)
        half = (c.width() - theme.GAP) / 2
        for index, name in enumerate(("large", "contrast")):
            self.look_tile(
                rect(c.left() + index * (half + theme.GAP), c.bottom() - LOOK_HIGH, half, LOOK_HIGH), name
            )
