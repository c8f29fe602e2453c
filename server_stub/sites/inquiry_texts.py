"""The words of the inquiry site in both languages. What the real site is for stands in the public page of J-LIS for receivers of
certificates: it shows the front that the scrambled image of a back holds, to be compared with the front."""

from __future__ import annotations

from .texts import TEXTS

OWN: dict[str, dict[str, str]] = {
    "site": {"ja": "証明書裏面確認サイト（試験用）", "en": "Certificate back page check (test)"},
    "test": {
        "ja": "試験用のサイトです（見本）。実在の証明書は確認できません。",
        "en": "This is a test site (sample). Real certificates cannot be checked here.",
    },
    "ask.title": {"ja": "証明書の裏面を確認する", "en": "Check the back of a certificate"},
    "intro": {
        "ja": "コンビニ交付の証明書の裏面にあるスクランブル画像を元に戻し、表面と見比べることができます。",
        "en": "This site restores the scrambled image on the back of a certificate issued at a convenience store, so that you can compare it with the front.",
    },
    "how.title": {"ja": "読み取り方", "en": "How to scan"},
    "how.1": {
        "ja": "スキャナで、裏面全体をまっすぐに、300 dpi 以上で読み取ります。カラーでもグレーでもかまいません。",
        "en": "Scan the whole back, straight, at 300 dpi or more, in colour or grey.",
    },
    "how.2": {
        "ja": "ファイルは PNG、JPEG、TIFF または PDF です。両面を読み取った2ページの PDF も使えます。あわせて20 MBまでです。",
        "en": "Files may be PNG, JPEG, TIFF or PDF; a PDF of two pages may hold both sides. Together up to 20 MB.",
    },
    "how.3": {
        "ja": "送られたファイルは、確認が終わると破棄します。保存しません。",
        "en": "What you send is discarded as soon as it has been checked. Nothing is kept.",
    },
    "back.label": {"ja": "裏面を読み取ったファイル（必須）", "en": "Scan of the back (required)"},
    "front.label": {
        "ja": "表面を読み取ったファイル（別のファイルに読み取ったとき）",
        "en": "Scan of the front (if it is a file of its own)",
    },
    "ask.button": {"ja": "確認する", "en": "Check"},
    "result.title": {"ja": "確認結果", "en": "Result"},
    "result.lead": {
        "ja": "スクランブル画像を元に戻しました。2つの画像の記載が同じか、用紙に印刷された申請番号が下の申請番号と同じか、目で確かめてください。",
        "en": "The scrambled image was restored. Please compare the two pictures with your own eyes, and the application number printed on the sheet with the one below.",
    },
    "result.front": {"ja": "証明書の表面", "en": "Front of the certificate"},
    "result.held": {"ja": "裏面から復元した表面", "en": "Front restored from the back"},
    "result.back": {"ja": "読み取った裏面", "en": "The back as scanned"},
    "result.no_front": {
        "ja": "表面は読み取られていません。お手元の証明書の表面と見比べてください。",
        "en": "No front was scanned. Please compare with the front of the certificate in your hands.",
    },
    "result.application": {"ja": "申請番号", "en": "Application"},
    "result.copy": {"ja": "部数・ページ", "en": "Copy and page"},
    "result.copy_is": {"ja": "{copy}部目　{k}／{n}", "en": "copy {copy}, page {k} of {n}"},
    "result.key": {"ja": "スクランブル画像", "en": "Scrambled image"},
    "result.key_is": {
        "ja": "このセンターの鍵で元に戻り、二次元コードと同じ用紙のものです",
        "en": "Made with this centre's key, and of the same sheet as the QR code",
    },
    "result.scan": {"ja": "読み取り", "en": "Scan"},
    "result.scan_is": {
        "ja": "{dpi} dpi　読み誤りを直した数 {n}",
        "en": "{dpi} dpi, misread places put right: {n}",
    },
    "result.record": {"ja": "PDF の記録", "en": "Record of the PDF"},
    "result.record.yes": {"ja": "二次元コードと合います", "en": "agrees with the QR code"},
    "result.record.no": {
        "ja": "二次元コードと合いません。偽造のおそれがあります",
        "en": "does not agree with the QR code; it may be forged",
    },
    "result.stained": {
        "ja": "スクランブル画像の一部が汚れているか、書き換えられています。「裏面から復元した表面」は、元の内容に戻したものです。",
        "en": 'A part of the scrambled image is stained or altered. "Front restored from the back" shows what it held at first.',
    },
    "result.other": {
        "ja": "表面と復元した表面は、別の用紙のようです。偽造のおそれがあります。",
        "en": "Front and restored front seem to be two different papers. It may be forged.",
    },
    "result.places": {
        "ja": "合わないところが{n}か所あります（赤い枠）。目で確かめてください。",
        "en": "They differ in {n} places (red frames). Please look at them.",
    },
    "result.none": {
        "ja": "機械の見比べでは、合わないところは見つかりませんでした。小さな文字の違いは、目で確かめてください。",
        "en": "No difference was found by machine. Please look for small differences in letters yourself.",
    },
    "result.infrared": {
        "ja": "裏面左下の偽造防止検出画像（桜）に、赤外線で見える「証」の文字があるかも、あわせて確かめてください。複写では失われます（模擬では konbini paper copy で確かめられます）。",
        "en": "Also check the cherry blossom at the lower left of the back: the word 「証」 in it is seen with an infrared camera and lost in a copy (in this simulation: konbini paper copy).",
    },
    "result.close": {"ja": "ほかの証明書を確認する", "en": "Check another certificate"},
    "nothing": {
        "ja": "裏面を読み取ったファイルを選んでください。",
        "en": "Please choose the scan of the back.",
    },
    "later": {"ja": "しばらく", "en": "a while"},
    "busy": {
        "ja": "ただいま混み合っています。{wait}たってから、もう一度お試しください。",
        "en": "The site is busy at the moment. Please try again in {wait}.",
    },
    "locked": {
        "ja": "続けて多くの確認がありました。{wait}たってから、もう一度お試しください。",
        "en": "Many sheets were checked in a row. Please try again in {wait}.",
    },
    "Request_Too_Large": {
        "ja": "ファイルが大きすぎます。あわせて20 MBまでにしてください。",
        "en": "The files are too large. They may have up to 20 MB together.",
    },
    "Request_Too_Slow": {
        "ja": "ファイルの受信に時間がかかりすぎました。もう一度お試しください。",
        "en": "The upload took too long. Please try again.",
    },
    "Request_Malformed": {
        "ja": "ファイルを受け取れませんでした。もう一度お試しください。",
        "en": "The upload was not received. Please try again.",
    },
    "Scan_Unreadable": {
        "ja": "ファイルを開けません。用紙を 300 dpi で読み取った PNG、JPEG、TIFF または PDF（暗号化していないもの）を選んでください。",
        "en": "The file cannot be opened. Please choose a scan at 300 dpi as PNG, JPEG, TIFF or PDF (not encrypted).",
    },
    "Scan_Too_Large": {
        "ja": "画像が大きすぎます。A4 の用紙を 300 dpi で読み取ってください。",
        "en": "The picture is too large. Please scan the A4 sheet at 300 dpi.",
    },
    "Scan_Pages_Too_Many": {
        "ja": "用紙1枚より多くのページがあります。1枚（裏面だけ、または表面と裏面）ずつ確認してください。",
        "en": "There are more pages than one sheet has. Please check one sheet at a time.",
    },
    "Back_Page_Absent": {
        "ja": "証明書の裏面が見つかりません。二次元コードを含む裏面全体を、まっすぐに読み取ってください。",
        "en": "No back of a certificate was found. Please scan the whole back with its QR code.",
    },
    "Back_Page_Without_Image": {
        "ja": "裏面に、スクランブル画像が見つかりません。画像が切れているときは、裏面全体を読み取り直してください。",
        "en": "There is no scrambled image on this back. If it was cut off, please scan the whole back again.",
    },
    "Back_Page_Too_Coarse": {
        "ja": "読み取りが粗いため、元に戻せません。300 dpi 以上で読み取り直してください。",
        "en": "The scan is too coarse. Please scan again at 300 dpi or more.",
    },
    "Back_Page_Damaged": {
        "ja": "破れ、汚れまたは書換えが大きいため、元に戻せません。伸ばして読み取り直しても戻せないときは、証明書に記載の市区町村にお問い合わせください。",
        "en": "The image is torn, stained or altered too much to be restored. If a flatter scan does not help, please ask the municipality named on the certificate.",
    },
    "Back_Page_Key_Unknown": {
        "ja": "このスクランブル画像は、このセンターで作られたものではありません。偽造のおそれがあります。",
        "en": "This image was not made by this centre. The certificate may be forged.",
    },
    "Back_Page_Altered": {
        "ja": "スクランブル画像と二次元コードが、同じ用紙のものではありません。偽造のおそれがあります。証明書に記載の市区町村にお問い合わせください。",
        "en": "Scrambled image and QR code are not of the same sheet. The certificate may be forged; please ask the municipality named on it.",
    },
}
"""What is not here is as on the status site."""


def say(key: str, language: str, **facts: object) -> str:
    """The words of `key`; of a failure that is not named here, those of an unreadable file."""
    words = OWN.get(key) or TEXTS.get(key) or OWN["Scan_Unreadable"]
    text = words[language]
    return text.format(**facts) if facts else text
