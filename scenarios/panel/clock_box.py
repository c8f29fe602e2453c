"""時計: the stage's time in words, and the ways to set, freeze and run it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import QDate, QDateTime, QLocale, Qt, QTime, QTimeZone
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QDateTimeEdit

from server_stub.eras import wareki
from server_stub.interface.clock import JST

from . import theme
from .client import Attempt, PanelClient
from .parts import Box, button, label, row, set_role

_DAYS = "月火水木金土日"
FRIDAY = 4


def worth_a_look(first: datetime) -> tuple[tuple[str, datetime, str], ...]:
    """Moments worth a look, of the week and the year in which the stage begins."""
    friday = first + timedelta(days=(FRIDAY - first.weekday()) % 7)
    return (
        ("金曜 22:59", friday.replace(hour=22, minute=59), "取扱時間が終わる1分前"),
        ("12月29日", first.replace(month=12, day=29), "年末年始の休止の初日"),
    )


_ALL, _ALONE = "時計（舞台の時刻）", "時計（この端末だけ）"


def in_words(moment: datetime) -> str:
    """「令和8年6月3日（水）」."""
    return f"{wareki(moment.date())}（{_DAYS[moment.weekday()]}）"


class ClockBox(Box):
    def __init__(self, client: PanelClient, attempt: Attempt) -> None:
        super().__init__(_ALL if client.has_servers() else _ALONE)
        self._client, self._attempt = client, attempt
        self.state = label("", "good", name="clock_state")
        self.switch = button("止める", self._switch, tip="止めると、端末の残り時間も進みません")
        self.switch.setAccessibleName("時計を止める・進める")
        self.heading.addWidget(self.state)
        self.heading.addWidget(self.switch)
        self.day = label("", "large", name="clock_day")
        self.time = label("", "large", name="clock_time")
        self.inside.addLayout(row(self.day, self.time, 1))
        self.moment = QDateTimeEdit()
        self.moment.setAccessibleName("日時")
        self.moment.setTimeZone(QTimeZone.utc())  # a zone without summer time: every time of day exists
        self.moment.setDisplayFormat("yyyy年M月d日 HH:mm")
        self.moment.setCalendarPopup(True)
        self.moment.setDateRange(QDate(2000, 1, 1), QDate(2039, 12, 31))
        self.moment.setLocale(QLocale(QLocale.Language.Japanese))
        _dress(self.moment.calendarWidget())
        self._show_in_field(client.first_moment())
        self.set = button("この日時にする", self._set)
        chosen = row(self.moment, self.set)
        chosen.setStretch(0, 1)
        self.inside.addLayout(chosen)
        presets = row()
        for text, moment, tip in worth_a_look(client.first_moment()):
            presets.addWidget(button(text, partial(self._jump, moment), role="tight", tip=tip), len(text) + 6)
        if client.has_servers():
            begins = client.first_moment()
            text, tip = "いま（舞台の始まり）", f"{in_words(begins)}{begins.hour}時"
        else:
            text, tip = "始めの時計に戻す", "この端末を始めたときの時計に戻します。サーバの時計は変わりません"
        first = button(text, lambda: self._jump(client.first_moment()), role="tight", tip=tip)
        presets.addWidget(first, len(text) + 6)
        self.inside.addLayout(presets)
        self.inside.setSpacing(theme.GAP)

    def refresh(self) -> None:
        now, frozen = self._client.now(), self._client.is_frozen()
        self.day.setText(in_words(now))
        self.time.setText(f"{now:%H:%M:%S}")
        self.state.setText("止まっています" if frozen else "動いています")
        set_role(self.state, "bad" if frozen else "good")
        self.switch.setText("進める" if frozen else "止める")

    def _show_in_field(self, moment: datetime) -> None:
        self.moment.setDateTime(
            QDateTime(
                QDate(moment.year, moment.month, moment.day),
                QTime(moment.hour, moment.minute),
                QTimeZone.utc(),
            )
        )

    def _set(self) -> None:
        given = self.moment.dateTime()
        day, time = given.date(), given.time()
        self._jump(datetime(day.year(), day.month(), day.day(), time.hour(), time.minute(), tzinfo=JST))

    def _jump(self, moment: datetime) -> None:
        self._show_in_field(moment)
        self._do(
            lambda: self._client.set_clock(moment), f"時計を{in_words(moment)}{moment:%H:%M}にしました。"
        )

    def _switch(self) -> None:
        if self._client.is_frozen():
            self._do(self._client.run, "時計を進めています。")
        else:
            self._do(self._client.freeze, "時計を止めました。")

    def _do(self, action: Callable[[], Any], done: str) -> None:
        self._attempt(action, done)
        self.refresh()


def _dress(calendar: QCalendarWidget) -> None:
    """What the style sheet does not reach: the row of weekdays and the colour of the weekend."""
    calendar.setLocale(QLocale(QLocale.Language.Japanese))
    header, weekend = QTextCharFormat(), QTextCharFormat()
    header.setBackground(theme.colour(theme.RAISED))
    header.setForeground(theme.colour(theme.INK))
    weekend.setForeground(theme.colour(theme.BAD))
    calendar.setHeaderTextFormat(header)
    for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
        calendar.setWeekdayTextFormat(day, weekend)
    calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
    calendar.setMinimumSize(theme.px(320), theme.px(240))
