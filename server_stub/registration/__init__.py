"""住登外戸籍 利用登録: applications of people whose 本籍 is here and who live elsewhere, their examination, and the links made of them.

The room is a part of the issuing server of the 本籍地: `issuing/registration_door.py` puts HTTP round it, `issuing/service.py` reads
its links. It knows `interface/`, the municipality's settings and the records of the replica; it knows neither issuing nor centre.
It has a database of its own, apart from the ledger, because it keeps what people typed and what their certificates say.
"""

from .service import SERVICE, Registrations, RegistrationSettings, Town
from .store import prepare_database

__all__ = ["SERVICE", "RegistrationSettings", "Registrations", "Town", "prepare_database"]
