"""Sites for anybody's browser, each a node of its own: the status site of 住登外戸籍 利用登録 (利用登録状況確認サイト, `app`), and the
inquiry site of back pages (証明書裏面確認サイト, `inquiry`).

They know `interface/` alone. The status site asks the issuing servers over HTTP, under a key that opens nothing else there. It keeps no number and
no address: only, for an hour, that somebody guessed (`guesses.py`).
"""

from .app import StatusSite, create_app
from .guesses import prepare_database
from .inquiry import InquirySettings, InquirySite, create_inquiry
from .settings import Limits, SiteServer, SiteSettings

__all__ = [
    "InquirySettings",
    "InquirySite",
    "Limits",
    "SiteServer",
    "SiteSettings",
    "StatusSite",
    "create_app",
    "create_inquiry",
    "prepare_database",
]
