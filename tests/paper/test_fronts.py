from __future__ import annotations

from dataclasses import astuple, replace

import pytest
from PIL import ImageChops

from server_stub.certificates.residence.front import LAYOUTS
from server_stub.interface.failures import Failed
from server_stub.paper.typesetting import RenderedPage
from tests.paper import samples
from tests.paper.reading import Rect, images, picture, places_of, texts


def numbers(page: RenderedPage) -> tuple[int, ...]:
    """Which of the sample persons stand on it."""
    return tuple(int(key) for key in page.subjects)


def everything(person: samples.ResidencePerson) -> list[str]:
    number = person.my_number.reveal() if person.my_number else ""
    fields = [
        person.name, person.reading, person.former_surname, person.alias, person.birth, person.sex,
        person.relationship or "", person.resident_since, person.address_since, person.notified_on,
        person.previous_address, person.domicile or "", person.domicile_head or "", number,
    ]  # fmt: skip
    fields += [text or "" for text in astuple(person.foreign)] if person.foreign else []
    return ["".join(field.split()) for field in fields if field]


def test_a_family_of_six_fills_four_places_of_a_sheet_and_two_of_the_next() -> None:
    copy = samples.family()
    rendered = samples.render_residence([copy], samples.issuer(), "household")
    assert [(p.copy_number, p.k, p.n, numbers(p)) for p in rendered.pages] == [
        (1, 1, 2, (0, 1, 2, 3)),
        (1, 2, 2, (4, 5)),
    ]
    pages = texts(rendered.pdf)
    for page, described in zip(pages, rendered.pages, strict=True):
        for index, person in enumerate(copy.persons):
            if index in numbers(described):
                assert all(text in page for text in everything(person))
            else:
                assert "".join(person.birth.split()) not in page
        assert copy.issue_number in page
    for closing in (copy.attestation, copy.issued_on, "花子この印は黒色です"):
        assert [closing in page for page in pages] == [False, True], "only the last sheet is certified"
        assert "見本市長見本花子" in page and "見本" in page
        assert "試験用・証明書としての効力はありません" in page
    certified = [copy.attestation, copy.issued_on, "見本市長見本花子"]
    assert [[text in page for text in certified] for page in pages] == [[False] * 3, [True] * 3]
    assert [len(images(rendered.pdf, number)) for number in (0, 1)] == [0, 1]
    assert "次のページに続く" in pages[0] and "以下余白" not in pages[0] and "1／2" in pages[0]
    assert "以下余白" in pages[1] and "次のページに続く" not in pages[1] and "2／2" in pages[1]


def test_individual_layout_gives_every_person_a_sheet() -> None:
    copies = [replace(samples.family(), issue_number=f"100-{i}") for i in (1, 2)]
    rendered = samples.render_residence(copies, samples.issuer(), "individual")
    assert [(p.copy_number, p.k, p.n, numbers(p)) for p in rendered.pages] == [
        (copy, k, 6, (k - 1,)) for copy in (1, 2) for k in range(1, 7)
    ]
    for page, described in zip(texts(rendered.pdf), rendered.pages, strict=True):
        (index,) = numbers(described)
        copy = copies[described.copy_number - 1]
        assert all(text in page for text in everything(copy.persons[index]))
        assert copy.issue_number in page
        last = described.k == described.n
        assert [text in page for text in ("以下余白", copy.attestation, "見本市長見本花子")] == [last] * 3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_items_not_asked_for_read_omitted_and_items_without_content_stay_blank(layout: str) -> None:
    (asked,) = texts(samples.render_residence([samples.residence()], samples.issuer(), layout).pdf)
    (omitted,) = texts(
        samples.render_residence(
            [replace(samples.single(), head_of_household=None)], samples.issuer(), layout
        ).pdf
    )
    # besides 住民票コード, which no terminal prints: 世帯主, 続柄, 個人番号, 本籍 and 筆頭者
    assert asked.count("【省略】") == 1
    assert omitted.count("【省略】") == 6


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_foreign_resident_has_rows_of_their_own(layout: str) -> None:
    foreigner = samples.foreigner()
    (page,) = texts(samples.render_residence([samples.residence(foreigner)], samples.issuer(), layout).pdf)
    assert all(text in page for text in everything(foreigner))
    assert "本籍" not in page and "筆頭者" not in page


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_known_boxes_hold_the_numbers_and_no_other_place_does(layout: str) -> None:
    family = samples.family()
    persons = tuple(
        replace(person, my_number=person.my_number if i % 2 else None)
        for i, person in enumerate(family.persons)
    )
    rendered = samples.render_residence([replace(family, persons=persons)], samples.issuer(), layout)
    for number, described in enumerate(rendered.pages):
        printed = [persons[i].my_number for i in numbers(described) if persons[i].my_number]
        places = [
            place
            for secret in printed
            if secret
            for place in places_of(rendered.pdf, number, secret.reveal())
        ]
        assert len(places) == len(printed) == len(described.secret_boxes)
        for place, box in zip(places, described.secret_boxes, strict=True):
            assert box.x < place.left and place.right < box.x + box.width
            assert box.y < place.top and place.bottom < box.y + box.height


