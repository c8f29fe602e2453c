"""Whatever one cell or one byte becomes: the delivery loads, or the place is named and nothing is applied."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_stub.db import sqlite_url
from server_stub.interface.failures import Failed
from server_stub.registry.importers.row_function import WHOLE_ROW
from server_stub.registry.replica import Replica
from tests.registry.helper import ENCODINGS, Delivery, read_cells, write_cells

FILES = sorted(ENCODINGS)
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMED = {"Delivery_Row_Broken", "Delivery_Header_Wrong"}


def _known(char: str) -> bool:
    try:
        char.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


# hypothesis cannot make characters of cp932 by itself
LETTERS = {
    "utf-8": st.characters(exclude_categories=["Cs"]),
    "cp932": st.sampled_from([chr(code) for code in range(0xFFFF) if _known(chr(code))]),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Delivery, str, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("corruption")
    delivery = Delivery(folder / "delivery")
    url = sqlite_url(folder / "replica.db")
    delivery.load(url)
    return delivery, url, {name: (delivery.folder / name).read_bytes() for name in FILES}


def load_or_name(delivery: Delivery, url: str, file: str) -> Failed | None:
    """Load; on a refusal the living generation must be the one before."""
    replica = Replica(url)
    with replica.open_generation() as reader:
        before = reader.generation
    try:
        delivery.load(url)
    except Failed as failed:
        assert failed.failure in NAMED
        with replica.open_generation() as reader:
            assert reader.generation == before
        return failed
    finally:
        replica.close()
    return None


@QUICK
@given(data=st.data())
def test_a_corrupted_cell_loads_or_is_named(
    loaded: tuple[Delivery, str, dict[str, bytes]], data: st.DataObject
) -> None:
    delivery, url, originals = loaded
    file = data.draw(st.sampled_from(FILES))
    path = delivery.folder / file
    rows = read_cells(path)
    line = data.draw(st.integers(2, len(rows)))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    codec = ENCODINGS[file].removesuffix("-sig")
    others = st.sampled_from(rows).map(lambda row: row[column])
    rows[line - 1][column] = data.draw(
        st.one_of(st.text(LETTERS[codec], max_size=12), st.text("0123456789", max_size=12), others)
    )
    header = rows[0]
    try:
        write_cells(path, rows)
        failed = load_or_name(delivery, url, file)
    finally:
        path.write_bytes(originals[file])
    if failed is None:
        return
    # a row of one person is that person's matter alone, unless it takes the number away that others refer to
    assert file not in ("住民記録.csv", "印鑑登録.csv") or header[column] == "宛名番号"
    assert failed.failure == "Delivery_Row_Broken"
    if failed.facts["file"] == file:
        assert failed.facts["column"] in header
        assert 2 <= failed.facts["line"] <= len(rows) + 1
    else:
        # a key that others refer to: the reference is what does not fit any more
        assert (file, header[column]) in {("住民記録.csv", "宛名番号"), ("連携票.csv", "市区町村コード")}
    assert failed.facts["expected"]


@QUICK
@given(data=st.data())
def test_a_corrupted_byte_loads_or_is_named(
    loaded: tuple[Delivery, str, dict[str, bytes]], data: st.DataObject
) -> None:
    delivery, url, originals = loaded
    file = data.draw(st.sampled_from(FILES))
    content = bytearray(originals[file])
    where = data.draw(st.integers(0, len(content) - 1))
    content[where] = data.draw(st.integers(0, 255))
    try:
        (delivery.folder / file).write_bytes(bytes(content))
        failed = load_or_name(delivery, url, file)
    finally:
        (delivery.folder / file).write_bytes(originals[file])
    if failed is None:
        return
    if failed.failure == "Delivery_Header_Wrong":
        assert failed.facts["file"] == file
        return
    assert failed.facts["file"] in FILES
    header = read_cells(delivery.folder / failed.facts["file"])[0]
    assert failed.facts["column"] in {*header, WHOLE_ROW}
    assert failed.facts["line"] >= 2
