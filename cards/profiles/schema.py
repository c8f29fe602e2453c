"""Define what a profile file may say. Unknown keys and impossible values are refused (the loader adds file and line)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cards.image import FileKind, KeyUse, PinAlphabet

SecretName = Literal[
    "authentication_pin",
    "signature_password",
    "text_pin",
    "juki_pin",
    "common_pin",
    "code_a",
    "code_b",
    "birth_code",
    "unknown",
]
DERIVED = frozenset({"code_a", "code_b", "birth_code", "unknown"})
"""Secrets that follow from the holder and the card, or that nobody knows."""
KeyName = Literal["authentication", "signature", "application", "session", "common"]
SHARED_KEYS: tuple[KeyName, ...] = ("session", "common")
"""Keys of which no source says that they are a person's own; the others stand in certificates and signed records."""
ContentName = Literal[
    "authentication_certificate",
    "authentication_ca_certificate",
    "signature_certificate",
    "signature_ca_certificate",
    "certificate_presence",
    "token_info",
    "my_number",
    "four_attributes",
    "four_attributes_long",
    "integrity_record",
    "text_basic_data",
    "session_key",
    "signed_key",
    "age_record",
    "card_face",
    "surface_basic_data",
    "my_number_image",
    "text_issuer_certificate",
    "surface_issuer_certificate",
    "card_recognition",
    "intermediate_key",
    "upper_certificate",
    "lower_certificate",
    "card_info",
    "key_reference",
    "issuer_number",
    "card_number",
    "municipality",
    "expiry",
    "ordinance_card",
    "contact_atr",
    "unknown",
]
KEYS_IN_CONTENTS: dict[str, KeyName] = {
    "session_key": "session",
    "signed_key": "application",
    "age_record": "application",
    "card_face": "application",
    "my_number_image": "application",
}
"""Contents in which the public half of a key of the card stands."""
Hex = Annotated[str, Field(pattern=r"^([0-9A-F]{2})*$")]
FileId = Annotated[str, Field(pattern=r"^[0-9A-F]{4}$")]
StatusWord = Literal["63C0", "6984"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BehaviourTable(_Table):
    """Say how the card answers; see cards.image.Behaviour."""

    mute: bool = False
    delay_ms: int = Field(0, ge=0, le=10_000)
    first_command_fails: bool = False
    blocked_query: StatusWord = "63C0"
    restores_counter: bool = True
    last_command_indicator: bool = False
    extended_length: bool = True
    reselect_keeps: bool = False
    wrong_length_counts: bool = True


class CertificateTable(_Table):
    """Say how a certificate on the card was made. Days count from the moment of personalisation; none: the authority's rule.

    `ca`: own, foreign (another name), impostor (the own name, another key). `made_as`: its kind.
    """

    key: KeyName
    made_as: Literal["authentication", "signature"]
    ca: Literal["own", "foreign", "impostor"] = "own"
    valid_from_days: int | None = None
    valid_to_days: int | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if None not in (self.valid_from_days, self.valid_to_days):
            assert self.valid_from_days is not None and self.valid_to_days is not None
            if self.valid_from_days >= self.valid_to_days:
                raise ValueError("valid_to_days must be later than valid_from_days")
        return self


class KeyTable(_Table):
    """Name a key pair of the card. RSA keys come from the key source; a `shared` one is the published test key of that name,
    the same on all cards (cards.contents.hierarchy)."""

    algorithm: Literal["rsa_2048", "ecdsa_p384"] = "rsa_2048"
    garbage: bool = False
    shared: bool = False


class FileTable(_Table):
    """Describe one EF. `read`: free, never, or the PIN files of which one must be verified.

    `content` by name or `hex`; then `length_error` is added to the DER length, `cut` bytes are kept, `filler` bytes of
    FF follow. PIN files: `secret`, `limit` (0: unlimited), `tries` (none: `limit`), lengths, `alphabet`.
    """

    kind: FileKind
    read: Literal["free", "never"] | list[FileId] = "free"
    personal: bool = False
    content: ContentName | None = None
    hex: Hex | None = None
    records: list[ContentName] = []
    length_error: int = 0
    cut: int | None = Field(None, ge=0)
    filler: int = Field(0, ge=0, le=4096)
    secret: SecretName | None = None
    limit: int = Field(0, ge=0, le=15)
    tries: int | None = Field(None, ge=0, le=15)
    minimum: int = Field(4, ge=1, le=16)
    maximum: int = Field(4, ge=1, le=16)
    alphabet: PinAlphabet = PinAlphabet.DIGITS
    key: KeyName | None = None
    use: KeyUse = KeyUse.SIGN

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        wanted = {
            FileKind.BINARY: (self.content is None) != (self.hex is None),
            FileKind.RECORDS: bool(self.records),
            FileKind.PIN: self.secret is not None,
            FileKind.KEY: self.key is not None,
            FileKind.INTERNAL: True,
        }
        if not wanted[self.kind]:
            raise ValueError(
                "binary needs content or hex, records needs records, pin needs secret, key needs key"
            )
        if self.tries is not None and self.tries > self.limit:
            raise ValueError(f"tries must be at most limit ({self.limit})")
        if self.minimum > self.maximum:
            raise ValueError("minimum must be at most maximum")
        return self


class ApplicationTable(_Table):
    aid: Annotated[Hex, Field(min_length=2, max_length=32)]
    files: dict[FileId, FileTable]


class CardTable(_Table):
    """Say the token label of EF 0006, the birthday (counted from issue) on which the card ends, the ATR of its contacts.

    `address_length`: the address in certificate and files is filled up to so many characters. `expires_on`: a day that is said
    outright (a 住基カード ends ten years after its issue, on no birthday). `edition`: of several cards that a person has had one
    after the other, which; each has a serial of its own. `former_name`, `reading`: the card shows a 旧氏 (in the name, of the
    signature certificate too), a 振り仮名: the holder's own, or this sample where none is known.
    """

    token_label: str = Field("JPKIAPICCTOKEN2", max_length=32)
    valid_years: int = Field(10, ge=1, le=20)
    address_length: int = Field(0, ge=0, le=200)
    contact_atr: Annotated[Hex, Field(min_length=4)] = "3BE000FF8131FE4514"
    expires_on: date | None = None
    edition: int = Field(1, ge=1, le=99)
    former_name: str = Field("", max_length=20)
    reading: str = Field("", max_length=60)


class AuthorityTable(_Table):
    """Say what whoever personalises tells the authority afterwards, since a card does not know it."""

    authentication: Literal["good", "revoked", "on_hold"] = "good"
    signature: Literal["good", "revoked", "on_hold"] = "good"


class Profile(_Table):
    """Describe one card, overlays applied. `secrets` are sample values; personalisation may be given others."""

    name: str
    purpose: str = Field(min_length=1)
    kind: Literal["plastic", "android", "iphone", "draft_2028", "juki", "other"]
    atr: Hex
    card: CardTable = CardTable()
    at_authority: AuthorityTable = AuthorityTable()
    behaviour: BehaviourTable = BehaviourTable()
    secrets: dict[SecretName, str] = {}
    keys: dict[KeyName, KeyTable] = {}
    certificates: dict[Literal["authentication", "signature"], CertificateTable] = {}
    data_objects: dict[FileId, ContentName] = {}
    applications: dict[
        Literal["jpki", "text", "surface", "juki", "common", "ordinance"], ApplicationTable
    ] = {}

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Self:
        for application, table in self.applications.items():
            for fid, file in table.files.items():
                where = f"applications.{application}.files.{fid}"
                if file.key is not None and file.key not in self.keys:
                    raise ValueError(f"{where}: keys.{file.key} is missing")
                if file.secret is not None and file.secret not in self.secrets and file.secret not in DERIVED:
                    raise ValueError(f"{where}: secrets.{file.secret} is missing")
                for content in (file.content, *file.records):
                    kind = (content or "").removesuffix("_certificate")
                    if kind in ("authentication", "signature") and kind not in self.certificates:
                        raise ValueError(f"{where}: certificates.{kind} is missing")
                for pin in file.read if isinstance(file.read, list) else []:
                    if pin not in table.files or table.files[pin].kind is not FileKind.PIN:
                        raise ValueError(f"{where}: read names {pin}, which is no PIN file")
        for name, key in self.keys.items():
            if key.shared and (name not in SHARED_KEYS or key.algorithm != "rsa_2048"):
                raise ValueError(f"keys.{name}: shared is for {', '.join(SHARED_KEYS)} (rsa_2048) only")
        for kind, certificate in self.certificates.items():
            if certificate.key not in self.keys:
                raise ValueError(f"certificates.{kind}: keys.{certificate.key} is missing")
            if certificate.ca == "own" and self.keys[certificate.key].algorithm != "rsa_2048":
                raise ValueError(f"certificates.{kind}: the own authority certifies rsa_2048 only")
        return self

    @model_validator(mode="after")
    def _has_the_keys_for_its_records(self) -> Self:
        for application, table in self.applications.items():
            for fid, file in table.files.items():
                wanted = KEYS_IN_CONTENTS.get(file.content or "")
                if wanted is None:
                    continue
                key = self.keys.get(wanted)
                if key is None or key.algorithm != "rsa_2048":
                    raise ValueError(
                        f"applications.{application}.files.{fid}: keys.{wanted} (rsa_2048) is missing"
                    )
        return self
