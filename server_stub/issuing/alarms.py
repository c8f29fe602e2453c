"""What the issuing server raises an alarm about: an existing system that is silent, deliveries that do not come or are refused, and a
replica that is too old. It looks when the centre does (`POST /v1/look`), so that nobody needs to stand at a terminal for it."""

from __future__ import annotations

from server_stub.alarm_book import AlarmBook
from server_stub.interface.outages import AlarmCause, AlarmPage, AlarmQuery, Layer
from server_stub.node import NodeContext

from .existing_systems import ExistingSystem
from .ledger import Ledger
from .tables import alarms
from .tenants import Tenant, Tenants


class IssuingAlarms:
    """Safe from any thread. All of this comes from the city hall, so the alarm goes to whoever answers for that."""

    def __init__(self, ledger: Ledger, tenants: Tenants, context: NodeContext) -> None:
        self._tenants, self._clock = tenants, context.clock
        self._book = AlarmBook(alarms, ledger.read, ledger.write, context.clock, context.trace, "issuing")
        for tenant in tenants:
            if tenant.existing_system is not None:
                self._listen(tenant, tenant.existing_system)

    def _listen(self, tenant: Tenant, system: ExistingSystem) -> None:
        """Every answer that it gives or does not give to a visit tells as much as a look."""
        system.on_answer = lambda answered: self._note(
            tenant, AlarmCause.EXISTING_SYSTEM_SILENT, not answered
        )

    def list(self, query: AlarmQuery) -> AlarmPage:
        """List alarms; what can be told from the replicas is looked at before."""
        for tenant in self._tenants:
            self._look_at_replica(tenant)
        return self._book.list(query)

    def look(self) -> None:
        """Look at every municipality that is hosted here."""
        for tenant in self._tenants:
            self._look_at_replica(tenant)
            self._look_at_existing_system(tenant)

    def _look_at_existing_system(self, tenant: Tenant) -> None:
        """Within the hours at which it is to work; closed for the night it may be silent."""
        now = self._clock.now()
        municipality = tenant.municipality.on(now.date())
        terms, system = municipality.existing_system, tenant.existing_system
        if system is None or terms is None or not terms.open_at(now.time()):
            return
        if any(municipality.is_pdf_linked(kind) for kind in municipality.services):
            system.look()

    def _look_at_replica(self, tenant: Tenant) -> None:
        """Also while an official lets an old replica issue: nobody is to forget that no delivery comes."""
        made_at, refused = tenant.replica.last_delivery()
        terms = tenant.municipality.delivery
        age = None if made_at is None else self._clock.now() - made_at
        self._note(tenant, AlarmCause.DELIVERY_REFUSED, refused)
        self._note(tenant, AlarmCause.DELIVERY_LATE, age is not None and age > terms.late_after)
        self._note(tenant, AlarmCause.REPLICA_TOO_OLD, age is not None and age > terms.most_age)

    def _note(self, tenant: Tenant, cause: AlarmCause, wrong: bool) -> None:
        code = tenant.municipality.info.code
        if wrong:
            to = tenant.municipality.hosting.responsible(Layer.CITY_HALL)
            self._book.open(code, cause, Layer.CITY_HALL, to)
        else:
            self._book.close(code, cause)
