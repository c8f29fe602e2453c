"""A resident gets a 住民票の写し."""

from .tour import Both, Step, Tour

TOUR = Tour(
    name="resident",
    title=Both("住民票の写しを受け取る", "A resident gets a certificate at a shop"),
    about=Both("お店の端末で、カードを置いてから用紙を取るまで", "From laying the card to taking the paper"),
    card="港太一のカード",
    steps=(
        Step(
            Both(
                "これはお店にある複合機の画面です。市役所が閉まっている夜でも休日でも、ここから証明書を申し込めます。",
                "This is the copier in a convenience store. Certificates can be had here when city hall is closed.",
            ),
            ("もし 同意してカードの画面へ進む",),
            ("PlaceCard",),
        ),
        Step(
            Both(
                "住民の方が、ご自分のマイナンバーカードを読み取り部に置きます。",
                "The resident lays the My Number Card on the reader.",
            ),
            ("もし 「港太一のカード」を置く",),
            ("ChoosePlace",),
        ),
        Step(
            Both(
                "お住まいの市区町村の証明書か、本籍地の証明書かを選びます。今日は、お住まいの市の証明書です。",
                "Certificates of the city where one lives, or of the city that keeps the family register? Today: where one lives.",
            ),
            ("もし 住所地の証明書を選ぶ",),
            ("EnterPin",),
        ),
        Step(
            Both(
                "4桁の暗証番号を入力します。番号を確かめるのはカード自身で、端末にもセンターにも残りません。",
                "The four digits are checked by the card itself. Neither terminal nor centre keeps them.",
            ),
            ("もし 正しい暗証番号を入力する",),
            ("TakeCard",),
        ),
        Step(
            Both(
                "センターが電子証明書の有効性を確かめ、ご本人と分かりました。置き忘れを防ぐため、ここでカードを取っていただきます。",
                "The centre has checked the certificate. The card is taken back now, so that nobody forgets it.",
            ),
            ("もし カードを取る",),
            ("ChooseCertificate",),
        ),
        Step(
            Both(
                "この方がいま受け取れる証明書だけが並びます。住民票の写しを、世帯全員で1部選びます。",
                "Only what this person may get now is offered. One copy for the whole household is chosen.",
            ),
            ("もし 「住民票の写し」を世帯全員で1部選ぶ",),
            ("Confirm",),
        ),
        Step(
            Both(
                "申し込む内容と手数料を確かめます。証明書が先に作られ、ご本人のものと確かめてから、はじめてお金をいただきます。",
                "The paper is made first and compared with the person. Only then is money asked for.",
            ),
            ("もし 内容を確認して申し込む",),
            ("Pay",),
        ),
        Step(
            Both(
                "手数料は250円です。お金を入れると、印刷が始まります。",
                "The fee is 250 yen. Printing begins as soon as it is paid.",
            ),
            ("もし 250円を入れる",),
            ("TakePaper",),
        ),
        Step(
            Both(
                "証明書が出ました。裏面には偽造防止の印刷があり、コピーすると「複写」の文字が浮き出ます。",
                "The certificate is out. Its back is printed against forgery; a photocopy shows the word “copy”.",
            ),
            ("もし 印刷が終わり、用紙を取る",),
            ("AskReceipt",),
        ),
        Step(
            Both("領収書が要るかどうかを選んで、手続は終わりです。", "A receipt, if wanted, and the visit is over."),
            ("もし 領収書を「印刷しない」", "ならば 手数料250円が一度だけ記録されている"),
            ("Thanks", "TopMenu"),
        ),
        Step(
            Both(
                "証明書1部、手数料250円が、一度だけ記録されました。入力した内容は、もう端末に残っていません。",
                "One certificate and 250 yen are recorded, exactly once. Nothing that was entered remains in the terminal.",
            )
        ),
    ),
)  # fmt: skip
