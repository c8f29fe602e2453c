"""Is the request within what this holder may have? Asked at the application, after all other rules."""

from __future__ import annotations

from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ApplicationRequest, Offer, OptionName


def options_are_allowed(asked: ApplicationRequest, offer: Offer) -> None:
    chosen = {name for name in OptionName if getattr(asked.options, name.value)}
    if strange := sorted(chosen - set(offer.options)):
        raise Failed("Option_Not_Allowed", options=strange)


def members_are_of_the_household(asked: ApplicationRequest, offer: Offer) -> None:
    """For a certificate of the holder alone, `offer.members` is the holder alone."""
    known = {member.ref: member for member in offer.members}
    if any(ref not in known for ref in asked.options.members):
        raise Failed("Member_Not_In_Household")
    wanted = asked.options.members or tuple(known)
    if any(known[ref].refusal is not None for ref in wanted):
        raise Failed("Household_Member_Restricted")


def copies_are_in_range(asked: ApplicationRequest, offer: Offer) -> None:
    if not 1 <= asked.copies <= offer.max_copies:
        raise Failed("Copies_Out_Of_Range", copies=asked.copies, limit=offer.max_copies)


def fee_is_what_was_confirmed(asked: ApplicationRequest, offer: Offer) -> None:
    fee = offer.fee * asked.copies
    if asked.fee_total != fee:
        raise Failed("Fee_Changed", fee_total=fee, confirmed=asked.fee_total)


REQUEST_RULES = (
    options_are_allowed,
    members_are_of_the_household,
    copies_are_in_range,
    fee_is_what_was_confirmed,
)


def check_request(asked: ApplicationRequest, offer: Offer) -> None:
    """Raises Failed: Option_Not_Allowed, Member_Not_In_Household, Household_Member_Restricted, Copies_Out_Of_Range,
    Fee_Changed."""
    for rule in REQUEST_RULES:
        rule(asked, offer)
