"""What a municipality has decided about 住登外戸籍 利用登録: the table [registration]. Without it there is no such service there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from server_stub.certificates.terms import ClosedSpan, Fee, TimeOfDay, is_holiday
from server_stub.characters import invisible
from server_stub.interface.values import LONGEST_TEXT
from server_stub.settings_file import Settings, matching

SLIP_FEE = 10
"""Yen (Kobe's document: 有料10円)."""
Code = Annotated[str, matching(r"[0-9]{5}", "数字5桁（検査数字を除く）")]


def _message(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_TEXT or "\n" in text or invisible(text):
        raise ValueError(f"1行で{LONGEST_TEXT}字以内の、目に見える文字の文字列")
    return text


class Texts(Settings):
    """A message in both languages. `{least}` and `{most}` in it become the business days."""

    ja: Annotated[str, AfterValidator(_message)]
    en: Annotated[str, AfterValidator(_message)]


RECEIVED = Texts(
    ja="申請を受け付けました。審査完了まで本日から{least}～{most}営業日かかります。登録状況は登録状況確認サイトで確認可能です。",
    en="Your application has been received. The examination takes {least} to {most} business days from today. You can check its status on the status site.",
)
UNDER_REVIEW = Texts(
    ja="利用者登録申請の審査中です。審査完了は申請日から{least}～{most}営業日後の予定となっています。しばらくお待ちください。",
    en="Your application is being examined. This is planned to be finished {least} to {most} business days after the day of application. Please wait.",
)
REJECTED = Texts(
    ja="申請内容に一致する戸籍がないため、利用登録申請を却下しました。申請内容を再度ご確認ください。（本籍や筆頭者名は本籍入りの住民票で確認できます。）",
    en="No family register agrees with your application, so it was rejected. Please check what you entered. (A copy of your resident record with the registered domicile on it tells both.)",
)
USABLE = Texts(
    ja="利用登録が完了しております。本籍地の証明書交付サービスをご利用いただけます。",
    en="Your registration is complete. You can use the certificate service of your registered domicile.",
)
"""The wording of Kobe's document."""


class RegistrationTerms(Settings):
    """`days_least`, `days_most`: business days until the examination is done; an application is overdue after the last of
    `days_most`. `wards`: codes of 行政区, which are one with the municipality. `renewal`: what becomes of a usable registration
    when the holder has a new certificate: "apply_again" (unproven: the 本籍地 cannot follow who lives elsewhere) or "carry_over".
    `two_officials`: a link that one official has proposed is made by a second one.
    `status_days`: so many days after the decision the status site tells it. `slip_fee`: yen for the printed number, 0: none is
    printed."""

    opens: TimeOfDay
    closes: TimeOfDay
    closed: list[ClosedSpan] = []
    days_least: Annotated[int, Field(ge=1, le=30)] = 3
    days_most: Annotated[int, Field(ge=1, le=30)] = 5
    wards: list[Code] = []
    renewal: Literal["apply_again", "carry_over"] = "apply_again"
    two_officials: bool = False
    slip_fee: Fee = SLIP_FEE
    status_days: Annotated[int, Field(ge=1, le=366)] = 90
    received: Texts = RECEIVED
    under_review: Texts = UNDER_REVIEW
    rejected: Texts = REJECTED
    usable: Texts = USABLE

    @field_validator("days_most")
    @classmethod
    def _in_order(cls, most: int, known: ValidationInfo) -> int:
        if most < known.data.get("days_least", 1):
            raise ValueError("days_least 以上の日数")
        return most

    @field_validator("closes")
    @classmethod
    def _after_it_opens(cls, closes: TimeOfDay, known: ValidationInfo) -> TimeOfDay:
        opens = known.data.get("opens")
        if opens is not None and closes <= opens:
            raise ValueError("opens より後の時刻")
        return closes

    def texts(self, message: str) -> Texts:
        """Get a message by its name in the settings: received, under_review, rejected or usable."""
        found: Texts = getattr(self, message)
        return found

    def words(self, texts: Texts) -> dict[str, str]:
        """Tell a message with the business days in it."""

        def told(text: str) -> str:
            return text.replace("{least}", str(self.days_least)).replace("{most}", str(self.days_most))

        return {"ja": told(texts.ja), "en": told(texts.en)}

    def due_on(self, received: datetime) -> date:
        """Tell the last business day of the examination of what was received then (JST). The day of receipt is not counted."""
        day = received.date()
        left = self.days_most
        while left:
            day += timedelta(days=1)
            left -= is_business_day(day)
        return day


def is_business_day(day: date) -> bool:
    """Tell whether offices work on `day`: Monday to Friday, on no public holiday and not from 12-29 to 01-03."""
    away = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and not is_holiday(day) and not away
