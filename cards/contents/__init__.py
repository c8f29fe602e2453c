"""Make what stands in the files of a card from its holder (layouts: docs/facts.md, 1.2). Only `personalise` calls it."""

from __future__ import annotations

from collections.abc import Callable

from . import card_face_ap, card_input_ap, common, hierarchy
from .facts import CardFacts

CONTENTS: dict[str, Callable[[CardFacts], bytes]] = {
    "token_info": common.token_info,
    "my_number": card_input_ap.my_number,
    "four_attributes": card_input_ap.four_attributes,
    "four_attributes_long": card_input_ap.four_attributes_long,
    "integrity_record": card_input_ap.integrity_record,
    "text_basic_data": card_input_ap.basic_data,
    "session_key": card_input_ap.session_key,
    "signed_key": card_input_ap.signed_key,
    "age_record": card_face_ap.age_record,
    "card_face": card_face_ap.card_face,
    "surface_basic_data": card_face_ap.basic_data,
    "my_number_image": card_face_ap.my_number_image,
    "text_issuer_certificate": lambda facts: hierarchy.issuer_certificate(
        hierarchy.TEXT_ROOT, facts.holder.municipality
    ),
    "surface_issuer_certificate": lambda facts: hierarchy.issuer_certificate(
        hierarchy.SURFACE_ROOT, facts.holder.municipality
    ),
    "card_recognition": common.card_recognition,
    "intermediate_key": lambda facts: hierarchy.key_id(hierarchy.INTERMEDIATE),
    "upper_certificate": lambda facts: hierarchy.chain()[0],
    "lower_certificate": lambda facts: hierarchy.chain()[1],
    "card_info": common.card_info,
    "key_reference": common.key_reference_record,
    "issuer_number": lambda facts: hierarchy.key_id(42),
    "card_number": lambda facts: facts.serial.encode(),
    "municipality": lambda facts: facts.holder.municipality.encode(),
    "expiry": lambda facts: f"{facts.expiry:%Y%m%d}".encode(),
    "ordinance_card": common.card_info,
    "contact_atr": lambda facts: facts.contact_atr[1:],
    "unknown": lambda facts: b"\xff" * 16,
}
"""Contents by the name that profiles use; certificates are the authority's."""

__all__ = ["CONTENTS", "CardFacts"]
