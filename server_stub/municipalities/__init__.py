"""What each municipality has decided: fees, hours, questions, wording, seal. Data in one folder a municipality, not code.

`load_index` tells the centre whom a resident can name and whom it may route to; `load_municipality` tells the issuing
server everything about one tenant. Both check what they read and refuse a wrong setting by name.
"""

from .settings import (
    ClosedSpan,
    DeliveryTerms,
    Municipality,
    MunicipalityEntry,
    load_index,
    load_municipality,
    shipped_folders,
)

__all__ = [
    "ClosedSpan",
    "DeliveryTerms",
    "Municipality",
    "MunicipalityEntry",
    "load_index",
    "load_municipality",
    "shipped_folders",
]
