"""The power goes while a certificate is printed."""

from .tour import OFF, Both, Step, Tour

TOUR = Tour(
    name="power-cut",
    title=Both("印刷中の停電", "A power cut while printing"),
    about=Both("出かかった用紙は次の人に渡らず、お金も二重に取らない", "The paper reaches nobody else, and nobody pays twice"),
    card="六甲翠のカード",
    cards=("塩屋誠のカード",),
    steps=(
        Step(
            Both("六甲さんが、住民票の写しを取りに来ました。", "A resident comes for a certificate."),
            ("もし 「六甲翠のカード」で本人確認を済ませる",),
            ("ChooseCertificate",),
        ),
        Step(
            Both("住民票の写しを1部申し込みます。", "One copy is applied for."),
            ("もし 「住民票の写し」を世帯全員で1部申し込む",),
            ("Pay",),
        ),
        Step(
            Both(
                "250円を入れ、用紙が出てきた、まさにその瞬間に、お店が停電します。",
                "250 yen is paid, the sheet comes out, and at that very moment the shop loses power.",
            ),
            ("もし 最後の一枚が出た直後に停電する",),
            (OFF,),
            hand=Both("「次へ」を押します（お金を入れ、停電させます）", "Press “次へ”: it pays and cuts the power"),
            press="next",
        ),
        Step(
            Both(
                "端末は真っ暗です。お金は受け取った、用紙は出た、でも渡したかどうかは分かりません。電気を戻します。",
                "The terminal is dark. Money was taken, a sheet was printed; was it handed over? Power comes back.",
            ),
            (
                "もし 端末を起動し直す",
                "ならば 用紙は端末に収められ、係員の確認を待つ",
                "ならば 手数料250円が一度だけ記録されている",
                "ならば 日誌・台帳・現金・トレイが一致している",
            ),
            ("Refusal",),
            hand=Both("「次へ」を押します（電気を戻します）", "Press “次へ”: it switches the terminal on again"),
            press="next",
        ),
        Step(
            Both(
                "端末は記録を読み直し、残っていた用紙を中に収めました。同じ証明書を勝手に刷り直すことはありません。係員が確認します。",
                "It read its journal and drew the sheet in. It never prints again by itself; staff will settle it.",
            ),
            ("もし 断りの画面を終え、カードを取る",),
            ("TopMenu",),
        ),
        Step(
            Both("次の方、塩屋さんが来ました。", "The next resident comes."),
            ("もし 次の人が「塩屋誠のカード」で本人確認を済ませる",),
            ("ChooseCertificate",),
        ),
        Step(
            Both("塩屋さんも、住民票の写しを1部申し込みます。", "One copy, again."),
            ("もし 「住民票の写し」を本人だけで1部申し込む",),
            ("Pay",),
        ),
        Step(
            Both("250円を入れます。", "250 yen is paid."),
            ("もし 250円を入れる",),
            ("TakePaper",),
        ),
        Step(
            Both("出てきた用紙を確かめます。", "Let us look at what came out."),
            (
                "もし 印刷が終わり、用紙を取る",
                "ならば 用紙は1枚で、載っているのは「塩屋誠」だけである",
                "ならば 日誌・台帳・現金・トレイが一致している",
            ),
            ("AskReceipt",),
        ),
        Step(
            Both(
                "塩屋さんの用紙1枚だけです。停電の前の用紙は、だれの手にも渡っていません。",
                "One sheet, and it is the right person's. The sheet from before reached nobody.",
            )
        ),
    ),
)  # fmt: skip
