"""Voice prompts behind the speaker: a kept program of this machine turns a sentence into sound, another one plays it.

Off by default (`voice` of the terminal's settings, `konbini kiosk --voice`). Japanese is spoken by pyopenjtalk-plus (Open JTalk with its
dictionary and a voice, in one package), every other language by espeak-ng, which cannot read kanji. Neither needs a network. What a
machine lacks stays silent, and is told once to the trace; `konbini doctor` names it.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import threading
import wave
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from kiosk_app.workers import Worker

ESPEAK = "espeak-ng"
ESPEAK_VOICES = {"en": "en-us", "zh": "cmn", "ko": "ko", "vi": "vi", "pt": "pt-br"}
JAPANESE = "pyopenjtalk"
WORDS_A_MINUTE = 150
PLAYERS = (("pw-play",), ("paplay",), ("aplay", "-q"), ("afplay",))
LIMIT = 20.0
"""Real seconds in which a sentence must have been turned into sound."""


PATIENCE = 2.0
"""Real seconds that the end of the terminal waits for its thread."""


class Unspoken(Exception):
    """A sentence was not said; the text says why, for the trace."""


class Engine(Protocol):
    def write(self, sentence: str, language: str, file: Path) -> None:
        """Write what the sentence sounds like as a WAV file. Raises Unspoken."""


class EspeakNg:
    """The program espeak-ng. The sentence goes in by its standard input, so that no list of processes shows it."""

    def write(self, sentence: str, language: str, file: Path) -> None:
        told = [ESPEAK, "-v", ESPEAK_VOICES[language], "-s", str(WORDS_A_MINUTE), "-w", str(file), "--stdin"]
        try:
            subprocess.run(told, input=sentence.encode(), capture_output=True, timeout=LIMIT, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise Unspoken(f"{ESPEAK}: {type(error).__name__}") from error


class OpenJTalk:
    """The package pyopenjtalk-plus; it is loaded when it first speaks."""

    def write(self, sentence: str, language: str, file: Path) -> None:
        try:
            # an extra that the installation does not bring; numpy comes with it
            numpy, speech = importlib.import_module("numpy"), importlib.import_module(JAPANESE)
            samples, rate = speech.tts(sentence)
            with wave.open(str(file), "wb") as sound:
                sound.setnchannels(1)
                sound.setsampwidth(2)
                sound.setframerate(int(rate))
                sound.writeframes(numpy.clip(samples, -32768, 32767).astype("<i2").tobytes())
        except Exception as error:  # whatever a package of others raises, the screen goes on without it
            raise Unspoken(f"{JAPANESE}: {type(error).__name__}") from error


def engine_for(language: str) -> Engine | None:
    """What speaks `language` on this machine; None for nothing."""
    if language == "ja":
        return OpenJTalk() if importlib.util.find_spec(JAPANESE) is not None else None
    return EspeakNg() if language in ESPEAK_VOICES and shutil.which(ESPEAK) else None


def player() -> Sequence[str] | None:
    """The command that plays a WAV file here; None for none."""
    return next((told for told in PLAYERS if shutil.which(told[0])), None)


class Voice:
    """Says one sentence at a time: the next one ends it. `speak` never waits; the work is done on a thread of its own."""

    def __init__(
        self,
        told: Callable[[str], None],
        engines: Callable[[str], Engine | None] = engine_for,
        plays: Callable[[], Sequence[str] | None] = player,
    ) -> None:
        """`told`: why something was not said, once for each reason; on any thread."""
        self._told, self._engines, self._plays = told, engines, plays
        self._worker = Worker("voice")
        self._lock = threading.Lock()
        self._newest = 0
        self._playing: subprocess.Popen[bytes] | None = None
        self._known: set[str] = set()

    def speak(self, sentence: str, language: str) -> None:
        self._worker.submit(partial(self._say, self._hush(), sentence, language))

    def stop(self) -> None:
        """Be silent at once and end the thread."""
        self._hush()
        self._worker.stop(PATIENCE)

    def _hush(self) -> int:
        """End what is being said; the number of what comes next."""
        with self._lock:
            self._newest += 1
            if self._playing is not None:
                self._playing.terminate()
            return self._newest

    def _say(self, number: int, sentence: str, language: str) -> None:
        if number != self._newest:
            return
        try:
            engine, command = self._engines(language), self._plays()
            if engine is None:
                raise Unspoken(f"no engine for {language}")
            if command is None:
                raise Unspoken("no player")
            with TemporaryDirectory(prefix="konbini-voice-") as folder:
                file = Path(folder) / "sentence.wav"
                engine.write(sentence, language, file)
                self._play(number, [*command, str(file)])
        except (Unspoken, OSError) as error:
            reason = str(error) if isinstance(error, Unspoken) else type(error).__name__
            if reason not in self._known:
                self._known.add(reason)
                self._told(reason)

    def _play(self, number: int, command: list[str]) -> None:
        with self._lock:
            if number != self._newest:
                return
            quiet = subprocess.DEVNULL
            self._playing = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        self._playing.wait()
        with self._lock:
            self._playing = None
