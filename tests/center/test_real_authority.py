"""The centre against the product's own authority: no stand-in agrees with itself only."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

from cryptography import x509

from server_stub.authority import Authority, AuthoritySettings, create_app, prepare_database
from server_stub.db import sqlite_url
from server_stub.interface import notices
from server_stub.interface.secret import Secret
from server_stub.node import NodeContext, serve
from tests.center.pki import Card, rsa_key
from tests.center.world import CITY, World, refused


def test_a_card_of_the_authority_is_let_in_until_it_is_held_or_revoked(world: World, tmp_path: Path) -> None:
    settings = AuthoritySettings(
        sqlite_url(tmp_path / "authority.db"), rsa_key, Secret("operator-key-of-the-test")
    )
    prepare_database(settings.database_url)
    authority = Authority(settings, world.clock, world.trace)
    node = serve(create_app(NodeContext(world.clock, world.trace), settings, authority))
    holder = SimpleNamespace(
        person_key="P1", municipality=CITY, name="見本　花子", address="見本町一丁目", birth=date(1990, 8, 15), sex="2",
        prefecture_romaji="Mihon-ken", city_romaji="Mihon-shi",
    )  # fmt: skip
    der = authority.issue_authentication(rsa_key("card").public_key(), holder, now=world.clock.now())
    card = Card(x509.load_der_x509_certificate(der), rsa_key("card"))
    serial = card.certificate.serial_number
    delivered = tmp_path / notices.FILE_NAME
    authority.write_issue_notices(delivered)
    try:
        with world.other_centre(
            tmp_path,
            ocsp_url=f"{node.base_url}/ocsp/authentication",
            trusted_cas=(authority.authentication_ca_certificate(),),
        ) as center:
            assert center.take_issue_notices(delivered) == 1
            for change, failure in (
                (lambda: None, None),
                (lambda: authority.hold(serial), "Certificate_On_Hold"),
                (lambda: authority.release(serial), None),
                (lambda: authority.revoke(serial), "Certificate_Revoked"),
            ):
                change()
                response = world.authenticate(world.session(), card)
                if failure:
                    refused(response, failure)
                else:
                    assert world.offers(response, card).municipality.code == CITY
    finally:
        node.stop()
        authority.close()
