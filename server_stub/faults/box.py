"""Which faults are switched on in a node."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from .outages import WORDS

KNOWN: dict[str, str] = {
    "issuing.swap_record": "認証の後、別人の記録で証明書を作る",
    "issuing.swap_sheet": "二枚目以降だけ別人の記録を印字する",
    "issuing.wrong_kind": "申請とは別の種類の証明書を作る",
    "issuing.wrong_answers": "申請とは別の記載項目で証明書を作る",
    "issuing.wrong_municipality": "よその市の名前で証明書を作る",
    "issuing.wrong_copies": "申請の倍の部数を作る",
    "issuing.wrong_fee": "手数料を50円高く計算する",
    "issuing.hidden_number": "個人番号が印字されていないと申告する",
    "issuing.fee_revised": "手数料が改定される（金額を指定しなければ50円高くなる）",
    "issuing.settings": "市区町村の設定が変わっている（folder に設定のフォルダを指定する）",
    "issuing.kind_fails": "一つの種類の証明書のプログラムが、誤りで止まる",
    "issuing.no_delivery": "既存システムからの毎晩の連携が届かない（副本が古くなる）",
    "center.skip_binding": "センターが証明書と申請者の照合を行わない",
    "center.swap_offers": "センターの案内が、途中で名前を入れ替えられて届く",
    "center.other_municipality": "選んだ市区町村が、途中で別の市区町村の本籍地に書き換えられて届く",
    "center.swap_municipalities": "市区町村の一覧が、途中で名前を入れ替えられて届く",
    "center.tamper_manifest": "署名後に目録を書き換える",
    "center.down": "センターがすべての要求に 503 を返す",
    "issuing.down": "証明発行サーバがすべての要求に 503 を返す",
    "authority.down": "OCSP がすべての要求に 503 を返す",
    "existing_system.down": "既存システムがすべての要求に 503 を返す",
    "existing_system.hold": "既存システムの応答を、解放されるまで保留する（期限までに届かない応答）",
    "existing_system.swap": "既存システムが、別人の証明書を申請者のものとして返す",
    "existing_system.overtaken": "既存システムが、一つ前の申請の証明書を返す",
    "existing_system.wrong_kind": "既存システムが、別の種類の証明書を申請の種類として返す",
    "existing_system.wrong_municipality": "既存システムの証明書が、よその市のものである",
    "existing_system.extra_sheet": "既存システムの証明書に、別人の用紙が1枚多く入る",
    "existing_system.no_sample": "既存システムの証明書に見本の表示がない",
    "existing_system.torn": "既存システムの証明書が途中で切れている",
    "existing_system.encrypted": "既存システムの証明書が暗号化されている",
    "existing_system.huge": "既存システムの証明書が大きすぎる",
    "existing_system.script": "既存システムの証明書にスクリプトが入っている",
    "existing_system.wrong_size": "既存システムの証明書が A4 ではない",
    "existing_system.no_fonts": "既存システムの証明書にフォントが埋め込まれていない",
    "center.hold": "証明書の応答を、解放されるまで保留する（遅れて届く応答）",
    "center.corrupt_sheet": "紙面データの一部を壊して返す",
    **WORDS,
}
"""Those of `outages` need a stage whose nodes are processes of their own."""


class FaultBox:
    """Faults by name with parameters. `times=N` in the parameters: it strikes N times and is gone."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._active: dict[str, dict[str, Any]] = {}

    def switch_on(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Raises KeyError for a name that is not in KNOWN, ValueError for a `times` that is no number of times."""
        if name not in KNOWN:
            raise KeyError(name)
        told = dict(parameters or {})
        if "times" in told and (not isinstance(told["times"], int) or told["times"] < 1):
            raise ValueError("times: a whole number from 1")
        with self._lock:
            self._active[name] = told
            self._lock.notify_all()

    def switch_off(self, name: str) -> None:
        with self._lock:
            self._active.pop(name, None)
            self._lock.notify_all()

    def clear(self) -> None:
        with self._lock:
            self._active.clear()
            self._lock.notify_all()

    def active(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return {name: dict(parameters) for name, parameters in self._active.items()}

    def strikes(self, name: str) -> dict[str, Any] | None:
        """The parameters if `name` is on (counting one of its `times`), else None."""
        with self._lock:
            parameters = self._active.get(name)
            if parameters is None:
                return None
            if "times" in parameters:
                parameters["times"] = int(parameters["times"]) - 1
                if parameters["times"] <= 0:
                    del self._active[name]
            return dict(parameters)

    def wait_while_on(self, name: str, limit: float = 60.0) -> bool:
        """Blocks the calling thread while `name` is on, at most `limit` real seconds; True if it blocked at all."""
        with self._lock:
            if name not in self._active:
                return False
            self._lock.wait_for(lambda: name not in self._active, limit)
            return True
