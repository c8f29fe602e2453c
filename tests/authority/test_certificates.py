from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtensionOID, NameOID

from server_stub.authority import Authority, AuthoritySettings
from server_stub.authority.profile import birth_code, fifth_birthday, substituted
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.failures import Failed
from tests.authority.helper import SomeHolder, load


def test_the_authentication_certificate_has_the_published_shape(
    authority: Authority, card_key: RSAPublicKey
) -> None:
    leaf = load(authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START))
    extensions = leaf.extensions
    assert leaf.version is x509.Version.v3
    assert [a.oid for a in leaf.subject] == [NameOID.COUNTRY_NAME, NameOID.COMMON_NAME]
    issue_number = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    assert isinstance(issue_number, str) and len(issue_number) == 23 and issue_number[14:] == "28100001A"
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and not usage.value.content_commitment
    policies = extensions.get_extension_for_class(x509.CertificatePolicies)
    assert policies.critical
    assert policies.value[0].policy_identifier.dotted_string == "2.999.8.5.1.3.30"
    point = extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0].full_name
    assert point is not None and isinstance(point[0], x509.DirectoryName)
    assert point[0].value.rfc4514_string().startswith("CN=Kobe-shi CRLDP,OU=Hyogo-ken,")
    alternative = extensions.get_extension_for_class(x509.IssuerAlternativeName).value
    assert "試験用" in alternative.get_values_for_type(x509.DirectoryName)[0].rfc4514_string()
    with pytest.raises(x509.ExtensionNotFound):
        extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)


def test_the_authentication_certificate_says_nothing_of_the_person(
    authority: Authority, card_key: RSAPublicKey
) -> None:
    holder = SomeHolder(person_key="KEY-OF-THE-REGISTER")
    der = authority.issue_authentication(card_key, holder, now=STAGE_START)
    for told in (holder.name, holder.address, holder.person_key, "19900815"):
        assert told.encode() not in der


def test_the_signature_certificate_carries_the_four_attributes_in_the_published_order(
    authority: Authority, card_key: RSAPublicKey
) -> None:
    holder = SomeHolder(name="見本\u3000𠮷子", sex="2")
    leaf = load(authority.issue_signature(card_key, holder, now=STAGE_START))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    values = [(n.type_id.dotted_string, n.value[2:].decode()) for n in names if isinstance(n, x509.OtherName)]
    assert values == [
        ("2.999.8.5.5.1", "見本\u3000●子"),
        ("2.999.8.5.5.4", "419900815"),
        ("2.999.8.5.5.3", "2"),
        ("2.999.8.5.5.5", holder.address),
        ("2.999.8.5.5.2", "00010"),
        ("2.999.8.5.5.6", "0" * len(holder.address)),
    ]
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and usage.value.content_commitment
    places = [a.value for a in leaf.subject.get_attributes_for_oid(NameOID.LOCALITY_NAME)]
    assert places == ["Hyogo-ken", "Kobe-shi"]


def test_nothing_in_a_certificate_points_at_a_real_host_or_a_real_policy(
    authority: Authority, card_key: RSAPublicKey
) -> None:
    for der in (
        authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START),
        authority.issue_signature(card_key, SomeHolder(), now=STAGE_START),
        authority.authentication_ca_certificate(),
        authority.signature_ca_certificate(),
    ):
        assert b"jpki.go.jp" not in der
        assert bytes.fromhex("2a83088c9b55") not in der  # 1.2.392.200149
        organisation = load(der).issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
        assert organisation == "JPKI-SIM"