def changed_area(one: bytes, other: bytes) -> Rect | None:
    box = ImageChops.difference(picture(one, dpi=254), picture(other, dpi=254)).getbbox()
    return Rect(*(edge / 10 for edge in box)) if box else None


def test_a_variant_is_drawn_in_its_own_shape_and_reads_back_with_its_selector() -> None:
    plain, variant = (
        samples.render_residence(
            [samples.residence(samples.person(name=name))], samples.issuer(), "household"
        ).pdf
        for name in (samples.PLAIN_NAME, samples.IVS_NAME)
    )
    where = changed_area(plain, variant)
    (second_character,) = places_of(plain, 0, "邉")
    assert where is not None
    assert second_character.left - 1 < where.left and where.right < second_character.right + 1
    assert "".join(samples.IVS_NAME.split()) in texts(variant)[0]


def test_a_character_outside_the_basic_plane_reads_back() -> None:
    page = texts(
        samples.render_residence(
            [samples.residence(samples.person(name=samples.RARE_NAME))], samples.issuer(), "household"
        ).pdf
    )
    assert "𠮷田見本" in page[0]


def foreigner(**items: str | None) -> samples.ResidencePerson:
    known = samples.foreigner()
    assert known.foreign is not None
    return replace(known, foreign=replace(known.foreign, **items))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_the_font_lacks_is_refused_wherever_it_stands(layout: str) -> None:
    copies = [
        samples.residence(samples.person(name=samples.UNKNOWN_VARIANT)),
        samples.residence(address=samples.UNKNOWN_VARIANT),
        samples.residence(foreigner(status_of_residence=samples.UNKNOWN_VARIANT)),
    ]
    for copy in copies:
        with pytest.raises(Failed) as caught:
            samples.render_residence([copy], samples.issuer(), layout)
        assert (caught.value.failure, caught.value.facts) == (
            "Character_Not_Printable", {"characters": ["U+9089 U+E0103"]},
        )  # fmt: skip


def test_a_mayor_that_the_font_lacks_is_refused() -> None:
    with pytest.raises(Failed, match="Character_Not_Printable"):
        samples.render_seal([samples.seal()], samples.issuer(mayor=samples.UNKNOWN_VARIANT))


def test_a_long_name_is_set_smaller_and_stays_in_its_box() -> None:
    name = "見本" * 20
    rendered = samples.render_residence(
        [samples.residence(samples.person(name=name))], samples.issuer(), "household"
    )
    assert name in texts(rendered.pdf)[0]
    # the name's value: after number and label columns, below the reading
    lines = places_of(rendered.pdf, 0, "見本見本見本")
    assert lines and all(
        line.left > 45 and line.right < 119 and line.top > 55 and line.bottom < 65 for line in lines
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "見本" * 90}, "name"),
        ({"name": "MIHON" * 30}, "name"),
        ({"previous_address": "見本市" * 50}, "previous_address"),
        ({"reading": "ミホン" * 40}, "reading"),
        ({"relationship": "見" * 100_000}, "relationship"),
        ({"foreign": foreigner(status_of_residence="見本" * 40).foreign}, "status_of_residence"),
    ],
    ids=["name", "unbroken name", "address", "reading", "endless", "status"],
)
def test_what_does_not_fit_at_the_smallest_legible_size_is_refused_by_its_field(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Failed) as caught:
        samples.render_residence(
            [samples.residence(samples.person(**changes))], samples.issuer(), "household"
        )
    assert (caught.value.failure, caught.value.facts) == ("Text_Too_Long", {"field": field})


def test_text_is_never_read_as_markup() -> None:
    name = 'A"\\u{41}#panic() $x$ *b* \\" //'
    page = texts(
        samples.render_residence(
            [samples.residence(samples.person(name=name))], samples.issuer(), "individual"
        ).pdf
    )
    assert "".join(name.split()) in page[0]


def test_the_same_copies_give_the_same_bytes() -> None:
    one, other = (
        samples.render_residence([samples.family()], samples.issuer(), "household") for _ in range(2)
    )
    assert one == other


@pytest.mark.parametrize("layout", ["", "landscape"])
def test_an_unknown_layout_is_a_programming_error(layout: str) -> None:
    with pytest.raises(ValueError, match="layout"):
        samples.render_residence([samples.residence()], samples.issuer(), layout)


@pytest.mark.parametrize(("width", "height"), [(8.1, 8.1), (13.5, 18.0), (25.0, 25.0)])
def test_the_imprint_is_printed_at_exactly_its_registered_size(width: float, height: float) -> None:
    rendered = samples.render_seal([samples.seal(width_mm=width, height_mm=height)], samples.issuer())
    imprints = [
        place
        for place in images(rendered.pdf)
        if abs(place.right - place.left - width) < 0.01 and abs(place.bottom - place.top - height) < 0.01
    ]
    (place,) = imprints
    # within the cell for it
    assert place.left > 15 and place.right < 71 and place.top > 46 and place.bottom < 110


