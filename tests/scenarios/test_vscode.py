"""`konbini steps --vscode`: the Cucumber extension of VS Code is given all sentences, and loses no setting of its user's.

Whether it understands them is asked of its own language service, from npm, in the long runs (KONBINI_LONG=1)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scenarios import paths
from scenarios.command.usage import WrongUse
from scenarios.command.vscode import GLUE, SNIPPETS, glue_of, snippets_of, write_settings
from scenarios.feature_check import feature_files
from scenarios.steps.sentences import load
from tests.command_line import konbini
from tests.long import LONG

SERVICE = "@cucumber/language-service@1.7.0"
SENTENCES = load()


def test_every_sentence_stands_in_the_glue_with_types_that_are_defined_before() -> None:
    head, _, calls = glue_of(SENTENCES).partition("\n\nGiven(")
    types = dict(re.findall(r"defineParameterType\(\{ name: '([^']+)', regexp: /(.*)/ \}\)", head))
    assert len(types) == len({slot.name for sentence in SENTENCES for _, slot in sentence.slots})
    expressions = re.findall(r"(?:^|Given|When|Then)\(?'(.*)', \(\) => \{\}\)", calls, re.MULTILINE)
    assert len(expressions) == len({(sentence.kind, sentence.pattern) for sentence in SENTENCES})
    assert {name for one in expressions for name in re.findall(r"\{([^{}]+)\}", one)} == set(types)
    # as a Cucumber Expression is read: a type's own pattern in its place, everything else as it stands
    for one, sentence in zip(expressions, SENTENCES, strict=False):
        parts = re.split(r"\{([^{}]+)\}", one)
        read = "".join(f"(?:{types[part]})" if n % 2 else re.escape(part) for n, part in enumerate(parts))
        assert re.fullmatch(read, sentence.example), (one, sentence.example)


def test_every_sentence_is_completed_with_the_words_of_its_slots() -> None:
    """A snippet of which nothing is changed is the sentence's example."""
    snippets = snippets_of(SENTENCES)
    assert len(snippets) == len(SENTENCES)
    for sentence, snippet in zip(SENTENCES, snippets.values(), strict=True):
        first = re.sub(r"\$\{\d+\|((?:\\.|[^,|\\])*)[^|]*\|\}", r"\1", snippet["body"])
        assert re.sub(r"\$\{\d+:([^}]*)\}", r"\1", first).replace("\\", "") == sentence.example
        assert "{" not in snippet["prefix"] and snippet["scope"] == "cucumber"
    laid = snippets["もし　「カードの名前」を置く"]["body"]
    assert (
        laid.startswith("「${1|六甲翠のカード,") and "港太一のカード" in laid and laid.endswith("|}」を置く")
    )


def test_settings_that_are_there_are_kept_and_named_files_are_written_anew(tmp_path: Path) -> None:
    place = tmp_path / ".vscode"
    place.mkdir()
    mine = {"editor.tabSize": 3, "cucumber.glue": ["mine/**/*.ts"], "cucumber.features": ["*.feature"]}
    (place / "settings.json").write_text(json.dumps(mine), encoding="utf-8")
    for _ in range(2):
        told = konbini("steps", "--vscode", cwd=tmp_path)
        assert told.code == 0 and "cucumberopen.cucumber-official" in told.out
        there = json.loads((place / "settings.json").read_text(encoding="utf-8"))
        assert there["editor.tabSize"] == 3 and there["cucumber.glue"] == ["mine/**/*.ts", GLUE]
        assert there["cucumber.features"][0] == "*.feature" and len(set(there["cucumber.features"])) == 3
    assert (tmp_path / GLUE).is_file() and (tmp_path / SNIPPETS).is_file()


@pytest.mark.parametrize("text", ['{\n  // mine\n  "a": 1,\n}', '{"cucumber.glue": "mine.ts"}', "[]"])
def test_settings_that_only_a_person_can_change_stay_as_they_are(text: str, tmp_path: Path) -> None:
    file = tmp_path / ".vscode" / "settings.json"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match="手で加えてから.*cucumber.glue"):
        write_settings(tmp_path, SENTENCES)
    assert file.read_text(encoding="utf-8") == text and not (tmp_path / GLUE).exists()


def test_settings_with_comments_to_which_a_person_has_added_what_was_told_are_no_obstacle(
    tmp_path: Path,
) -> None:
    file = tmp_path / ".vscode" / "settings.json"
    file.parent.mkdir()
    file.write_text('{\n  // mine\n  "a": 1,\n}', encoding="utf-8")
    with pytest.raises(WrongUse) as refused:
        write_settings(tmp_path, SENTENCES)
    told = str(refused.value).partition("実行してください。")[2].replace("　", ",\n")
    by_hand = f'{{\n  // mine\n  "a": 1,\n{told},\n}}'
    file.write_text(by_hand, encoding="utf-8")
    write_settings(tmp_path, SENTENCES)
    assert file.read_text(encoding="utf-8") == by_hand
    assert (tmp_path / GLUE).exists() and (tmp_path / SNIPPETS).exists()


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / ".vscode" / "settings.json"
    file.parent.mkdir()
    file.write_text('{"a": 1}', encoding="utf-8-sig")
    write_settings(tmp_path, SENTENCES)
    assert json.loads(file.read_text(encoding="utf-8"))["a"] == 1


@pytest.mark.skipif(not LONG, reason="KONBINI_LONG=1 asks the language service itself, from npm")
def test_the_language_service_itself_knows_every_sentence_of_the_shipped_features(tmp_path: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")
    place = paths.home() / "language-service"
    place.mkdir(exist_ok=True)
    if not (place / "node_modules").is_dir():
        install = [npm, "install", "--silent", "--ignore-scripts", "--prefix", str(place), SERVICE]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
    write_settings(tmp_path, SENTENCES)
    features = [str(file) for file in feature_files([paths.FEATURES])]
    script = Path(__file__).with_name("language_service.mjs")
    service = place / "node_modules" / "@cucumber" / "language-service"
    command = [node, str(script), str(service), str(tmp_path / GLUE), *features]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    told = json.loads(done.stdout)
    assert told["errors"] == [] and told["problems"] == []
    assert told["sentences"] == len({(one.kind, one.pattern) for one in SENTENCES})
    assert told["undefined"] == 1, "a sentence that is none is underlined"
    assert told["coloured"] > 100
