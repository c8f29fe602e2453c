"""The shape of the certificates (docs/facts.md, "Certificate profile"), under names that are plainly a test's."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from server_stub.eras import era_of
from server_stub.interface.clock import JST
from server_stub.interface.letter_forms import is_selector

from . import der
from .settings import AuthoritySettings

POLICY_ARC = {"authentication": "8.5.1.3.30", "signature": "8.5.1.1.20"}
NAME_ARC = "8.5.5"
MAX_ADDRESS = 200
"""Characters of 住所 in a signature certificate."""


class Kind(StrEnum):
    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"


class Holder(Protocol):
    """For whom a certificate is. `person_key` is the register's key, `municipality` 5 digits, `sex` "1", "2" or "9"."""

    @property
    def person_key(self) -> str: ...
    @property
    def municipality(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def birth(self) -> date: ...
    @property
    def sex(self) -> str: ...
    @property
    def prefecture_romaji(self) -> str: ...
    @property
    def city_romaji(self) -> str: ...


def fifth_birthday(birth: date, issued: date) -> datetime:
    """The last second (JST) of the fifth birthday after the day of issue. 29 February counts as the 28th."""

    def birthday(year: int) -> date:
        try:
            return birth.replace(year=year)
        except ValueError:
            return date(year, 2, 28)

    first = issued.year if birthday(issued.year) > issued else issued.year + 1
    return datetime.combine(birthday(first + 4), time(23, 59, 59), JST)


def ca_name(settings: AuthoritySettings, kind: Kind) -> x509.Name:
    return _name(
        settings,
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _use(settings, kind)),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Simulator, test use only, no legal effect"),
    )


def ca_certificate(settings: AuthoritySettings, kind: Kind, key: RSAPrivateKey) -> x509.Certificate:
    """Self-signed. The same key and settings make the same bytes, in every process."""
    name = ca_name(settings, kind)
    return (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, serial_number=1)
        .public_key(key.public_key())
        .not_valid_before(settings.ca_not_before)
        .not_valid_after(settings.ca_not_after)
        .add_extension(_key_usage(certificate_signing=True), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_service(settings)]), critical=False)
        .add_extension(_distribution_point(name), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def leaf_certificate(
    settings: AuthoritySettings,
    kind: Kind,
    *,
    ca_key: RSAPrivateKey,
    public_key: RSAPublicKey,
    holder: Holder,
    issue_number: str,
    serial: int,
    not_before: datetime,
    not_after: datetime,
) -> x509.Certificate:
    signing = kind is Kind.SIGNATURE
    places = (holder.prefecture_romaji, holder.city_romaji) if signing else ()
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP")]
        + [x509.NameAttribute(NameOID.LOCALITY_NAME, place) for place in places]
        + [x509.NameAttribute(NameOID.COMMON_NAME, issue_number)]
    )
    policy = x509.PolicyInformation(
        x509.ObjectIdentifier(f"{settings.oid_arc}.{POLICY_ARC[kind]}"),
        [f"http://www.{settings.host}/cps.html"],
    )
    points = _name(
        settings,
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _use(settings, kind)),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "CRL Distribution Points"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, holder.prefecture_romaji),
        (NameOID.COMMON_NAME, f"{holder.city_romaji} CRLDP"),
    )
    responder = f"http://ocsp{'sign' if signing else 'auth'}norm.{settings.host}"
    builder = (
        x509.CertificateBuilder(
            issuer_name=ca_name(settings, kind), subject_name=subject, serial_number=serial
        )
        .public_key(public_key)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(_key_usage(content_commitment=signing, digital_signature=True), critical=True)
        .add_extension(x509.CertificatePolicies([policy]), critical=True)
        .add_extension(x509.IssuerAlternativeName([_service(settings)]), critical=False)
        .add_extension(_distribution_point(points), critical=False)
        .add_extension(
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(
                        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
                    )
                ]
            ),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    if signing:
        builder = builder.add_extension(_four_attributes(settings, holder), critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def substituted(text: str, substitute: str) -> tuple[str, str]:
    """`text` in the characters of JIS X 0208 and 0212, and one flag a character: "1" where it is not the original.

    A variation selector takes no place of its own: its character is kept in the plain form and flagged.
    """
    shown: list[str] = []
    flags: list[str] = []
    for character in text:
        if is_selector(character):
            flags[-1:] = ["1"] if flags else []
            continue
        try:
            character.encode("euc_jp")
            shown.append(character)
            flags.append("0")
        except UnicodeEncodeError:
            shown.append(substitute)
            flags.append("1")
    return "".join(shown), "".join(flags)


def birth_code(birth: date) -> str:
    """生年月日 as the certificate writes it: the era's digit, then the Gregorian date."""
    found = era_of(birth)
    return (found[0].digit if found else "0") + birth.strftime("%Y%m%d")


def _four_attributes(settings: AuthoritySettings, holder: Holder) -> x509.SubjectAlternativeName:
    name, name_flags = substituted(holder.name, settings.substitute)
    address, address_flags = substituted(holder.address, settings.substitute)
    # in the order in which published dumps show them
    values = (
        (1, name),
        (4, birth_code(holder.birth)),
        (3, str(holder.sex)),
        (5, address),
        (2, name_flags),
        (6, address_flags),
    )
    return x509.SubjectAlternativeName(
        x509.OtherName(
            x509.ObjectIdentifier(f"{settings.oid_arc}.{NAME_ARC}.{number}"),
            der.tlv(der.UTF8_STRING, value.encode()),
        )
        for number, value in values
    )


def _use(settings: AuthoritySettings, kind: Kind) -> str:
    use = "user authentication" if kind is Kind.AUTHENTICATION else "digital signature"
    return f"{settings.organisation} for {use}"


def _name(settings: AuthoritySettings, *attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    fixed = ((NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, settings.organisation))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in (*fixed, *attributes)])


def _service(settings: AuthoritySettings) -> x509.DirectoryName:
    return x509.DirectoryName(
        x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
                x509.NameAttribute(
                    NameOID.ORGANIZATION_NAME, f"公的個人認証の模擬（{settings.organisation}・試験用）"
                ),
            ]
        )
    )


def _distribution_point(name: x509.Name) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints([x509.DistributionPoint([x509.DirectoryName(name)], None, None, None)])


def _key_usage(
    *, digital_signature: bool = False, content_commitment: bool = False, certificate_signing: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificate_signing,
        crl_sign=certificate_signing,
        encipher_only=False,
        decipher_only=False,
    )


def validity(holder: Holder, now: datetime) -> tuple[datetime, datetime]:
    """From `now` (whole seconds) to the fifth birthday after it."""
    start = now.astimezone(JST).replace(microsecond=0)
    return start, fifth_birthday(holder.birth, start.date())
