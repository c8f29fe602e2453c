"""What each municipality has decided: fees, hours, questions, wording, seal. Data in one folder a municipality, not code.

`load_index` tells the centre whom a resident can name and whom it may route to; `load_municipality` tells the issuing
server everything about one tenant. Both check what they read and refuse a wrong setting by name. The folders are a town's
(the sample towns lie with the scenarios); here are only the names of those who do not participate.
"""

from server_stub.certificates.terms import ClosedSpan

from .changes import Change
from .loading import (
    FILE_NAME,
    FORMATS,
    NO_ADDITIONS,
    Additions,
    load_index,
    load_municipality,
    municipality_problems,
)
from .registration import RegistrationTerms
from .settings import (
    AuthenticationTerms,
    DeliveryTerms,
    HolderTerms,
    Municipality,
    MunicipalityEntry,
    OrdinanceTerms,
)

__all__ = [
    "FILE_NAME",
    "FORMATS",
    "NO_ADDITIONS",
    "Additions",
    "AuthenticationTerms",
    "Change",
    "ClosedSpan",
    "DeliveryTerms",
    "HolderTerms",
    "Municipality",
    "MunicipalityEntry",
    "OrdinanceTerms",
    "RegistrationTerms",
    "load_index",
    "load_municipality",
    "municipality_problems",
]
