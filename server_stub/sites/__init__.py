"""The status site of 住登外戸籍 利用登録 (利用登録状況確認サイト): a node of its own, for anybody's browser.

It knows `interface/` alone and asks the issuing servers over HTTP, under a key that opens nothing else there. It keeps no number and
no address: only, for an hour, that somebody guessed (`guesses.py`).
"""

from .app import StatusSite, create_app
from .guesses import prepare_database
from .settings import Limits, SiteServer, SiteSettings

__all__ = ["Limits", "SiteServer", "SiteSettings", "StatusSite", "create_app", "prepare_database"]
