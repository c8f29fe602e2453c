"""A card is lost at night: stopped by telephone, refused to its finder, good again in the morning."""

from .tour import Both, Step, Tour

TOUR = Tour(
    name="lost-card",
    title=Both("夜にカードをなくした", "A card lost at night"),
    about=Both("電話で一時停止、拾った人には出ない、翌朝に再開", "Stopped by telephone, refused to its finder, good again next morning"),
    card="六甲翠のカード",
    given=("前提 時計は令和8年6月3日21時30分である",),
    steps=(
        Step(
            Both(
                "夜9時半です。六甲さんがカードをなくしたことに気づき、24時間受付のコールセンターに電話します。電子証明書が一時停止されます。",
                "Half past nine at night. The holder finds the card gone and telephones the call centre, open day and night.",
            ),
            ("もし 「六甲翠」の電子証明書の一時停止を届け出る",),
            hand=Both(
                "カードの一覧の「六甲翠のカード」で、「電子証明書を一時停止」を押します",
                "Press “電子証明書を一時停止” for the card 六甲翠",
            ),
            press="hold",
            seen="held",
        ),
        Step(
            Both("そのころ、カードを拾った人がお店の端末に来ました。", "Meanwhile somebody who found the card comes to a shop."),
            ("もし 同意してカードの画面へ進む",),
            ("PlaceCard",),
        ),
        Step(
            Both("拾ったカードを置き、証明書を申し込もうとします。", "The found card is laid on the reader."),
            ("もし 「六甲翠のカード」を置いて住所地の証明書を選ぶ",),
            ("EnterPin",),
        ),
        Step(
            Both(
                "たとえ暗証番号を知られていたとしても……",
                "Even if the finder should know the PIN …",
            ),
            (
                "もし 正しい暗証番号を入力する",
                "ならば 「Certificate_On_Hold」で断られる",
                "ならば お金も用紙も動いていない",
            ),
            ("Refusal",),
        ),
        Step(
            Both(
                "センターは手続のたびに、電子証明書の有効性を認証局に確かめます。一時停止したカードでは、どのお店でも証明書は出ません。",
                "The centre asks the authority about the certificate at every visit, so the stop works in every shop.",
            ),
            ("もし 断りの画面を終え、カードを取る",),
            ("TopMenu",),
        ),
        Step(
            Both(
                "翌朝、カードが見つかりました。六甲さんが市の窓口で一時停止の解除を届け出ます。",
                "Next morning the card is found. At city hall the suspension is lifted.",
            ),
            ("もし 時計が令和8年6月4日9時00分になる", "もし 「六甲翠」の電子証明書の一時停止の解除を届け出る"),
            hand=Both("「次へ」を押します（窓口の手続です）", "Press “次へ”: this is done at city hall"),
            press="next",
        ),
        Step(
            Both("同じカードで、もう一度申し込みます。", "The same card, once more."),
            ("もし 「六甲翠のカード」で本人確認を済ませる",),
            ("ChooseCertificate",),
        ),
        Step(
            Both(
                "本人確認が済み、いつもどおり証明書を選べます。夜の間に、だれの証明書も出ていません。",
                "Identity confirmed: certificates can be chosen as usual. None was issued during the night.",
            )
        ),
    ),
)  # fmt: skip
