"""Let usable registrations join in where the replica is read: as links and issue notices that no delivery brought.

A registered holder is known here by the serial number of the authentication certificate (シリアル番号連携), `serial:HEX` in the place
of CODE:宛名番号 that a delivery would have. Everything behind it (who is linked with the same member, whose paper it is) goes by the
rules for delivered links. Where a delivery names the same certificate, the delivery counts and the registration does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from server_stub.certificates.domicile import FAMILY_LINK, REGISTERED, FamilyLink
from server_stub.interface.registration import RegistrationState
from server_stub.registry.records import IssueNotice, Record
from server_stub.registry.replica import ReplicaReader

from .store import Application, Store

SEX = {"1": "male", "2": "female"}


class RegisteredLinks:
    """The registrations of one municipality, asked as the reader asks (`registry.replica.Also`).

    `holder_ref`: the certificate that was shown; `earlier`: the same person's others, whose registration counts for it too (none
    where a new certificate needs a new application).
    """

    def __init__(
        self,
        store: Store,
        municipality: str,
        reader: ReplicaReader,
        holder_ref: str,
        earlier: Collection[str] = (),
    ) -> None:
        self._store, self._municipality, self._reader = store, municipality, reader
        self._holder_ref, self._earlier = holder_ref, tuple(earlier)

    def key_of(self, holder_ref: str) -> str | None:
        found = self._usable([holder_ref])
        if not found and holder_ref == self._holder_ref:
            found = self._usable(self._earlier)
        return REGISTERED + found[0].serial if found else None

    def records(self, register: str, *, person: str | None, group: str | None) -> Iterator[Record]:
        """The links with the family register `group`, or of `person`; one of the two is told."""
        if register != FAMILY_LINK:
            return
        if group is not None:
            found = self._store.linked(self._municipality, group)
        else:
            found = self._of_person(person or "")
        for one in found:
            key = REGISTERED + one.serial
            if person in (None, key) and one.register is not None and not self._delivered(one):
                body = FamilyLink(member=str(one.member), sex=SEX.get(one.certified.sex, "unknown"))
                yield Record(FAMILY_LINK, key, key, one.register, body.model_dump())

    def notices_of(self, person: str) -> Iterator[IssueNotice]:
        for one in self._of_person(person):
            shown = self._holder_ref if one.holder_ref in self._earlier else one.holder_ref
            yield IssueNotice(shown, "", int(one.serial, 16), person, one.home)

    def _usable(self, holders: Collection[str]) -> list[Application]:
        found = self._store.open_of(self._municipality, holders) if holders else []
        return [one for one in found if one.state is RegistrationState.USABLE]

    def _of_person(self, person: str) -> list[Application]:
        if not person.startswith(REGISTERED):
            return []
        return self._store.usable_of_serial(self._municipality, person.removeprefix(REGISTERED))

    def _delivered(self, one: Application) -> bool:
        return self._reader.delivered_key_of(one.holder_ref) is not None


def with_links(
    reader: ReplicaReader,
    store: Store,
    municipality: str,
    holder_ref: str,
    earlier: Collection[str] = (),
) -> None:
    """Let `reader` answer with the registrations of `municipality` as well."""
    reader.also(RegisteredLinks(store, municipality, reader, holder_ref, earlier))