def test_the_authority_refuses_a_name_that_could_pass_for_the_real_one(
    settings: AuthoritySettings,
) -> None:
    for change in ({"organisation": "JPKI"}, {"host": "jpki.go.jp"}, {"oid_arc": "1.2.392.200149"}):
        with pytest.raises(ValueError):
            replace(settings, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("birth", "issued", "end"),
    [
        (date(1990, 8, 15), date(2026, 6, 3), date(2030, 8, 15)),
        (date(1990, 6, 3), date(2026, 6, 3), date(2031, 6, 3)),
        (date(1990, 6, 2), date(2026, 6, 3), date(2031, 6, 2)),
        (date(1990, 6, 4), date(2026, 6, 3), date(2030, 6, 4)),
        (date(1992, 2, 29), date(2026, 6, 3), date(2031, 2, 28)),
        (date(1992, 2, 29), date(2027, 6, 3), date(2032, 2, 29)),
    ],
)
def test_validity_ends_with_the_fifth_birthday_after_the_issue(birth: date, issued: date, end: date) -> None:
    assert fifth_birthday(birth, issued) == datetime(end.year, end.month, end.day, 23, 59, 59, tzinfo=JST)


def test_the_last_second_is_2359_59_in_japan(authority: Authority, card_key: RSAPublicKey) -> None:
    leaf = load(authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START))
    assert leaf.not_valid_after_utc == datetime(2030, 8, 15, 14, 59, 59, tzinfo=UTC)
    assert leaf.not_valid_before_utc == STAGE_START


def test_a_given_validity_is_taken_as_it_is(authority: Authority, card_key: RSAPublicKey) -> None:
    start, end = STAGE_START - timedelta(days=900), STAGE_START - timedelta(days=1)
    leaf = load(
        authority.issue_signature(card_key, SomeHolder(), now=STAGE_START, not_before=start, not_after=end)
    )
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (start, end)


@pytest.mark.parametrize(
    ("birth", "code"),
    [
        (date(1868, 1, 25), "118680125"),
        (date(1912, 7, 29), "119120729"),
        (date(1912, 7, 30), "219120730"),
        (date(1926, 12, 24), "219261224"),
        (date(1926, 12, 25), "319261225"),
        (date(1989, 1, 7), "319890107"),
        (date(1989, 1, 8), "419890108"),
        (date(2019, 4, 30), "420190430"),
        (date(2019, 5, 1), "520190501"),
    ],
)
def test_the_birth_date_names_the_era_and_keeps_the_gregorian_year(birth: date, code: str) -> None:
    assert birth_code(birth) == code


def test_a_variant_is_flagged_where_its_character_stands() -> None:
    assert substituted("辻\U000e0101本\u3000丂𠮷", "●") == ("辻本\u3000丂●", "10001")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("municipality", "2810"),
        ("municipality", "２８１００"),
        ("person_key", ""),
        ("sex", "F"),
        ("name", ""),
        ("address", "あ" * 201),
        ("city_romaji", "神戸市"),
    ],
)
def test_a_holder_without_a_proper_field_gets_no_certificate_and_the_field_is_named(
    authority: Authority, card_key: RSAPublicKey, field: str, value: str
) -> None:
    with pytest.raises(Failed) as failed:
        authority.issue_authentication(card_key, replace(SomeHolder(), **{field: value}), now=STAGE_START)
    assert failed.value.failure == "Request_Malformed"
    assert [told.split(":")[0] for told in failed.value.facts["fields"]] == [field]
    assert authority.of_person("P0001") == []


def test_both_processes_with_the_same_keys_have_the_same_ca(
    settings: AuthoritySettings, authority: Authority
) -> None:
    other = Authority(settings, Clock(STAGE_START + timedelta(days=1)))
    assert other.authentication_ca_certificate() == authority.authentication_ca_certificate()
    assert authority.authentication_ca_certificate() != authority.signature_ca_certificate()
    other.close()


def test_issue_numbers_and_serials_are_each_their_own(authority: Authority, card_key: RSAPublicKey) -> None:
    leaves = [load(authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START)) for _ in range(5)]
    assert len({leaf.serial_number for leaf in leaves}) == 5
    numbers = [str(leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value) for leaf in leaves]
    assert len(set(numbers)) == 5
    assert [number[-4:] for number in numbers] == ["001A", "002A", "003A", "004A", "005A"]
