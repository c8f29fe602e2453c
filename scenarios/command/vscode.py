"""`konbini steps --vscode`: what the Cucumber extension of VS Code needs to colour, complete and check our sentences.

Its language server looks for sentences in source files that it can read ("glue"). Ours go through a register of their own, with slots
that it does not know; so a file is written in which each stands as the call that it looks for, with a parameter type a slot. What it
completes it finds by Latin letters and digits only (language-service 1.7.0, whose index leaves out every other character); so sentences
are completed by snippets of VS Code itself, with the words that each slot takes to choose from.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scenarios.steps.sentences import Sentence
from scenarios.steps.slots import Slot

from .usage import WrongUse

EXTENSION = "cucumberopen.cucumber-official"
GLUE = ".vscode/konbini-steps.ts"
SNIPPETS = ".vscode/konbini.code-snippets"
_LANGUAGE = "cucumber"
"""As the extension calls the language of features."""
FEATURES = ("*.feature", "features/**/*.feature", "scenarios/**/*.feature")
_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_SPECIAL = re.compile(r"([\\/(){}])")
_NOT_IN_A_NAME = re.compile(r"[\[\]()$.|?*+{}/\\'「」]")
_CALLS = {"given": "Given", "when": "When", "then": "Then"}
_HEAD = """// konbini steps --vscode が書いたファイルです。次に実行すると書き直されます。
// VS Code の Cucumber 拡張機能が文を見つけるためのもので、実行はされません。行末は、文が定義されている場所です。
"""


def write_settings(folder: Path, sentences: Sequence[Sentence]) -> list[Path]:
    """Write glue, snippets, settings and the recommendation of the extension into `folder`/.vscode; the files. What stands in the settings
    already is kept; a file with comments that has everything stays as it is. Raises WrongUse, before anything is written, for settings that
    only a person can change."""
    place = folder / ".vscode"
    settings, extensions = place / "settings.json", place / "extensions.json"
    merged = {
        settings: _merged(settings, {"cucumber.features": FEATURES, "cucumber.glue": (GLUE,)}),
        extensions: _merged(extensions, {"recommendations": (EXTENSION,)}),
    }
    place.mkdir(parents=True, exist_ok=True)
    glue, snippets = folder / GLUE, folder / SNIPPETS
    glue.write_text(glue_of(sentences), encoding="utf-8")
    for file, content in {snippets: snippets_of(sentences), **merged}.items():
        if content is None:
            continue
        file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return [settings, extensions, glue, snippets]


def glue_of(sentences: Sequence[Sentence]) -> str:
    """The sentences as Cucumber Expressions in TypeScript, after the parameter types of their slots."""
    slots = {slot.name: slot for sentence in sentences for _, slot in sentence.slots}
    names = _names(slots.values())
    types = [
        f"defineParameterType({{ name: '{names[name]}', regexp: /{slot.rough}/ }})"
        for name, slot in sorted(slots.items())
    ]
    calls = [
        f"{_CALLS[sentence.kind]}('{_expression(sentence, names)}', () => {{}}) // scenarios/steps/{sentence.where}"
        for sentence in {(one.kind, one.pattern): one for one in sentences}.values()
    ]
    return "\n".join([_HEAD, *types, "", *calls, ""])


def snippets_of(sentences: Sequence[Sentence]) -> dict[str, Any]:
    """Each sentence by how it is shown, with what its example has in the slots, or a list of the words they take, that first."""
    found = {}
    for sentence in sentences:
        shown = sentence.shown.replace("｛", "").replace("｝", "")
        found[f"{sentence.keyword}　{shown}"] = {
            "scope": _LANGUAGE,
            "prefix": shown,
            "body": _body(sentence),
            "description": f"{sentence.keyword}（{sentence.theme}）",
        }
    return found


def _body(sentence: Sentence) -> str:
    words, slots = sentence.words(sentence.example), dict(sentence.slots)
    parts, end = [], 0
    for number, match in enumerate(_PLACE.finditer(sentence.pattern), start=1):
        name = match[1]
        known = dict.fromkeys((words[name], *slots[name].known()))
        literal = re.sub(r"([\\$}])", r"\\\1", sentence.pattern[end : match.start()])
        choices = ",".join(re.sub(r"([\\,|])", r"\\\1", word) for word in known)
        own = re.sub(r"([\\$}])", r"\\\1", words[name])
        parts += [literal, f"${{{number}|{choices}|}}" if len(known) > 1 else f"${{{number}:{own}}}"]
        end = match.end()
    return "".join([*parts, re.sub(r"([\\$}])", r"\\\1", sentence.pattern[end:])])


def _names(slots: Iterable[Slot]) -> dict[str, str]:
    """What each slot is called in the editor: its label, without signs that a parameter type's name may not have."""
    found: dict[str, str] = {}
    for slot in sorted(slots, key=lambda one: one.name):
        name = _NOT_IN_A_NAME.sub("", slot.label)
        found[slot.name] = f"{name}2" if name in found.values() else name
    return found


def _expression(sentence: Sentence, names: dict[str, str]) -> str:
    slots = dict(sentence.slots)
    parts, end = [], 0
    for match in _PLACE.finditer(sentence.pattern):
        parts.append(_SPECIAL.sub(r"\\\1", sentence.pattern[end : match.start()]))
        parts.append(f"{{{names[slots[match[1]].name]}}}")
        end = match.end()
    parts.append(_SPECIAL.sub(r"\\\1", sentence.pattern[end:]))
    return "".join(parts).replace("'", r"\'")


def _merged(file: Path, wanted: dict[str, tuple[str, ...]]) -> dict[str, Any] | None:
    """What `file` has, with `wanted` at the end of its lists; None for one that is not to be written, as a person has put all there."""
    if not file.exists():
        return {name: list(values) for name, values in wanted.items()}
    lines = "　".join(f"{json.dumps(name)}: {json.dumps(values)}" for name, values in wanted.items())
    by_hand = (
        f"{file} は書き換えませんでした（{{}}）。次の設定を手で加えてから、もう一度実行してください。{lines}"
    )
    body = file.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        there = json.loads(body.decode("utf-8") or "{}")
    except ValueError as error:  # comments: VS Code allows them, and writing the file anew would lose them
        if all(f'"{word}"'.encode() in body for name, values in wanted.items() for word in (name, *values)):
            return None
        raise WrongUse(by_hand.format("コメントなど、JSON にない書き方があります")) from error
    if not isinstance(there, dict) or not all(isinstance(there.get(name, []), list) for name in wanted):
        raise WrongUse(by_hand.format("一覧があるはずの場所に、ほかの値があります"))
    added = {
        name: [*there.get(name, []), *(one for one in values if one not in there.get(name, []))]
        for name, values in wanted.items()
    }
    return {**there, **added}