def test_an_imprint_larger_than_its_cell_is_refused() -> None:
    with pytest.raises(Failed) as caught:
        samples.render_seal([samples.seal(width_mm=80.0)], samples.issuer())
    assert (caught.value.failure, caught.value.facts) == ("Text_Too_Long", {"field": "imprint"})


def test_a_seal_certificate_says_what_was_registered() -> None:
    copy = samples.seal(
        former_surname="試験", alias="見本花子", katakana="ミホン", sex="女", number="1234567"
    )
    rendered = samples.render_seal([copy, replace(copy, issue_number="100-2")], samples.issuer())
    assert [(p.copy_number, p.k, p.n, p.secret_boxes) for p in rendered.pages] == [
        (1, 1, 1, ()),
        (2, 1, 1, ()),
    ]
    first, second = texts(rendered.pdf)
    for text in (
        copy.name,
        copy.former_surname,
        copy.alias,
        copy.katakana,
        copy.birth,
        copy.sex,
        copy.address,
        copy.number,
        copy.attestation,
    ):
        assert "".join(text.split()) in first
    assert copy.issue_number in first and "100-2" in second


ROWS = {
    "旧氏": "former_surname",
    "通称": "alias",
    "氏名の片仮名表記": "katakana",
    "性別": "sex",
    "印鑑登録番号": "number",
}


@pytest.mark.parametrize(("label", "field"), ROWS.items(), ids=ROWS.values())
def test_a_row_stands_on_a_seal_certificate_only_with_something_in_it(label: str, field: str) -> None:
    (without,) = texts(samples.render_seal([samples.seal()], samples.issuer()).pdf)
    (with_it,) = texts(samples.render_seal([samples.seal(**{field: "見本"})], samples.issuer()).pdf)
    assert label not in without and label in with_it
    assert [other for other in ROWS if other in with_it] == [label]


def test_the_official_seal_begins_where_the_mayors_name_ends_and_leaves_it_legible() -> None:
    rendered = samples.render_residence([samples.residence()], samples.issuer(mayor="見本　華"), "household")
    (last_character,) = places_of(rendered.pdf, 0, "華")
    (seal,) = images(rendered.pdf)
    assert last_character.left < seal.left < last_character.right + 0.5
    assert last_character.right - seal.left < 0.25 * (last_character.right - last_character.left)
    assert seal.top < last_character.top and last_character.bottom < seal.bottom
    (note,) = places_of(rendered.pdf, 0, "この印は黒色です")
    assert seal.bottom < note.top < seal.bottom + 2 and seal.left < note.left < note.right < seal.right
    coloured = replace(samples.issuer(), black_seal=False)
    assert not places_of(
        samples.render_residence([samples.residence()], coloured, "household").pdf, 0, "この印は黒色です"
    )


@pytest.mark.parametrize(
    "broken", [b"", b"no picture", samples.imprint()[:200]], ids=["empty", "text", "cut off"]
)
def test_a_broken_picture_is_refused_by_its_field(broken: bytes) -> None:
    with pytest.raises(Failed) as caught:
        samples.render_seal([samples.seal(imprint_png=broken)], samples.issuer())
    assert (caught.value.failure, caught.value.facts) == ("Picture_Unreadable", {"field": "imprint"})
    with pytest.raises(Failed) as caught:
        samples.render_seal([samples.seal()], replace(samples.issuer(), seal_png=broken))
    assert (caught.value.failure, caught.value.facts) == ("Picture_Unreadable", {"field": "seal_png"})


@pytest.mark.parametrize(
    ("municipality", "title", "office"),
    [("神戸市", "市長", "神戸市長"), ("見本町", "町長", "見本町長"), ("神戸市", "神戸市長", "神戸市長")],
)
def test_municipality_and_title_make_one_office(municipality: str, title: str, office: str) -> None:
    issuer = replace(samples.issuer(), municipality=municipality, title=title)
    (page,) = texts(samples.render_residence([samples.residence()], issuer, "household").pdf)
    assert office + "見本花子" in page


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_a_sheet_shows_is_read_off_it(layout: str) -> None:
    everything, nothing = samples.person(0), samples.single().persons[0]
    (shown,) = samples.render_residence([samples.residence(everything)], samples.issuer(), layout).pages
    assert shown.answers == {"relationship": "yes", "domicile": "yes", "my_number": "yes"}
    omitted = replace(samples.single(), head_of_household=None)
    (left_out,) = samples.render_residence([omitted], samples.issuer(), layout).pages
    assert left_out.answers == {"relationship": "no", "domicile": "no", "my_number": "no"}
    half = samples.residence(replace(everything, relationship=None, domicile_head=None))
    (mixed,) = samples.render_residence([half], samples.issuer(), layout).pages
    assert mixed.answers == {"relationship": "partly", "domicile": "partly", "my_number": "yes"}
    (foreign,) = samples.render_residence(
        [samples.residence(samples.foreigner())], samples.issuer(), layout
    ).pages
    assert "domicile" not in foreign.answers
    assert nothing.my_number is None
