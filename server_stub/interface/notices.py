"""The authority's issue notices (発行通知), and a tester's own card that is enrolled beside them.

The file: UTF-8 without BOM, comma separated after RFC 4180 (fields with a comma, a quote or a line break are quoted), first
line exactly `HEADER`, one row a certificate ever issued, oldest first. Every delivery is complete: it replaces the one
before. Held and revoked certificates stay in it (their state is OCSP's business). One person has as many rows as
certificates.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FILE_NAME = "発行通知.csv"

ISSUE_NUMBER = "発行番号"
SERIAL = "シリアル番号"
ISSUER = "発行者"
PERSON = "識別番号"
MUNICIPALITY = "市区町村コード"
KIND = "種別"
ISSUED_AT = "発行日時"
EXPIRES_AT = "有効期間満了"

HEADER: tuple[str, ...] = (
    ISSUE_NUMBER,
    SERIAL,
    ISSUER,
    PERSON,
    MUNICIPALITY,
    KIND,
    ISSUED_AT,
    EXPIRES_AT,
)
"""Columns in order: 発行番号 text (the subject's CN); シリアル番号 upper-case hex without prefix; 発行者 Base64 of the issuer's DER name;
識別番号 the person key; 市区町村コード 5 digits; 種別 `NoticeKind`; 発行日時 and 有効期間満了 ISO 8601 with offset, to the second."""


CARDS_FILE_NAME = "住基カード交付.csv"
CARD_NUMBER = "カード番号"
CARDS_HEADER: tuple[str, ...] = (CARD_NUMBER, PERSON, MUNICIPALITY, ISSUED_AT, EXPIRES_AT)
"""The list of 住民基本台帳カード that a municipality has issued, by its ICカード標準システム: whose card this is, for the issuing server. It
lies beside the issue notices and is as complete as they; whether a card may still be used is not told here. カード番号: 15 digits;
the other columns as above. Our own: what the real one delivers is not public."""


class NoticeKind(StrEnum):
    AUTHENTICATION = "利用者証明用"
    SIGNATURE = "署名用"


@dataclass(frozen=True, slots=True)
class EnrolledCard:
    """DER of the authentication certificate and of the CA certificate that signed it."""

    certificate: bytes
    issuer: bytes
