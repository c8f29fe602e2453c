"""What a screen says to do can be said aloud: that sentence and nothing else, in the chosen language."""

from __future__ import annotations

import sys
import threading
import wave
from pathlib import Path

import numpy
import pytest
from pytestqt.qtbot import QtBot

from kiosk_app.devices.simulated import simulated_devices
from kiosk_app.devices.voice import ESPEAK_VOICES, EspeakNg, Unspoken, Voice, engine_for
from kiosk_app.screens.gallery import in_language, samples
from kiosk_app.screens.texts import LANGUAGES, catalogue, translation
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace


class Recording:
    """An engine that writes down what it is given, and a sound of nothing."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def write(self, sentence: str, language: str, file: Path) -> None:
        self.said.append((sentence, language))
        file.write_bytes(b"")


QUICK = (sys.executable, "-c", "")


def test_each_sentence_goes_to_the_engine_of_its_language_in_turn() -> None:
    engines = {language: Recording() for language in LANGUAGES}
    complaints: list[str] = []
    voice = Voice(complaints.append, engines.__getitem__, lambda: ("true",))
    for language in LANGUAGES:
        voice.speak(f"sentence in {language}", language)
        voice._worker.call(lambda: None, 20)
    voice.stop()
    assert [engine.said for engine in engines.values()] == [
        [(f"sentence in {language}", language)] for language in LANGUAGES
    ]
    assert complaints == []


def test_the_next_screen_ends_the_sentence_of_the_one_before() -> None:
    engine, complaints = Recording(), list[str]()
    begun = threading.Event()

    class Long(Recording):
        def write(self, sentence: str, language: str, file: Path) -> None:
            super().write(sentence, language, file)
            begun.set()

    engine = Long()
    voice = Voice(complaints.append, lambda language: engine, lambda: ("sleep", "60", "#"))
    voice.speak("one", "en")
    assert begun.wait(20)
    voice.speak("two", "en")
    voice.speak("three", "en")
    voice.stop()
    assert engine.said[0] == ("one", "en")
    assert ("two", "en") not in engine.said


@pytest.mark.parametrize(
    ("engine", "plays", "reason"),
    [(None, ("true",), "no engine for pt"), (Recording(), None, "no player")],
)
def test_what_is_missing_is_told_once_and_stops_nothing(
    engine: Recording | None, plays: tuple[str, ...] | None, reason: str
) -> None:
    complaints: list[str] = []
    voice = Voice(complaints.append, lambda language: engine, lambda: plays)
    for _ in range(3):
        voice.speak("Olá", "pt")
        voice._worker.call(lambda: None, 20)
    voice.stop()
    assert complaints == [reason]


def test_an_engine_that_fails_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert engine_for("en") is None
    with pytest.raises(Unspoken, match="espeak-ng: FileNotFoundError"):
        EspeakNg().write("Hello", "en", tmp_path / "x.wav")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_real_engine_makes_a_sound_of_a_second_and_no_silence(language: str, tmp_path: Path) -> None:
    engine = engine_for(language)
    if engine is None:
        pytest.skip(f"nothing on this machine speaks {language}")
    told = translation(language).get("take_card.title")
    sentence = told.text if told else catalogue()["take_card.title"][language]
    engine.write(sentence, language, tmp_path / "said.wav")
    with wave.open(str(tmp_path / "said.wav")) as sound:
        samples = numpy.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
        assert len(samples) / sound.getframerate() > 0.5
    assert numpy.sqrt((samples**2).mean()) > 300


def test_every_language_but_japanese_has_a_voice_of_espeak() -> None:
    assert set(ESPEAK_VOICES) == set(LANGUAGES) - {"ja"}


def test_off_by_default_nothing_is_loaded_or_said(tmp_path: Path) -> None:
    trace = Trace(Clock(), run="t", process="kiosk", folder=tmp_path / "trace")
    devices = simulated_devices(tmp_path / "devices", trace)
    assert devices.speaker._voice is None
    devices.shut_down()
    trace.close()


def test_what_is_said_is_the_sentence_of_the_screen_and_a_row_of_the_catalogue(qtbot: QtBot) -> None:
    """So no name, number or PIN can be in it: a row has no place for one."""
    clock = Clock()
    clock.freeze()
    window = KioskWindow(clock)
    qtbot.addWidget(window)
    rows = {
        language: {row.text for row in translation(language).values()}
        | ({cells[language] for cells in catalogue().values()} if language in ("ja", "en") else set())
        for language in LANGUAGES
    }
    for name, view in samples().items():
        language = LANGUAGES[len(name) % len(LANGUAGES)]
        window.show_view(in_language(view, language))
        sentence, spoken = window.sentence()
        assert spoken == language
        assert sentence in rows[language], name
        assert "{" not in sentence, name
