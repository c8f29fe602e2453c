"""はじめに: the first page. It leads an official through five things to try on the first day, of those that this operator may do."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Response

from server_stub.operations.rights import RIGHTS
from server_stub.operations.web import Asked, Visit

router = APIRouter()
HOW_MANY = 5


@dataclass(frozen=True, slots=True)
class Try:
    """One thing to try. `route`: what one has to be allowed; `path`: where it begins; `terminal`: what to look at on the terminal."""

    title: str
    text: str
    route: str
    path: str
    terminal: str = ""


TRIES = (
    Try(
        "人を一人、発行停止にする",
        "発行制限機能で、見本の住民の宛名番号を入れ、理由と期間を付けて発行を止めます。",
        "restrictions",
        "/restrictions",
        "その人のカードで操作すると、次の本人確認で断られます。",
    ),
    Try(
        "住登外戸籍の申請を紐付ける",
        "申請者一覧から一人を選び、戸籍を検索して、一致しない項目を確かめ、利用可能にします。",
        "registrations",
        "/registrations",
        "利用登録状況確認サイトに「利用可能」と出て、端末で戸籍の証明書を請求できます。",
    ),
    Try(
        "手数料を明日から変える",
        "管理機能で、適用日を明日にして手数料を変え、発行される証明書の見本を確かめます。",
        "management",
        "/management",
        "時計が零時を過ぎると、証明書を選ぶ画面の手数料が変わります。",
    ),
    Try(
        "統計を見る",
        "月を選び、時間別・曜日別・種別などの件数とグラフを見て、Excelに出力します。",
        "statistics",
        "/statistics",
    ),
    Try(
        "自分の操作を、操作記録で確かめる",
        "いま行った操作が、いつ、どの機能で、と残っていることを確かめ、改ざんの検査を行います。",
        "operation_log",
        "/operation-log",
    ),
    Try(
        "職員を一人登録する",
        "利用者IDと役割を決めて登録します。表示される一時パスワードを本人に渡します。",
        "operators_new",
        "/operators/new",
    ),
    Try(
        "証明書を発行番号で探す",
        "証明書に印刷された発行番号を入れて、いつ、どこで交付されたかを調べます。",
        "search",
        "/search",
        "端末で証明書を一通取ってから、その発行番号で試してください。",
    ),
    Try(
        "事業者に、半日だけ利用を許可する",
        "期間と理由を決めて、事業者が機器の状態を見られるようにします。",
        "vendor_access_open_act",
        "/vendor-access",
    ),
    Try(
        "運用の設定を確かめる",
        "操作記録の保存期間と、二要素認証を必須にするかどうかを決めます。",
        "terms_act",
        "/terms",
    ),
    Try(
        "市区町村を選ぶ",
        "市区町村が利用を許可している期間に、その市区町村の機器の状態を見ます。",
        "vendor_choice",
        "/municipalities",
    ),
    Try("パスワードを変える", "自分だけが知るパスワードに変えます。", "password", "/password"),
)
"""In the order in which they are offered."""


@router.get("/", name="first_day")
def first_day(visit: Asked) -> Response:
    return visit.page("first_day/first_day.html", tries=tries_of(visit))


def tries_of(visit: Visit) -> list[Try]:
    """Choose those that the operator may do here, at most five."""
    return [one for one in TRIES if one.route in RIGHTS and visit.may(one.route)][:HOW_MANY]
