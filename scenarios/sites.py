"""Where the issuing servers of a stage stand: municipalities of the same form and site share one, every other site has one of its own.

Each site has its own ledger, its own keys, and its own ICカード標準システム if one of its towns uses 条例利用 (that it stands beside the
issuing server is our reading: the issuing server holds what is needed of cards and PINs; 足利市's list of costs names it in the same lot).
Where all towns of a stage are of one site, files and keys have no municipality in their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server_stub.municipalities.hosting import HostingForm
from server_stub.settings_file import settings_wrong

from .towns import Town, codes

LEDGER, CARD_REGISTRY, REGISTRATION = "ledger", "card_registry", "registration"
"""The databases of a site, without the municipality in their names."""
SITE = "site"
"""The status site of 利用登録: one a stage, whatever the sites."""


@dataclass(frozen=True, slots=True)
class Site:
    """One place with an issuing server. `only`: it is the only one of its stage."""

    form: HostingForm
    name: str
    towns: tuple[Town, ...]
    only: bool

    @property
    def codes(self) -> tuple[str, ...]:
        return codes(self.towns)

    @property
    def by_ordinance(self) -> tuple[Town, ...]:
        """List the towns whose ICカード標準システム stands here."""
        return by_ordinance(self.towns)

    @property
    def registering(self) -> tuple[Town, ...]:
        """List the towns whose applications for 利用登録 are kept here."""
        return with_registration(self.towns)

    def named(self, what: str) -> str:
        """Name a database or a key of this site: `ledger`, or `ledger-28100` by its first municipality where there are other sites."""
        return what if self.only else f"{what}-{self.towns[0].code}"

    @property
    def databases(self) -> tuple[str, ...]:
        """Name the databases that belong to the servers here, without the replicas."""
        return (
            self.named(LEDGER),
            *([self.named(CARD_REGISTRY)] if self.by_ordinance else []),
            *([self.named(REGISTRATION)] if self.registering else []),
        )


def sites_of(towns: Sequence[Town]) -> tuple[Site, ...]:
    """Group the towns by where their issuing server stands, in the order of the towns. A city hall is its own site.

    Raises Failed(Settings_Wrong) for two towns that say two things of one data centre."""
    found: dict[tuple[HostingForm, str], list[Town]] = {}
    for town in towns:
        terms = town.municipality.hosting
        own = terms.form is HostingForm.OWN_HALL
        found.setdefault((terms.form, town.code if own else terms.site), []).append(town)
    for here in found.values():
        said = [(one.generator_seconds, one.fuel_hours) for one in (t.municipality.hosting for t in here)]
        if len(set(said)) > 1:
            raise settings_wrong(
                "--town",
                "hosting",
                f"「{here[0].municipality.hosting.site}」を共同で使うほかの市区町村と同じ自家発電の内容",
            )
    return tuple(
        Site(
            form,
            f"{here[0].name}の庁舎" if form is HostingForm.OWN_HALL else name,
            tuple(here),
            len(found) == 1,
        )
        for (form, name), here in found.items()
    )


def site_of(towns: Sequence[Town], code: str) -> Site:
    """Find the site of the municipality `code`. Raises LookupError."""
    for site in sites_of(towns):
        if code in site.codes:
            return site
    raise LookupError(code)


def by_ordinance(towns: Iterable[Town]) -> tuple[Town, ...]:
    """List the towns that use their 住民基本台帳カード, now or on another day."""
    return tuple(
        town
        for town in towns
        if any(
            one.authentication.ordinance is not None
            for one in (town.municipality, *(state for _, state in town.municipality.states.since))
        )
    )


def with_registration(towns: Iterable[Town]) -> tuple[Town, ...]:
    """List the towns that take applications for 利用登録, now or on another day."""
    return tuple(
        town
        for town in towns
        if any(one.registration is not None for one in (town.municipality, *town.municipality.every_state))
    )
