"""An error that nobody expected leaves a stack trace where a developer looks, and nobody's data with it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel

from kiosk_app.settings import KioskSettings
from kiosk_app.workers import Worker
from scenarios import cli
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.log import FILE_BYTES, FILES_KEPT, log_to
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event, Trace
from server_stub.node import NodeContext, make_app, serve

# the long password, for four digits may be those of a port or a process
NUMBER, PIN, NAME = "987654321098", "KNB4649", "港太一"
TEXT = f"{NAME} {NUMBER} {PIN}"
SECRETS = (NUMBER, PIN, NAME)

pytestmark = pytest.mark.expects_log("")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "log" / "test.log"
    with log_to(path):
        yield path


def stumble(text: str = TEXT) -> None:
    raise ValueError(text)


def check_log(file: Path, error: str, place: str) -> str:
    """The log tells of `error` and where it came from, and of nobody."""
    told = file.read_text(encoding="utf-8")
    assert error in told and place in told
    assert not [secret for secret in SECRETS if secret in told], told
    return told


# --- where errors come from --------------------------------------------------------------------------------------------------


class Form(BaseModel):
    number: int


@pytest.mark.parametrize(
    ("defect", "error", "place"),
    [
        (lambda: stumble(), "ValueError", "in stumble"),
        (lambda: Form.model_validate({"number": TEXT}), "ValidationError", "<lambda>"),
        (lambda: Failed("Pin_Wrong" + PIN), "KeyError", "failures.py"),
        (lambda: {}[TEXT], "KeyError", "<lambda>"),
    ],
)
def test_a_server_that_stumbles_says_where_in_log_and_trace(
    file: Path, capfd: pytest.CaptureFixture[str], defect: Callable[[], object], error: str, place: str
) -> None:
    clock = Clock(STAGE_START)
    trace, events = Trace(clock), list[Event]()
    trace.subscribe(events.append)
    app = make_app(NodeContext(clock, trace), title="見本", source="centre", description="")

    @app.get("/people/{number}")
    def person(number: str) -> None:
        defect()

    running = serve(app)
    try:
        answer = httpx.get(f"{running.base_url}/people/{NUMBER}", trust_env=False)
    finally:
        running.stop()
    assert answer.json() == {"failure": "Internal_Error", "facts": {}}
    told = check_log(file, error, place)
    assert "GET /people/{number}" in told
    assert told in capfd.readouterr().err
    (event,) = [event for event in events if event.kind == "internal_error"]
    assert event.data["error"] == error and ".py:" in event.data["where"]
    assert not [secret for secret in SECRETS if secret in json.dumps(event.data, ensure_ascii=False)]


def test_a_worker_thread_that_stumbles_says_so_and_does_the_next_job(file: Path) -> None:
    done = threading.Event()
    worker = Worker("devices")
    worker.submit(stumble)
    worker.submit(done.set)
    assert done.wait(20)
    assert worker.stop(20)
    check_log(file, "ValueError", "in stumble")


def test_a_thread_that_ends_with_an_error_says_so(file: Path) -> None:
    thread = threading.Thread(target=stumble, name="lonely")
    thread.start()
    thread.join()
    assert "lonely" in check_log(file, "ValueError", "in stumble")


def test_a_trace_that_cannot_be_written_says_so(tmp_path: Path, file: Path) -> None:
    trace = Trace(Clock(STAGE_START), process="p", folder=tmp_path / "trace")
    (tmp_path / "trace" / "blobs").rmdir()
    (tmp_path / "trace" / "blobs").write_text("where a folder should be")
    trace.store(TEXT.encode(), ".pdf")
    with pytest.raises(OSError):
        trace.flush()
    check_log(file, "NotADirectoryError [ENOTDIR]", "trace.py")


STUMBLING = """
import os
from PySide6.QtCore import QTimer
from kiosk_app import main

class Stumbling(main._Opening):
    def load(self):
        QTimer.singleShot(0, self, self.stumble)
        QTimer.singleShot(0, self, main.QApplication.quit)

    def stumble(self):
        raise ValueError(os.environ["TEXT"])

