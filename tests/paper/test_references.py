"""Every paper that a shipped town offers looks as it was accepted: of each kind, in the form that the town has."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import server_stub.certificates.residence.front as residence_front
from scenarios import references
from scenarios.cli import app
from scenarios.command import reference_page
from scenarios.references import (
    BROKEN,
    CHANGED,
    HOW,
    MISSING,
    SAME,
    STALE,
    Finding,
    accept,
    delivered,
    findings,
    papers,
    pictures,
    wrong,
)
from scenarios.towns import REFERENCES, load_town, shipped_names, shipped_town
from server_stub.interface.failures import Failed
from server_stub.municipalities import Municipality

# one worker reads the towns
pytestmark = pytest.mark.xdist_group("references")
TOWN = "mihon"
KINDS = [
    (folder.name, code)
    for folder in shipped_names().values()
    for code in load_town(folder).municipality.services
]


@functools.cache
def of_town(name: str) -> tuple[Finding, ...]:
    return tuple(findings(load_town(shipped_town(name))))


def refuse(found: list[Finding]) -> None:
    if found:
        pytest.fail("\n".join([*map(wrong, found), HOW]), pytrace=False)


@pytest.mark.parametrize(("town", "kind"), KINDS)
def test_every_paper_looks_as_its_reference(town: str, kind: str) -> None:
    found = [one for one in of_town(town) if one.kind == kind]
    assert found, "no paper of this kind was made"
    refuse([one for one in found if one.state != SAME])


@pytest.mark.parametrize("town", [folder.name for folder in shipped_names().values()])
def test_every_reference_is_of_a_paper(town: str) -> None:
    refuse([one for one in of_town(town) if one.state == STALE])


# --- what would be noticed -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a town, whose papers look as accepted."""
    folder = tmp_path_factory.mktemp("accepted") / "copy"
    shutil.copytree(shipped_town(TOWN), folder)
    for one in findings(load_town(folder)):
        accept(one)
    return folder


@pytest.fixture
def copy(accepted: Path, tmp_path: Path) -> Path:
    """One to do with as one likes."""
    folder = tmp_path / accepted.name
    shutil.copytree(accepted, folder)
    return folder


def told_of(folder: Path) -> dict[str, set[str]]:
    """The names of what is not as accepted, by state."""
    told: dict[str, set[str]] = {}
    for one in findings(load_town(folder)):
        if one.state != SAME:
            told.setdefault(one.state, set()).add(one.name.partition("/")[2])
    return told


