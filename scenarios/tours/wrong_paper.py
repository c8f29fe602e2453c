"""The wrong papers of 2023, and how one is stopped: twice, before anybody pays."""

from .tour import Both, Step, Tour

TOUR = Tour(
    name="wrong-paper",
    title=Both("2023年の誤交付を止める", "The wrong papers of 2023, and how they are stopped"),
    about=Both("別人の証明書を作る不具合を起こし、二重の照合で止める", "A server makes somebody else's paper; two comparisons stop it"),
    card="六甲翠のカード",
    cards=("港美波のカード",),
    steps=(
        Step(
            Both(
                "2023年、横浜市などのコンビニ交付で、別の方の証明書が出る事故が続きました。サーバが印刷する記録を取り違えたのです。同じ不具合を、ここで起こします。",
                "In 2023 shops printed other people's certificates: servers had mixed up records. We plant the same defect here.",
            ),
            ("前提 証明発行サーバが「港美波」の記録にすり替える",),
            hand=Both(
                "「障害」の「認証の後、別人の記録で証明書を作る」を起こすか、「次へ」を押します",
                "Under 障害 switch the fault on, or press “次へ”",
            ),
            press="next",
            seen="fault:issuing.swap_record",
        ),
        Step(
            Both("何も知らない六甲さんが来ました。", "A resident comes, suspecting nothing."),
            ("もし 「六甲翠のカード」で本人確認を済ませる",),
            ("ChooseCertificate",),
        ),
        Step(
            Both(
                "住民票の写しを申し込みます。サーバは、別人の証明書を作ってしまいます。",
                "A certificate is applied for, and the server makes somebody else's.",
            ),
            (
                "もし 「住民票の写し」を世帯全員で1部申し込んで断られる",
                "ならば 「Binding_Mismatch」で断られる",
                "ならば センターに重大事象が記録されている",
                "ならば お金も用紙も動いていない",
            ),
            ("Refusal",),
        ),
        Step(
            Both(
                "センターが、できた証明書と申し込んだ方を見比べて止めました。お金はまだ一円もいただいていません。",
                "The centre compared the paper with the person and stopped it. Not a yen had been taken.",
            ),
            ("もし 断りの画面を終え、カードを取る",),
            ("TopMenu",),
        ),
        Step(
            Both(
                "では、センターの照合まで働かなかったら？ 照合を止めてみます。",
                "And if the centre did not compare? We switch that off, too.",
            ),
            ("前提 センターは紙と人の照合をしない",),
            hand=Both(
                "「障害」の「センターが証明書と申請者の照合を行わない」を起こすか、「次へ」を押します",
                "Under 障害 switch this fault on as well, or press “次へ”",
            ),
            press="next",
            seen="fault:center.skip_binding",
        ),
        Step(
            Both("六甲さんが、もう一度申し込みます。", "The resident applies again."),
            (
                "もし 「六甲翠のカード」で本人確認を済ませる",
                "もし 「住民票の写し」を世帯全員で1部申し込んで断られる",
                "ならば 「Binding_Mismatch」で断られる",
                "ならば お金も用紙も動いていない",
            ),
            ("Refusal",),
        ),
        Step(
            Both(
                "今度は端末が自分で見比べて止めました。正しい証明書を、正しい方へ。二重の照合が、お金をいただく前に働きます。",
                "This time the terminal itself stopped it. The right paper to the right person: compared twice, before money.",
            )
        ),
    ),
)  # fmt: skip
