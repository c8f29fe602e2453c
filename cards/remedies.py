"""Tell what to do about what can be wrong with a tester's own reader and card, on Debian and on Windows.

Names of the common catalogue of failures are used where it has one; the other names occur in a diagnosis only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """Hold what is wrong and what to do.

    `serious`: no visit can be made until it is put right. `PORTS` in a remedy stands for the ports in question.
    """

    what: str
    debian: str
    windows: str
    serious: bool = True

    def remedies(self, ports: Iterable[int] = ()) -> dict[str, str]:
        """Return what to do, by system (`debian`, `windows`); `ports`: those that it is about."""
        named = ",".join(str(port) for port in sorted(set(ports)))
        return {
            system: text.replace("PORTS", named)
            for system, text in (("debian", self.debian), ("windows", self.windows))
        }


_ANOTHER_CARD = (
    "マイナンバーカード（試験用カード、または konbini card insert の仮想カード）を置いてください。"
)
_COUNTER = "このカードの暗証番号を入力する試験はできません。住所地の窓口で再設定を受けるか、別のカードを使ってください。"

ADVICE: dict[str, Remedy] = {
    "Reader_Service_Stopped": Remedy(
        "PC/SC のサービスに接続できません。",
        "sudo apt install pcscd を実行し、sudo systemctl enable --now pcscd.socket で開始してください。",
        "「サービス」(services.msc) で Smart Card を開始し、スタートアップの種類を「自動」にしてください。",
    ),
    "Found_Service_Refusing": Remedy(
        "PC/SC のサービスが、この利用者からの接続を断りました。",
        "画面の前でログインして実行するか、polkit の規則で org.debian.pcsc-lite.access_pcsc と access_card を許可してください。",
        "管理者に、スマートカードの使用を許すグループ ポリシーになっているか確認してください。",
    ),
    "Reader_Absent": Remedy(
        "カードリーダが見つかりません。",
        "リーダを挿し直し、lsusb に現れるか確認してください。現れるのに使えないときは sudo apt install libccid を実行し、"
        "NFC リーダでは sudo modprobe -r pn533_usb port100 のあと sudo systemctl restart pcscd を実行してください。",
        "リーダを挿し直し、デバイス マネージャーの「スマート カード読み取り装置」に現れるか確認してください。"
        "現れないときは製造元のドライバを入れてください。リモート デスクトップの中では手元のリーダは見えません。",
    ),
    "Reader_Busy": Remedy(
        "別のプログラムがこのリーダのカードを使用しています。",
        "ブラウザや利用者クライアントソフトを終了してください。gpg が使っているときは gpgconf --kill scdaemon を実行してください。",
        "ブラウザ、マイナポータルアプリ、利用者クライアントソフトを終了してください。",
    ),
    "Found_Transaction_Held": Remedy(
        "別のプログラムがカードとの一連のやり取り（トランザクション）を始めたまま、終えていません。ほかのプログラムは、終わるまで待たされます。",
        "そのプログラムの操作を終えるか、プログラムを終了してください。分からないときは sudo systemctl restart pcscd を実行してください"
        "（カードを使用中のプログラムは、すべて切断されます）。",
        "そのプログラムの操作を終えるか、プログラムを終了してください。分からないときは「サービス」(services.msc) で Smart Card を"
        "再起動してください（カードを使用中のプログラムは、すべて切断されます）。",
    ),
    "Found_Protocol_Mismatch": Remedy(
        "リーダとカードの通信方式（プロトコル）が合いません。端末は T=0 と T=1 を使いますが、このカードはどちらにも対応していないか、"
        "別のプログラムが別の方式で使用しています。",
        "カードが IC カード（記憶だけのカードや交通系カードではないもの）であることを確かめ、ほかにカードを使うプログラムを終了してから、"
        "カードを置き直してください。続くときは、リーダのドライバ（libccid など）を更新するか、別のリーダを使ってください。",
        "カードが IC カード（記憶だけのカードや交通系カードではないもの）であることを確かめ、ほかにカードを使うプログラムを終了してから、"
        "カードを置き直してください。続くときは、リーダのドライバを製造元の新しいものにするか、別のリーダを使ってください。",
    ),
    "Card_Mute": Remedy(
        "カードが応答しません。",
        "カードを置き直してください（接触型は向きを、非接触型は位置を確かめる）。続くときは sudo systemctl restart pcscd を実行してください。",
        "カードを置き直してください（接触型は向きを、非接触型は位置を確かめる）。続くときはリーダを挿し直してください。",
    ),
    "Card_Removed": Remedy(
        "調べている途中でカードが離れました。",
        "カードを動かさずに、もう一度実行してください。",
        "カードを動かさずに、もう一度実行してください。",
    ),
    "Card_Changed": Remedy(
        "調べている途中で、別のプログラムがカードを初期状態に戻しました。",
        "ほかにカードを使うプログラムを終了し、もう一度実行してください。",
        "ほかにカードを使うプログラムを終了し、もう一度実行してください。",
    ),
    "Card_Not_My_Number": Remedy("公的個人認証のないカードです。", _ANOTHER_CARD, _ANOTHER_CARD),
    "Card_Resident_Register_Card": Remedy("住民基本台帳カードです。", _ANOTHER_CARD, _ANOTHER_CARD),
    "Card_Phone_Not_Supported": Remedy(
        "スマートフォンの電子証明書です。この版の端末では取り扱いません。", _ANOTHER_CARD, _ANOTHER_CARD
    ),
    "Card_Face_Authentication": Remedy(
        "暗証番号のない、顔認証マイナンバーカードです。この手続には使えません。", _ANOTHER_CARD, _ANOTHER_CARD
    ),
    "Card_Next_Not_Supported": Remedy(
        "2028年度の次期カードの案です。この版の端末では取り扱いません。", _ANOTHER_CARD, _ANOTHER_CARD
    ),
    "Card_Kind_Not_Supported": Remedy("この版で取り扱わない種類のカードです。", _ANOTHER_CARD, _ANOTHER_CARD),
    "Card_No_Authentication_Certificate": Remedy(
        "利用者証明用電子証明書が読めません。", _ANOTHER_CARD, _ANOTHER_CARD
    ),
    "Certificate_Malformed": Remedy("利用者証明用電子証明書が壊れています。", _ANOTHER_CARD, _ANOTHER_CARD),
    "Found_Production_Card": Remedy(
        "本番の認証局が発行したカードです。端末は暗証番号を求める前に断ります。証明書は発行者の O だけを見ました。",
        "本番のカードは試験に使わないでください。" + _ANOTHER_CARD,
        "本番のカードは試験に使わないでください。" + _ANOTHER_CARD,
    ),
    "Found_Unknown_Authority": Remedy(
        "知らない認証局が発行したカードです。端末は受け付けません。", _ANOTHER_CARD, _ANOTHER_CARD
    ),
    "Card_Pin_Blocked": Remedy("利用者証明用暗証番号がロックされています。", _COUNTER, _COUNTER),
    "Found_Last_Try": Remedy(
        "利用者証明用暗証番号は、あと 1 回まちがえるとロックされます。",
        "正しい暗証番号を知る人が、利用者クライアントソフトなどで一度照合すると回数が戻ります。",
        "正しい暗証番号を知る人が、利用者クライアントソフトなどで一度照合すると回数が戻ります。",
        serious=False,
    ),
    "Found_Other_Pin_Low": Remedy(
        "利用者証明用のほかに、ロックされた、または、あと 1 回でロックされる暗証番号があります（上の「残り回数」）。",
        "証明書を受け取る手続には影響しません。その暗証番号を使う試験の前に、住所地の窓口で再設定を受けてください。",
        "証明書を受け取る手続には影響しません。その暗証番号を使う試験の前に、住所地の窓口で再設定を受けてください。",
        serious=False,
    ),
    "Found_Expired": Remedy(
        "有効期限が切れたものがあります。",
        "この機械の日付が正しいか確かめてください。正しければ、住所地の窓口で更新を受けるか、別のカードを使ってください。",
        "この機械の日付が正しいか確かめてください。正しければ、住所地の窓口で更新を受けるか、別のカードを使ってください。",
        serious=False,
    ),
    "Found_Expires_Soon": Remedy(
        "まもなく有効期限が切れるものがあります。",
        "試験の予定がそのあとまで続くときは、前もって更新を受けるか、別のカードを用意してください。",
        "試験の予定がそのあとまで続くときは、前もって更新を受けるか、別のカードを用意してください。",
        serious=False,
    ),
    "Found_No_Extended_Length": Remedy(
        "このリーダとカードの組では、拡張長のコマンドが使えません。",
        "手続には影響しません（端末は短いコマンドだけを使う）。",
        "手続には影響しません（端末は短いコマンドだけを使う）。",
        serious=False,
    ),
    "Found_Slow_Commands": Remedy(
        "コマンド 1 回に 100 ミリ秒より長くかかります。",
        "USB ハブを通さずに挿し、非接触型ではカードの位置を変えてください。",
        "USB ハブを通さずに挿し、非接触型ではカードの位置を変えてください。",
        serious=False,
    ),
    "Vpcd_Absent": Remedy(
        "仮想リーダ（vpcd）が待ち受けていません。",
        "sudo apt install pcscd vsmartcard-vpcd を実行し、sudo systemctl restart pcscd で開始してください。",
        "仮想リーダ（vsmartcard の BixVReader など）を入れ、待ち受けるアドレスとポートを --vpcd で指定してください。",
        serious=False,
    ),
    "Vpcd_Open_To_Network": Remedy(
        "仮想リーダ（vpcd）が、ほかの機械からの接続も受け付ける状態です。だれでも仮想カードを置けます。",
        "次のコマンドで、ファイアウォールに塞がせてください。\n"
        "sudo nft 'add table inet vpcd; add chain inet vpcd in { type filter hook input priority 0; }; "
        "add rule inet vpcd in iif != lo tcp dport { PORTS } drop'\n"
        "使わないときは sudo apt remove vsmartcard-vpcd を実行してください。",
        "管理者の PowerShell で次のコマンドを実行し、ファイアウォールに塞がせてください。\n"
        "New-NetFirewallRule -DisplayName vpcd -Direction Inbound -Protocol TCP -LocalPort PORTS -Action Block",
        serious=False,
    ),
    "Vpcd_Port_Taken": Remedy(
        "仮想リーダ（vpcd）のポートを、別のプログラムまたは別のカードが使っています。",
        "それを終了する（取り除く）か、/etc/reader.conf.d/vpcd のポートを変え、konbini card insert NAME --vpcd 127.0.0.1:ポート としてください。",
        "それを終了する（取り除く）か、vpcd のポートを変え、konbini card insert NAME --vpcd 127.0.0.1:ポート としてください。",
        serious=False,
    ),
}
"""Debian's package names are those of Debian 12; the policy names are those of pcsc-lite."""