def changed_template(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: Callable[[dict[str, object]], None]
) -> None:
    """The residence's form, with another geometry."""
    folder = tmp_path / "template"
    shutil.copytree(
        residence_front.TEMPLATE.parent, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    for layout in residence_front.LAYOUTS:
        file = folder / f"{layout}.json"
        geometry = json.loads(file.read_text(encoding="utf-8"))
        change(geometry)
        file.write_text(json.dumps(geometry, ensure_ascii=False), encoding="utf-8")
    monkeypatch.setattr(residence_front, "TEMPLATE", folder / residence_front.TEMPLATE.name)


def move_the_first_label(geometry: dict[str, object]) -> None:
    """Half a millimetre to the right, by the line between label and value."""
    cell = geometry["head"]["rows"][0]["cells"][0]  # type: ignore[index]
    cell["label_width"] += 1
    cell["width"] -= 1


def rename_the_first_label(geometry: dict[str, object]) -> None:
    geometry["head"]["rows"][0]["cells"][0]["label"] = "往所"  # type: ignore[index]


@pytest.mark.parametrize("change", [move_the_first_label, rename_the_first_label])
def test_a_label_that_moved_or_reads_otherwise_is_found_on_every_sheet_that_has_it(
    copy: Path, change: Callable[[dict[str, object]], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sheets = {file.stem for file in (copy / REFERENCES).glob("residence-*.png")}
    changed_template(monkeypatch, tmp_path, change)
    assert told_of(copy) == {CHANGED: sheets}


def test_what_was_accepted_is_as_it_should_be(copy: Path) -> None:
    assert told_of(copy) == {}


def test_a_kind_without_pictures_is_told_with_the_way_to_accept_them(copy: Path) -> None:
    lost = {file.stem for file in (copy / REFERENCES).glob("seal_registration-*.png")}
    assert lost
    for name in lost:
        (copy / REFERENCES / f"{name}.png").unlink()
    assert told_of(copy) == {MISSING: lost}
    (missing, *_) = (one for one in findings(load_town(copy)) if one.state == MISSING)
    assert "参照の絵がない" in wrong(missing) and "印鑑証明書" in wrong(missing)
    assert "--accept" in HOW


def test_another_form_asks_for_pictures_of_its_own_and_makes_the_old_ones_stale(copy: Path) -> None:
    before = {file.stem for file in (copy / REFERENCES).glob("residence-individual-*.png")}
    settings = copy / "municipality.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace('form = "individual"', 'form = "household"'),
        encoding="utf-8",
    )
    told = told_of(copy)
    assert told.keys() == {MISSING, STALE} and told[STALE] == before
    assert all(name.startswith("residence-household-") for name in told[MISSING])


def test_a_form_that_comes_with_a_later_day_asks_for_pictures_too(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(municipality: Municipality, begin: date) -> list[tuple[date, Municipality]]:
        terms = municipality.services["residence"].model_copy(update={"form": "household"})
        later = replace(municipality, services={**municipality.services, "residence": terms})
        return [(references.DAY, municipality), (references.DAY + timedelta(days=30), later)]

    monkeypatch.setattr(references, "states", both)
    told = told_of(copy)
    assert told.keys() == {MISSING}
    assert all(name.startswith("residence-household-") for name in told[MISSING])


def test_a_picture_that_no_paper_has_and_one_that_is_none_are_told(copy: Path) -> None:
    (known, *_) = sorted((copy / REFERENCES).glob("*.png"))
    shutil.copy(known, known.with_name("old.png"))
    known.write_bytes(b"no picture")
    assert told_of(copy) == {STALE: {"old"}, MISSING: {known.stem}}


def test_a_kind_that_nobody_can_get_is_told_and_its_pictures_are_not_thrown_away(copy: Path) -> None:
    cards = copy / "cards.toml"
    text = cards.read_text(encoding="utf-8")
    with_seal = {
        key for key in re.findall(r'person = "(\d+)"', text) if "seal_registration" in kinds_of(copy, key)
    }
    assert with_seal
    kept = [one for one in text.split("[[card]]") if not any(f'"{key}"' in one for key in with_seal)]
    cards.write_text("[[card]]".join(kept), encoding="utf-8")
    told = told_of(copy)
    assert told[BROKEN] == {"seal_registration"}
    assert not any(name.startswith("seal_registration-") for name in told.get(STALE, ()))


def test_a_household_that_cannot_be_printed_gives_way_to_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "kobe"
    shutil.copytree(shipped_town("kobe"), folder)
    before = {
        one.name
        for one in findings(load_town(folder))
        if one.name.startswith("kobe/residence-")
        and "港美波" in one.about  # not what her family register says
    }
    assert before
    file = folder / "delivery" / "住民記録.csv"
    text = file.read_text(encoding="utf-8")
    assert text.count('"港　美波"') == 1
    # a variant that the register's font lacks
    file.write_text(text.replace('"港　美波"', '"葛\U000e0100　美波"'), encoding="utf-8", newline="")
    after = findings(load_town(folder))
    assert not any(one.state == BROKEN for one in after)
    named = {one.name for one in after if one.state == MISSING}
    assert named and not before & {one.name for one in after if one.state != STALE}


def kinds_of(folder: Path, person: str) -> set[str]:
    town = load_town(folder)
    with delivered(town) as (tenant, reader):
        return {
            kind.code
            for kind in town.municipality.kinds.values()
            if list(references._offers(tenant, reader, kind, [person], references.DAY))
        }


def test_further_holders_are_named_in_a_file_of_the_town(copy: Path) -> None:
    more = copy / REFERENCES / "more.toml"
    more.write_text('[more]\nresidence = ["1001", "1003"]\n', encoding="utf-8")
    assert told_of(copy) == {MISSING: {f"residence-individual-whole-1003-full-{k}" for k in (1, 2, 3)}}
    more.write_text('[more]\nno_such_kind = ["1001"]\n', encoding="utf-8")
    assert told_of(copy).keys() == {BROKEN}
    more.write_text('[more]\nresidence = ["9"]\n', encoding="utf-8")
    assert told_of(copy)[BROKEN] == {"residence"}


def test_the_number_of_nobody_is_to_be_seen() -> None:
    """Of a paper that shows them, every place of one is black."""
    town = load_town(shipped_town(TOWN))
    seen = 0
    with delivered(town) as (tenant, reader):
        for kind in town.municipality.kinds.values():
            for paper in papers(town, tenant, reader, kind):
                for page, picture in zip(paper.rendered.pages, pictures(paper.rendered), strict=True):
                    for box in page.secret_boxes:
                        edges = (box.x, box.y, box.x + box.width, box.y + box.height)
                        within = picture.convert("L").crop(
                            tuple(round(one / 25.4 * references.DPI) for one in edges)
                        )
                        assert within.getextrema() == (0, 0)
                        seen += 1
    assert seen, "no paper shows one"


# --- the page ------------------------------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, what was printed, and the page."""
    result = CliRunner().invoke(app, ["paper", "references", str(folder), *arguments])
    page = folder / "index.html"
    return result.exit_code, result.output, page.read_text(encoding="utf-8") if page.is_file() else ""


def test_the_page_shows_old_new_and_difference_and_what_was_accepted_is_as_it_should_be(
    copy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    changed_template(monkeypatch, tmp_path, move_the_first_label)
    review = tmp_path / "review"
    sheets = len(list((copy / REFERENCES).glob("residence-*.png")))
    code, out, page = run(review, "--town", str(copy))
    assert code == 1 and "参照の絵と違う" in out and f"--accept '名前' --town '{copy}'" in out
    assert page.count("<section>") == sheets and page.count("<img ") == 3 * sheets
    name = re.search(rf"references --accept '([^']+)' --town '{copy}'<", page)
    assert name is not None
    code, out, page = run(review, "--town", str(copy), "--accept", name[1])
    assert code == 1 and f"受け入れました: {name[1]}" in out and page.count("<section>") == 1
    code, out, page = run(review, "--town", str(copy), "--accept", "copy/*")
    assert code == 0 and page.count("受け入れた<") == sheets - 1
    code, out, page = run(review, "--town", str(copy))
    assert (code, page.count("<section>")) == (0, 0) and "違いなし" in page
    assert told_of(copy) == {}


def test_the_difference_is_red_where_the_papers_differ_and_nowhere_else() -> None:
    old = Image.new("RGB", (20, 10), "white")
    new = old.copy()
    new.putpixel((3, 4), (0, 0, 0))
    address, share = reference_page._difference(old, new)
    assert share == "1（0.50%）"
    with Image.open(io_of(address)) as picture:
        red = [
            (x, y)
            for x in range(20)
            for y in range(10)
            if picture.convert("RGB").getpixel((x, y)) == (200, 0, 40)
        ]
    assert red == [(3, 4)]


def io_of(address: str):  # type: ignore[no-untyped-def]
    import base64
    import io

    return io.BytesIO(base64.b64decode(address.partition(",")[2]))


def test_a_name_that_no_picture_has_is_told(copy: Path, tmp_path: Path) -> None:
    from scenarios.command.usage import WrongUse

    with pytest.raises(WrongUse, match="「no/such」に当たる紙面の絵はありません"):
        reference_page.review([str(copy)], ["no/such"], tmp_path)


def test_a_delivery_that_cannot_be_loaded_is_told_by_name(copy: Path) -> None:
    shutil.rmtree(copy / "delivery")
    with pytest.raises(Failed):
        findings(load_town(copy))