main._Opening = Stumbling
raise SystemExit(main.main())
"""


def test_a_slot_of_the_terminal_that_stumbles_says_where_in_log_and_trace(tmp_path: Path) -> None:
    """In a process of its own, as the terminal is: pytest-qt takes what slots raise here."""
    settings = KioskSettings(
        "http://127.0.0.1:9", "T", "key", "00" * 32, str(tmp_path), trace_folder=str(tmp_path / "trace")
    )
    (tmp_path / "kiosk.json").write_text(json.dumps(settings.to_json()), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", STUMBLING, "--settings", str(tmp_path / "kiosk.json")],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "TEXT": TEXT},
    )  # fmt: skip
    assert ended.returncode == 0, ended
    told = check_log(settings.log_file, "ValueError", "in stumble")
    assert told in ended.stderr
    assert not [secret for secret in SECRETS if secret in ended.stderr + ended.stdout]
    (event,) = [
        one
        for line in (tmp_path / "trace" / "kiosk.jsonl").read_text(encoding="utf-8").splitlines()
        if (one := json.loads(line))["kind"] == "internal_error"
    ]
    assert event["source"] == "fault" and event["data"]["error"] == "ValueError"
    assert not [secret for secret in SECRETS if secret in json.dumps(event, ensure_ascii=False)]


def test_a_command_that_stumbles_says_one_sentence_and_where_its_log_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KONBINI_HOME", str(tmp_path))
    monkeypatch.setattr("server_stub.interface.failures.CATALOGUE", None)
    monkeypatch.setattr(sys, "argv", ["konbini", "failures"])
    hooks = sys.excepthook, threading.excepthook
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert (sys.excepthook, threading.excepthook) == hooks
    file = tmp_path / "log" / "failures.log"
    assert f"経緯は {file} にあります。" in capsys.readouterr().err
    check_log(file, "AttributeError", "in failures")


# --- what is written of them -------------------------------------------------------------------------------------------------


def test_an_error_is_told_with_all_that_led_to_it_and_with_none_of_their_texts(file: Path) -> None:
    def first() -> None:
        raise LookupError(TEXT)

    def second() -> None:
        try:
            first()
        except LookupError as error:
            raise ValueError(TEXT) from error

    def third() -> None:
        try:
            second()
        except ValueError:
            error = ExceptionGroup(TEXT, [OSError(28, TEXT), Failed("Paper_Corrupt", detail=TEXT)])
            error.add_note(TEXT)
            raise error  # noqa: B904

    try:
        third()
    except ExceptionGroup:
        logging.getLogger("kiosk_app.somewhere").exception("it failed")
    told = check_log(file, "LookupError", "in first")
    order = ["\nLookupError\n", "-- which led to --", "\nValueError\n", "-- during which came --"]
    order += ["\nExceptionGroup\n", "OSError [ENOSPC]", "Failed [Paper_Corrupt]"]
    places = [told.index(part) for part in order]
    assert places == sorted(places)


def test_an_error_that_goes_in_a_circle_is_told_once(file: Path) -> None:
    one, other = ValueError(TEXT), KeyError(TEXT)
    one.__cause__, other.__cause__ = other, one
    logging.getLogger("kiosk_app.somewhere").error("it failed", exc_info=one)
    assert check_log(file, "KeyError", "ValueError").count("ValueError") == 1


def test_of_a_librarys_message_only_its_template_is_written(file: Path) -> None:
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task %r>" % TEXT)  # noqa: UP031
    logging.getLogger("concurrent.futures").error("exception calling callback for %r", TEXT)
    told = check_log(file, "Task exception was never retrieved", "exception calling callback for %r")
    assert len(told.splitlines()) == 2


def test_no_secret_and_no_long_number_stands_in_a_message_of_ours(file: Path) -> None:
    log = logging.getLogger("kiosk_app.somewhere")
    log.warning("pin %s, number %s, %s of %d", Secret(PIN), NUMBER, "９８７６５４３２１０９８", 123)
    told = check_log(file, "pin ●●●●, number ●●●●, ●●●● of 123", "kiosk_app.somewhere")
    assert "９８７" not in told


def test_the_log_turns_over_and_does_not_grow_for_ever(file: Path) -> None:
    log = logging.getLogger("kiosk_app.somewhere")
    for _ in range(FILE_BYTES * (FILES_KEPT + 2) // 20_000):
        log.warning("x" * 20_000)
    kept = list(file.parent.iterdir())
    assert len(kept) == FILES_KEPT + 1
    assert all(one.stat().st_size <= FILE_BYTES for one in kept)


def test_a_program_that_meets_nothing_leaves_no_file(file: Path) -> None:
    logging.getLogger("kiosk_app.somewhere").info("nothing to see")
    assert not file.parent.exists()


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_text("where a folder should be")
    with log_to(tmp_path / "log" / "test.log"):
        logging.getLogger("kiosk_app.somewhere").error("still told: %s", NUMBER)
    told = capfd.readouterr().err
    assert "still told" in told and NUMBER not in told
