"""⑦: the operation log is complete, chained, checked on demand, and kept as long as the municipality says."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from server_stub.interface.clock import STAGE_START
from server_stub.operations.operation_log import Entry, Who
from server_stub.operations.rights import RIGHTS, Role
from server_stub.operations.tables import heads, log
from server_stub.operations.terms import Terms, write_terms
from tests.operations.hall import ASHIKAGA, KOBE, Hall

SOMEBODY = Who("28100-tanaka", "田中 花子", "192.0.2.7")


def fill(hall: Hall, count: int = 12, chain: str = KOBE) -> None:
    for number in range(count):
        entry = Entry("search", "検索", subject=f"10000000{number:02d}", detail=f"{number}番目")
        hall.console.log.write(chain, hall.clock.now() + timedelta(seconds=number), SOMEBODY, [entry])


def problems(hall: Hall, chain: str = KOBE, known: str = "") -> tuple[str, ...]:
    return hall.console.log.check(chain, known).problems


def test_a_log_that_nobody_touched_is_as_it_was_written(hall: Hall) -> None:
    fill(hall)
    found = hall.console.log.check(KOBE)
    assert (found.count, found.first, found.last, found.problems) == (12, 1, 12, ())
    assert problems(hall, known=found.head) == ()
    assert problems(hall, ASHIKAGA) == ()  # nothing was written there


def _row(connection: Connection, seq: int) -> dict[str, object]:
    return dict(connection.execute(select(log).where(log.c.chain == KOBE, log.c.seq == seq)).mappings().one())


def _alter(field: str, value: object) -> Callable[[Connection], None]:
    def act(connection: Connection) -> None:
        connection.execute(update(log).where(log.c.chain == KOBE, log.c.seq == 5).values({field: value}))

    return act


def _delete(*seqs: int) -> Callable[[Connection], None]:
    def act(connection: Connection) -> None:
        connection.execute(delete(log).where(log.c.chain == KOBE, log.c.seq.in_(seqs)))

    return act


def _swap(connection: Connection) -> None:
    third, fourth = _row(connection, 3), _row(connection, 4)
    connection.execute(delete(log).where(log.c.chain == KOBE, log.c.seq.in_((3, 4))))
    connection.execute(insert(log), [{**third, "seq": 4}, {**fourth, "seq": 3}])


def _close_the_gap(connection: Connection) -> None:
    _delete(5)(connection)
    for seq in range(6, 13):
        connection.execute(update(log).where(log.c.chain == KOBE, log.c.seq == seq).values(seq=seq - 1))


def _copy_in(connection: Connection) -> None:
    connection.execute(insert(log), [{**_row(connection, 12), "seq": 13}])


def _from_another_chain(connection: Connection) -> None:
    theirs = connection.execute(select(log).where(log.c.chain == ASHIKAGA, log.c.seq == 5)).mappings().one()
    connection.execute(delete(log).where(log.c.chain == KOBE, log.c.seq == 5))
    connection.execute(insert(log), [{**theirs, "chain": KOBE}])


def _tail_with_its_head(connection: Connection) -> None:
    """Somebody who knows the tables, not the key."""
    last = _row(connection, 9)
    _delete(10, 11, 12)(connection)
    connection.execute(update(heads).where(heads.c.chain == KOBE).values(last_seq=9, last_mac=last["mac"]))


def _beginning_with_its_head(connection: Connection) -> None:
    last = _row(connection, 4)
    _delete(1, 2, 3, 4)(connection)
    connection.execute(
        update(heads).where(heads.c.chain == KOBE).values(first_seq=5, before_first=last["mac"])
    )


def _everything(connection: Connection) -> None:
    connection.execute(delete(log).where(log.c.chain == KOBE))


def _only_the_head(connection: Connection) -> None:
    connection.execute(delete(heads).where(heads.c.chain == KOBE))


TAMPERED: dict[str, tuple[Callable[[Connection], None], str]] = {
    "the time": (_alter("at", "2026-06-03T10:00:00.000+09:00"), "番号 5（2026-06-03 10:00）の記録が書き換え"),
    "the operator": (_alter("operator", "28100-kato"), "番号 5"),
    "the person": (_alter("subject", ""), "番号 5"),
    "what was done": (_alter("act", "照会"), "番号 5"),
    "the outcome": (_alter("outcome", "Console_Right_Missing"), "番号 5"),
    "that a 個人番号 was seen": (_alter("my_number", True), "番号 5"),
    "the address": (_alter("address", "198.51.100.1"), "番号 5"),
    "its hash": (_alter("mac", "0" * 64), "番号 5"),
    "one taken out": (_delete(5), "番号 5 の記録がありません"),
    "several taken out": (_delete(5, 6, 7), "番号 5 から 7 までの記録がありません"),
    "one taken out and the numbers closed up": (_close_the_gap, "番号 5"),
    "two changed places": (_swap, "番号 3"),
    "one copied to the end": (_copy_in, "番号 13"),
    "one of another municipality put in": (_from_another_chain, "番号 5"),
    "the end taken away": (_delete(10, 11, 12), "番号 12 までの記録があるはずですが、9 で終わっています"),
    "the beginning taken away": (_delete(1, 2, 3, 4), "番号 1 から 4 までの記録がありません"),
    "the end taken away and the head set": (_tail_with_its_head, "控えが書き換えられています"),
    "the beginning taken away and the head set": (_beginning_with_its_head, "控えが書き換えられています"),
    "everything taken away": (_everything, "番号 12 までの記録があるはずですが"),
    "the head taken away": (_only_the_head, "控えがありません"),
}


@pytest.mark.attack
@pytest.mark.parametrize("what", TAMPERED)
def test_a_log_that_was_altered_says_what_is_wrong_with_it(hall: Hall, what: str) -> None:
    fill(hall)
    fill(hall, chain=ASHIKAGA)
    act, told = TAMPERED[what]
    with hall.console.engine.begin() as connection:
        act(connection)
    found = problems(hall)
    assert found and told in found[0], found
    assert problems(hall, ASHIKAGA) == ()


@pytest.mark.attack
def test_an_older_copy_of_the_whole_log_is_found_by_a_head_that_was_written_down(hall: Hall) -> None:
    fill(hall, 5)
    with hall.console.engine.connect() as connection:
        head = dict(connection.execute(select(heads).where(heads.c.chain == KOBE)).mappings().one())
    fill(hall, 7)
    written_down = hall.console.log.check(KOBE).head
    with hall.console.engine.begin() as connection:
        _delete(6, 7, 8, 9, 10, 11, 12)(connection)
        connection.execute(update(heads).where(heads.c.chain == KOBE).values(**head))
    assert problems(hall) == ()
    assert "控え" in problems(hall, known=written_down)[0]


@pytest.mark.attack
def test_a_record_of_a_history_that_was_taken_back_is_found(hall: Hall) -> None:
    """Each record proves itself; only the chain proves that they are of one history."""
    fill(hall, 5)
    with hall.console.engine.connect() as connection:
        head = dict(connection.execute(select(heads).where(heads.c.chain == KOBE)).mappings().one())
    fill(hall, 7)
    with hall.console.engine.begin() as connection:
        taken_back = _row(connection, 8)
        _delete(6, 7, 8, 9, 10, 11, 12)(connection)
        connection.execute(update(heads).where(heads.c.chain == KOBE).values(**head))
    hall.clock.advance(timedelta(hours=1))
    fill(hall, 7)
    assert problems(hall) == ()
    with hall.console.engine.begin() as connection:
        _delete(8)(connection)
        connection.execute(insert(log), [taken_back])
    assert "番号 8" in problems(hall)[0]


@pytest.mark.attack
def test_with_another_key_nothing_of_it_is_right(hall: Hall) -> None:
    from server_stub.interface.secret import Secret
    from server_stub.operations.operation_log import OperationLog

    fill(hall)
    other = OperationLog(hall.console.engine, Secret("another key than the console's"))
    assert len(other.check(KOBE).problems) == 13  # the head, and each record


def test_many_at_once_make_one_chain(hall: Hall) -> None:
    def write(number: int) -> None:
        for _ in range(10):
            hall.console.log.write(KOBE, STAGE_START, SOMEBODY, [Entry("search", f"{number}")])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = hall.console.log.check(KOBE)
    assert (found.count, found.last, found.problems) == (40, 40, ())


def test_what_is_older_than_the_municipality_keeps_goes_and_the_rest_stays_proven(hall: Hall) -> None:
    fill(hall, 6)
    hall.clock.advance(timedelta(days=200))
    fill(hall, 6)
    write_terms(hall.console.engine, KOBE, Terms(retention_days=365))
    hall.clock.advance(timedelta(days=200))
    hall.console.operators.first()
    hall.officials.nobody().post("/login", login=f"{KOBE}-kanri", password="x")
    assert hall.console.log.check(KOBE).count == 13  # nobody came in yet
    who = hall.officials.as_role(Role.AUDITOR)
    assert who.operator is not None
    password = hall.console.operators.new_password(who.operator).reveal()
    hall.officials.nobody().post("/login", login=who.operator.login, password=password)
    found = hall.console.log.check(KOBE)
    assert (found.first, found.problems) == (7, ())
    newest = hall.console.log.entries(KOBE, limit=1)[0]
    assert newest["act"] == "削除" and "6件" in newest["detail"] and "365日" in newest["detail"]
    with hall.console.engine.begin() as connection:
        _delete(7)(connection)
    assert "番号 7 の記録がありません" in problems(hall)[0]


def test_each_use_of_each_page_is_written_before_its_answer_leaves(hall: Hall) -> None:
    official = hall.officials.as_role(*(one for one in Role if "vendor" not in one.value))
    for path in (
        "/operators",
        "/operation-log",
        "/terms",
        "/vendor-access",
        f"/operators/{official.operator.login}",
    ):  # type: ignore[union-attr]
        before = hall.console.log.check(KOBE).last
        assert official.get(path).status == 200
        entry = hall.console.log.entries(KOBE, limit=1)[0]
        assert entry["seq"] == before + 1, path
        assert entry["operator"] == official.operator.login  # type: ignore[union-attr]
        assert entry["address"] == "127.0.0.1" and entry["outcome"] == "ok"
    official.post("/operators/new")
    assert hall.console.log.entries(KOBE, limit=1)[0]["outcome"] == "entry_wrong"
    official.get("/operators/28100-nobody")
    assert hall.console.log.entries(KOBE, limit=1)[0]["outcome"] == "Console_Record_Unknown"


def test_only_pages_without_content_of_their_own_are_not_logged() -> None:
    quiet = {name for name, right in RIGHTS.items() if right.quiet}
    assert not {name for name in quiet if name.endswith("_act")} - {
        "login_act", "first_password_act", "code_act", "enrol_act",
    }  # fmt: skip


def test_the_list_is_searched_and_paged_without_gap_or_repetition(hall: Hall) -> None:
    fill(hall, 130)
    fill(hall, 5, chain=ASHIKAGA)
    auditor = hall.officials.as_role(Role.AUDITOR)
    seen: list[str] = []
    before: dict[str, str] = {}
    for _ in range(4):
        page = auditor.post("/operation-log", function="search", **before)
        rows = page.html.split("<tbody>")[-1].split("<tr")[1:]
        seen += [row.partition('class="figure">')[2].partition("<")[0] for row in rows]
        if 'name="before"' not in page.html:
            break
        before = {"before": page.fields["before"]}
    assert seen == [str(number) for number in range(130, 0, -1)]
    one = auditor.post("/operation-log", subject="1000000007")
    assert one.html.count("7番目") == 1 and "8番目" not in one.html
    assert "該当する記録はありません" in auditor.post("/operation-log", since="2027-01-01").text
    assert auditor.post("/operation-log", since="2026-06-04", until="2026-06-03").status == 422
    # the search is in the log itself, with the person it was for
    assert any(
        row["subject"] == "1000000007" and row["function"] == "operation_log"
        for row in hall.console.log.entries(KOBE)
    )


def test_the_csv_has_every_record_and_no_formula(hall: Hall) -> None:
    fill(hall, 30)
    entry = Entry("search", "検索", detail='=HYPERLINK("http://evil.invalid")')
    hall.console.log.write(KOBE, STAGE_START, SOMEBODY, [entry])
    auditor = hall.officials.as_role(Role.AUDITOR)
    answer = auditor.post("/operation-log/export", function="search").response
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["番号", "日時", "利用者ID"] and len(rows) == 32
    assert rows[1][7] == '\'=HYPERLINK("http://evil.invalid")'
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(31, 0, -1)]
    assert hall.console.log.entries(KOBE, limit=1)[0]["act"] == "出力"


def test_the_check_tells_the_auditor_in_words(hall: Hall) -> None:
    fill(hall)
    auditor = hall.officials.as_role(Role.AUDITOR)
    page = auditor.post("/operation-log/check")
    assert "異常はありません" in page.text and "12件" in page.text
    head = page.html.partition('class="number">')[2].partition("<")[0]
    assert "異常はありません" in auditor.post("/operation-log/check", known=head).text
    assert auditor.post("/operation-log/check", known="nonsense").status == 422
    with hall.console.engine.begin() as connection:
        _alter("subject", "")(connection)
    page = auditor.post("/operation-log/check")
    assert "記録に異常があります" in page.text and "番号 5" in page.text
    assert "異常あり" in hall.console.log.entries(KOBE, limit=1)[0]["detail"]
