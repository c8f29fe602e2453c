"""Make a card image from a profile and a holder: keys, certificates of the authority, files, PINs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from secrets import randbelow
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from cards.contents.common import certificate_presence, with_length_error
from cards.contents.facts import Holder
from cards.contents.hierarchy import shared_key

from .contents import CONTENTS, CardFacts
from .contents.facts import (
    birth_code,
    birthday,
    digits,
    is_sample_my_number,
    sample_my_number,
    with_former_name,
)
from .errors import CardError
from .foreign import ForeignAuthority
from .image import (
    FREE,
    NEVER,
    Application,
    Behaviour,
    CardImage,
    ElementaryFile,
    FileKind,
    Key,
    Pin,
    PrivateKey,
)
from .profiles.schema import CertificateTable, FileTable, KeyTable, Profile, SecretName
from .trace import Revealable

_JST = timezone(timedelta(hours=9))

__all__ = ["CardAuthority", "Holder", "personalise"]


class CardAuthority(Protocol):
    """Issue certificates for cards. The methods answer DER; without dates its own rules of validity hold."""

    def issue_authentication(
        self,
        public_key: RSAPublicKey,
        holder: Holder,
        *,
        now: datetime,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bytes: ...

    def issue_signature(
        self,
        public_key: RSAPublicKey,
        holder: Holder,
        *,
        now: datetime,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bytes: ...

    def authentication_ca_certificate(self) -> bytes: ...
    def signature_ca_certificate(self) -> bytes: ...


KeySource = Callable[[], RSAPrivateKey]


def personalise(
    profile: Profile,
    holder: Holder,
    authority: CardAuthority,
    key_source: KeySource,
    now: datetime,
    *,
    secrets: Mapping[str, Revealable] | None = None,
    my_number: Revealable | None = None,
    aids: Mapping[str, bytes] | None = None,
) -> CardImage:
    """Make a card of `holder` as `profile` says, at the moment `now` (aware).

    `secrets` by name (authentication_pin, signature_password …) take the place of the profile's sample values;
    `my_number` is a sample number (wrong check digit), else one is made up. `aids`: of applications that each municipality has
    under an identifier of its own (ordinance), in the place of the profile's.
    Raises CardError(Settings_Wrong) if a secret, the number or a modifier of the profile cannot be.
    """
    number = sample_my_number(holder.person_key) if my_number is None else my_number.reveal()
    if not is_sample_my_number(number):
        raise CardError(
            "Settings_Wrong", key="my_number", expected="検査用数字が誤りの見本の個人番号（12桁）"
        )
    card = profile.card
    # what a card of this profile has of the holder; a sample where the holder has none
    former = card.former_name and (holder.former_name or card.former_name)
    holder = replace(
        holder,
        name=with_former_name(holder.name, former) if former else holder.name,
        address=holder.address.ljust(card.address_length, "見"),
        reading=card.reading and (holder.reading or card.reading),
    )
    return _Personaliser(
        profile, holder, authority, key_source, now, dict(secrets or {}), number, aids or {}
    ).image()


@dataclass
class _Personaliser:
    profile: Profile
    holder: Holder
    authority: CardAuthority
    key_source: KeySource
    now: datetime
    secrets: dict[str, Revealable]
    my_number: str = field(repr=False)
    aids: Mapping[str, bytes] = field(default_factory=dict)
    _keys: dict[str, PrivateKey] = field(default_factory=dict)
    _certificates: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    _facts: CardFacts = field(init=False)

    def image(self) -> CardImage:
        for name, spec in self.profile.keys.items():
            self._keys[name] = self._new_key(name, spec)
        self._facts = self._known()
        for kind, certificate in self.profile.certificates.items():
            self._certificates[kind] = self._certificate(certificate)
        behaviour = self.profile.behaviour.model_dump()
        behaviour["blocked_query"] = int(behaviour["blocked_query"], 16)
        return CardImage(
            self.profile.name,
            self.profile.kind,
            bytes.fromhex(self.profile.atr),
            Behaviour(**behaviour),
            {int(tag, 16): self._content(name) for tag, name in self.profile.data_objects.items()},
            [
                Application(
                    name,
                    self.aids.get(name) or bytes.fromhex(spec.aid),
                    {int(fid, 16): self._file(name, fid, file) for fid, file in spec.files.items()},
                )
                for name, spec in self.profile.applications.items()
            ],
        )

    def _new_key(self, name: str, spec: KeyTable) -> PrivateKey:
        if spec.shared:
            return shared_key(name)
        if spec.algorithm == "rsa_2048":
            return self.key_source()
        return ec.generate_private_key(ec.SECP384R1())

    def _known(self) -> CardFacts:
        application, session = self._keys.get("application"), self._keys.get("session")
        person, card = self.holder.person_key, self.profile.card
        issued = self.now.astimezone(_JST).date()
        return CardFacts(
            self.holder,
            card.expires_on or birthday(self.holder.birth, card.valid_years, issued),
            digits(person, "serial" if card.edition == 1 else f"serial {card.edition}", 15),
            digits(person, "security code", 4),
            self.my_number,
            self.profile.card.token_label,
            bytes.fromhex(self.profile.card.contact_atr),
            application if isinstance(application, RSAPrivateKey) else None,
            session if isinstance(session, RSAPrivateKey) else None,
        )

    def _certificate(self, spec: CertificateTable) -> tuple[bytes, bytes]:
        """Return the certificate and that of its CA."""
        authority: CardAuthority = self.authority
        key = self._keys[spec.key].public_key()
        if spec.ca != "own":
            own = (authority.authentication_ca_certificate(), authority.signature_ca_certificate())
            authority = ForeignAuthority(
                self.key_source, now=self.now, names=own if spec.ca == "impostor" else None
            )
        issue, ca = {
            "authentication": (authority.issue_authentication, authority.authentication_ca_certificate),
            "signature": (authority.issue_signature, authority.signature_ca_certificate),
        }[spec.made_as]
        der = issue(
            key,  # type: ignore[arg-type]  # an EC key goes to the foreign authority only
            self.holder,
            now=self.now,
            not_before=self._day(spec.valid_from_days),
            not_after=self._day(spec.valid_to_days),
        )
        return der, ca()

    def _day(self, days: int | None) -> datetime | None:
        return None if days is None else self.now + timedelta(days=days)

    def _file(self, application: str, fid: str, spec: FileTable) -> ElementaryFile:
        return ElementaryFile(
            int(fid, 16),
            spec.kind,
            self._bytes(application, fid, spec) if spec.kind is FileKind.BINARY else b"",
            tuple(self._content(name) for name in spec.records),
            _opened_by(spec),
            self._pin(application, fid, spec) if spec.kind is FileKind.PIN else None,
            self._key(spec) if spec.kind is FileKind.KEY else None,
            spec.personal,
        )

    def _bytes(self, application: str, fid: str, spec: FileTable) -> bytes:
        data = bytes.fromhex(spec.hex) if spec.hex is not None else self._content(spec.content or "")
        try:
            if spec.length_error:
                data = with_length_error(data, spec.length_error)
        except (ValueError, OverflowError) as error:
            raise self._wrong(f"applications.{application}.files.{fid}.length_error", str(error)) from error
        return data[: spec.cut] + b"\xff" * spec.filler

    def _content(self, name: str) -> bytes:
        if name.endswith("_ca_certificate"):
            return self._ca_certificate(name.split("_")[0])
        if name in ("authentication_certificate", "signature_certificate"):
            return self._certificates[name.split("_")[0]][0]
        if name == "certificate_presence":
            jpki = self.profile.applications.get("jpki")
            files = {} if jpki is None else jpki.files
            return certificate_presence(signature="0001" in files, authentication="000A" in files)
        return CONTENTS[name](self._facts)

    def _ca_certificate(self, kind: str) -> bytes:
        if kind in self._certificates:
            return self._certificates[kind][1]
        if kind == "authentication":
            return self.authority.authentication_ca_certificate()
        return self.authority.signature_ca_certificate()

    def _pin(self, application: str, fid: str, spec: FileTable) -> Pin:
        assert spec.secret is not None
        name = spec.secret
        value = self._secret(name)
        pin = Pin(
            value,
            spec.limit,
            spec.limit if spec.tries is None else spec.tries,
            spec.minimum,
            spec.maximum,
            spec.alphabet,
        )
        if not pin.accepts(value.encode()):
            raise self._wrong(
                f"applications.{application}.files.{fid}.secret",
                f"{name}: {spec.minimum}–{spec.maximum} 文字（{spec.alphabet.value}）",
            )
        return pin

    def _secret(self, name: SecretName) -> str:
        given = self.secrets.get(name)
        if given is not None:
            return given.reveal()
        match name:
            case "code_a":
                return self.my_number
            case "code_b":
                return self._facts.code_b
            case "birth_code":
                return birth_code(self.holder.birth)
            case "unknown":
                return f"{randbelow(10**16):016d}"
        return self.profile.secrets[name]

    def _key(self, spec: FileTable) -> Key:
        name = spec.key or "authentication"
        return Key(self._keys[name], spec.use, self.profile.keys[name].garbage)

    def _wrong(self, key: str, expected: str) -> CardError:
        return CardError("Settings_Wrong", file=f"{self.profile.name}.toml", key=key, expected=expected)


def _opened_by(spec: FileTable) -> frozenset[int] | None:
    if isinstance(spec.read, list):
        return frozenset(int(pin, 16) for pin in spec.read)
    return NEVER if spec.read == "never" else FREE
