"""住登外戸籍: who lives elsewhere applies once, an official of the 本籍地 links it, and the paper comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tour import Both, Step, Tour

if TYPE_CHECKING:
    from scenarios.steps.world import World


def is_linked(world: World) -> bool:
    """Whether an official has linked an application."""
    from scenarios.steps.offices import ask_municipality

    code = world.municipality_code("湊市")
    return bool(
        ask_municipality(world, code, f"registrations?municipality={code}&state=usable")["registrations"]
    )


TOUR = Tour(
    name="registration",
    title=Both("本籍が別の市にある", "The family register is in another city"),
    about=Both("利用登録の申請、職員の審査、戸籍証明書の交付まで", "Applying, the official's decision, and the family register's paper"),
    card="海野渉のカード",
    steps=(
        Step(
            Both(
                "海野さんはみどり市にお住まいで、本籍は湊市です。本籍地の戸籍証明書を取るには、はじめに一度だけ利用登録を申請します。",
                "Mr Unno lives in Midori and has his family register in Minato. He applies once, at the terminal.",
            ),
            ("もし 「海野渉のカード」で利用登録申請の本人確認を済ませる",),
            ("ChooseMunicipality",),
            hand=Both(
                "端末で「行政サービス」「戸籍証明書交付の利用登録申請」「同意する」に触れ、案内に従って本人確認をします",
                "On the terminal: public services, registration for family register certificates, agree; then card and PIN",
            ),
        ),
        Step(
            Both("本籍のある湊市を選びます。", "He chooses Minato, where his register is."),
            ("もし 本籍の市区町村に「湊市」を選ぶ",),
            ("EnterDomicile",),
        ),
        Step(
            Both(
                "本籍、筆頭者、電話番号を入力します。漢字は、かなから変換します。",
                "He types the place of the register, its head and his telephone number; kana become kanji.",
            ),
            ("もし 本籍に「みなとまち=港町 ７番地」、筆頭者に「うみの=海野 わたる=渉」、電話番号に「090-0000-0000」と入力する",),
            ("ConfirmRegistration",),
        ),
        Step(
            Both(
                "内容を確かめ、カードをもう一度置き、署名用のパスワードで電子署名をします。印鑑も紙の申請書も要りません。",
                "He signs electronically with the card and its password. No seal, no paper form.",
            ),
            ("もし 申請の内容を確認し、「海野渉のカード」をもう一度置く", "もし 署名用の正しいパスワードを入力する"),
            ("ShowNumber",),
        ),
        Step(
            Both(
                "申請番号が一度だけ表示されます。この番号で、審査の状況をサイトで確かめられます。",
                "The number is shown this once. With it he can look up how far the application is.",
            ),
            ("もし 申請番号を控えて終了する", "ならば 登録状況確認サイトに「審査中」と表示される"),
            ("TopMenu",),
        ),
        Step(
            Both(
                "ここからは湊市の職員の仕事です。運用管理システムで、申請者を湊市の戸籍から探して見比べ、紐付けます。",
                "Now the official of Minato: the applicant is searched in the register, compared and linked, at the console.",
            ),
            (
                "もし 運用管理システムで、本籍地の職員が申請者を戸籍で検索し、紐付ける",
                "ならば 登録状況確認サイトに「利用可能」と表示される",
            ),
            hand=Both(
                "運用管理システムの「利用登録」で申請者を紐付けるか、「次へ」を押します",
                "Link the applicant at the console, or press “次へ”",
            ),
            press="next",
            seen=is_linked,
        ),
        Step(
            Both(
                "利用登録が済みました。海野さんが、本籍地の証明書を選びます。",
                "Linked. Mr Unno comes back and chooses certificates of his register's city.",
            ),
            ("もし 「海野渉のカード」を置いて本籍地の「湊市」を選ぶ",),
            ("EnterPin",),
        ),
        Step(
            Both("暗証番号を入力し、カードを取ります。", "PIN, and the card is taken back."),
            ("もし 正しい暗証番号を入力する", "もし カードを取る"),
            ("ChooseCertificate",),
        ),
        Step(
            Both("戸籍全部事項証明書を1部申し込みます。", "He applies for one copy of the whole family register."),
            ("もし 「戸籍全部事項証明書」を選ぶ", "もし 部数を1部にする", "もし 内容を確認して申し込む"),
            ("Pay",),
        ),
        Step(
            Both("手数料は450円です。", "The fee is 450 yen."),
            ("もし 450円を入れる",),
            ("TakePaper",),
        ),
        Step(
            Both("湊市の戸籍証明書が、お店で出ました。", "The paper of Minato comes out at the shop."),
            ("もし 印刷が終わり、用紙を取る", "もし 領収書を「印刷しない」", "ならば 手数料450円が一度だけ記録されている"),
            ("Thanks",),
        ),
        Step(
            Both(
                "二度目からは、登録なしですぐに取れます。申請から交付まで、市役所には一度も行っていません。",
                "From now on no registration is needed. He never had to go to either city hall.",
            )
        ),
    ),
)  # fmt: skip
