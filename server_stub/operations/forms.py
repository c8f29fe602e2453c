"""Forms as they come from a browser, checked field by field; what is wrong is told beside the field, in Japanese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, datetime
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

MOST_FIELDS = 500
LONGEST = 300


class Form:
    """What was entered, by the names of fields. The methods that read a field note what is wrong in `problems` (field → sentence)."""

    def __init__(self, fields: Mapping[str, list[str]] | None = None) -> None:
        self._fields = dict(fields or {})
        self.problems: dict[str, str] = {}
        self.files: dict[str, bytes] = {}

    @classmethod
    def of(cls, **values: object) -> Form:
        """Make a form that is filled with what stands already: texts, days, or lists of them; None is left out."""
        return cls(
            {
                name: [
                    _shown(one)
                    for one in (value if isinstance(value, list | tuple | set | frozenset) else [value])
                ]
                for name, value in values.items()
                if value is not None
            }
        )

    @classmethod
    def read(cls, encoded: str) -> Form:
        """Read `application/x-www-form-urlencoded`. Raises Failed(Request_Malformed)."""
        try:
            pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        except ValueError as error:
            raise Failed("Request_Malformed", fields=["form"]) from error
        fields: dict[str, list[str]] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return cls(fields)

    @classmethod
    def read_parts(cls, content_type: str, body: bytes) -> Form:
        """Read `multipart/form-data`; the bytes of files are in `files`. Raises Failed(Request_Malformed)."""
        head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1", "replace")
        message = BytesParser(policy=HTTP).parsebytes(head + body)
        parts = list(message.iter_parts()) if message.is_multipart() else []
        if not parts or len(parts) > MOST_FIELDS:
            raise Failed("Request_Malformed", fields=["form"])
        fields: dict[str, list[str]] = {}
        form = cls()
        for part in parts:
            name = part.get_param("name", header="content-disposition")
            payload = part.get_payload(decode=True)
            if not isinstance(name, str) or not isinstance(payload, bytes):
                raise Failed("Request_Malformed", fields=["form"])
            if part.get_filename() is not None:
                form.files[name] = payload
                continue
            try:
                fields.setdefault(name, []).append(payload.decode())
            except UnicodeDecodeError as error:
                raise Failed("Request_Malformed", fields=["form"]) from error
        form._fields = fields
        return form

    def value(self, name: str) -> str:
        """What stands in the field, for showing it again; '' for nothing."""
        return self._fields.get(name, [""])[0]

    def values(self, name: str) -> list[str]:
        return self._fields.get(name, [])

    def has(self, name: str, value: str = "") -> bool:
        """Whether a box was ticked, or, with `value`, that one."""
        return value in self.values(name) if value else name in self._fields

    def wrong(self, name: str, sentence: str) -> None:
        """Note what is wrong; the first thing counts."""
        self.problems.setdefault(name, sentence)

    def text(self, name: str, label: str, *, most: int = LONGEST, required: bool = True) -> str:
        """One line, without blanks around it, in NFC."""
        value = unicodedata.normalize("NFC", self.value(name)).strip()
        if not value:
            if required:
                self.wrong(name, f"{label}を入力してください。")
            return ""
        if len(value) > most:
            self.wrong(name, f"{label}は{most}文字以内で入力してください。")
        elif any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in value):
            self.wrong(name, f"{label}に、使えない文字（改行や制御文字）が含まれています。")
        return value

    def lines(self, name: str, label: str, *, most: int = 2000, required: bool = True) -> str:
        """Text that may have several lines."""
        value = unicodedata.normalize("NFC", self.value(name)).replace("\r\n", "\n").strip()
        if not value and required:
            self.wrong(name, f"{label}を入力してください。")
        if len(value) > most:
            self.wrong(name, f"{label}は{most}文字以内で入力してください。")
        elif any(unicodedata.category(one) in ("Cc", "Cs") and one != "\n" for one in value):
            self.wrong(name, f"{label}に、使えない文字（制御文字）が含まれています。")
        return value

    def matching(self, name: str, label: str, pattern: str, expected: str, *, required: bool = True) -> str:
        """Text of the form `pattern`, after full-width letters and digits became half-width."""
        value = unicodedata.normalize("NFKC", self.value(name)).strip()
        if not value:
            if required:
                self.wrong(name, f"{label}を入力してください。")
            return ""
        if not re.fullmatch(pattern, value, re.ASCII):
            self.wrong(name, f"{label}は、{expected}で入力してください。")
        return value

    def secret(self, name: str, label: str) -> Secret:
        """A password as it was typed."""
        value = self.value(name)
        if not value:
            self.wrong(name, f"{label}を入力してください。")
        return Secret(value)

    def day(self, name: str, label: str, *, required: bool = True) -> date | None:
        """A day, as a browser's field of dates sends it or as one writes it (2026/6/3)."""
        value = unicodedata.normalize("NFKC", self.value(name)).strip()
        if not value:
            if required:
                self.wrong(name, f"{label}を入力してください。")
            return None
        parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", value, re.ASCII)
        try:
            if parts is not None:
                return date(*(int(one) for one in parts.groups()))
        except ValueError:
            pass
        self.wrong(name, f"{label}は、2026-06-03 のように、暦にある日付で入力してください。")
        return None

    def moment(self, name: str, label: str, *, required: bool = True) -> datetime | None:
        """A day and a time in Japan, as a browser's field sends it (2026-06-03T10:00)."""
        value = unicodedata.normalize("NFKC", self.value(name)).strip().replace("/", "-").replace(" ", "T")
        if not value:
            if required:
                self.wrong(name, f"{label}を入力してください。")
            return None
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", value, re.ASCII):
                return datetime.fromisoformat(value).replace(tzinfo=JST)
        except ValueError:
            pass
        self.wrong(name, f"{label}は、2026-06-03 10:00 のように、日付と時刻で入力してください。")
        return None

    def number(self, name: str, label: str, least: int, most: int, *, required: bool = True) -> int | None:
        """A whole number within bounds."""
        value = unicodedata.normalize("NFKC", self.value(name)).strip().replace(",", "")
        if not value:
            if required:
                self.wrong(name, f"{label}を入力してください。")
            return None
        if not re.fullmatch(r"-?\d{1,12}", value, re.ASCII) or not least <= int(value) <= most:
            self.wrong(name, f"{label}は、{least:,}から{most:,}までの数字で入力してください。")
            return None
        return int(value)

    def choice(self, name: str, label: str, choices: Collection[str], *, required: bool = True) -> str:
        """One of `choices`."""
        value = self.value(name)
        if not value and not required:
            return ""
        if value not in choices:
            self.wrong(name, f"{label}を選んでください。")
            return ""
        return value

    def choices(self, name: str, label: str, choices: Collection[str], *, required: bool = True) -> list[str]:
        """Those of `choices` that were ticked."""
        values = [one for one in dict.fromkeys(self.values(name)) if one in choices]
        if not values and required:
            self.wrong(name, f"{label}を、ひとつ以上選んでください。")
        return values


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(JST).strftime("%Y-%m-%dT%H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)
