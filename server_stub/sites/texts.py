"""The words of the status site in both languages. Titles and messages are those of Kobe's document; 「戸籍簿編定の交付を受け取る」 there is
a reading fault for 「戸籍証明書の交付を受ける」."""

from __future__ import annotations

from datetime import date, timedelta

from server_stub.eras import wareki

LANGUAGES = ("ja", "en")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

TEXTS: dict[str, dict[str, str]] = {
    "site": {
        "ja": "戸籍証明書交付の利用登録状況確認サイト",
        "en": "Status of registration for family register certificates",
    },
    "test": {
        "ja": "試験用のサイトです（見本）。実在の申請の状況は表示しません。",
        "en": "This is a test site (sample). It shows no real application.",
    },
    "skip": {"ja": "本文へ", "en": "Skip to main content"},
    "language": {"ja": "English", "en": "日本語"},
    "intro": {
        "ja": "コンビニエンスストア等で戸籍証明書の交付を受けるための利用登録申請状況を確認します。",
        "en": "Check the status of your application for registration, with which you can get family register certificates at convenience stores.",
    },
    "ask.title": {"ja": "利用登録状況確認", "en": "Check the status"},
    "ask.label": {"ja": "申請番号", "en": "Application number"},
    "ask.hint": {
        "ja": "申請のときに端末の画面に表示された16桁の数字を入力してください。ハイフンは省略できます。例：1234-5678-9012-3456",
        "en": "Enter the 16 digits that the machine showed when you applied. You may leave out the hyphens. Example: 1234-5678-9012-3456",
    },
    "ask.button": {"ja": "確認する", "en": "Check"},
    "result.title": {"ja": "確認結果", "en": "Result"},
    "result.number": {"ja": "申請番号", "en": "Application number"},
    "result.status": {"ja": "ステータス", "en": "Status"},
    "result.completed": {"ja": "登録完了日", "en": "Registered on"},
    "result.from": {
        "ja": "{name}から次のメッセージを受信しました。",
        "en": "Message from {name}:",
    },
    "result.close": {"ja": "閉じる", "en": "Close"},
    "status.under_review": {"ja": "審査中", "en": "Under examination"},
    "status.usable": {"ja": "利用可能", "en": "Ready to use"},
    "status.rejected": {"ja": "却下", "en": "Rejected"},
    "status.unknown": {"ja": "該当なし", "en": "Not found"},
    "unknown": {
        "ja": "入力された申請番号に対する申請がありません。申請番号を確認いただくか、再度、戸籍証明書交付の利用登録申請を行ってください。",
        "en": "There is no application with this number. Please check the number, or apply for registration again.",
    },
    "untold": {
        "ja": "入力された申請番号では、登録状況を表示できません。申請番号をご確認ください。",
        "en": "No status can be shown for this number. Please check it.",
    },
    "wrong": {
        "ja": "申請番号は16桁の数字です。番号をお確かめのうえ、もう一度入力してください。",
        "en": "An application number has 16 digits. Please check it and enter it again.",
    },
    "error": {"ja": "エラー", "en": "Error"},
    "locked.title": {"ja": "しばらくお待ちください", "en": "Please wait"},
    "locked": {
        "ja": "申請番号の誤りが続いたため、確認を一時止めています。{wait}たってから、もう一度お試しください。",
        "en": "Wrong numbers were entered several times, so checking has been paused. Please try again in {wait}.",
    },
    "busy": {
        "ja": "ただいま、確認を一時止めています。{wait}たってから、もう一度お試しください。",
        "en": "Checking is paused at the moment. Please try again in {wait}.",
    },
    "away.title": {"ja": "ただいま確認できません", "en": "Not available at the moment"},
    "away": {
        "ja": "ただいま、登録状況を確認できません。しばらくしてから、もう一度お試しください。",
        "en": "The status cannot be checked at the moment. Please try again later.",
    },
    "absent.title": {"ja": "ページがありません", "en": "Page not found"},
    "absent": {
        "ja": "このページはありません。",
        "en": "There is no such page.",
    },
    "seconds": {"ja": "{n}秒", "en": "{n} seconds"},
    "minutes": {"ja": "{n}分", "en": "{n} minutes"},
}


def say(key: str, language: str, **facts: object) -> str:
    text = TEXTS[key][language]
    return text.format(**facts) if facts else text


def told(words: dict[str, str], language: str) -> str:
    """Of words that came from a municipality, those to show; Japanese where this language is missing."""
    return words.get(language) or words["ja"]


def day_in_words(day: date, language: str) -> str:
    return wareki(day) if language == "ja" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def wait_in_words(wait: timedelta, language: str) -> str:
    """Seconds up to a minute and a half, then whole minutes, rounded up."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    if seconds <= 90:
        return say("seconds", language, n=seconds)
    minutes = -(-seconds // 60)
    return say("minutes", language, n=minutes)
