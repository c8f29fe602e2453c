"""Nobody on the way reads along: plain http stays on this device_gateway, everybody else is spoken to under verified https."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk_app.center_client import CenterClient
from kiosk_app.settings import check_center_address
from scenarios.command.kiosk import KioskOptions, kiosk_settings
from scenarios.command.usage import WrongUse
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace

pytestmark = pytest.mark.attack
ELSEWHERE = [
    "http://centre.example", "http://192.0.2.1:8443", "http://10.0.0.1", "http://[2001:db8::1]/", "HTTP://CENTRE.EXAMPLE",
    "http://127.0.0.1.example", "http://localhost.example", "http://127.0.0.1@centre.example/", "http://0.0.0.0:8443",
    "http://[::ffff:192.0.2.1]:80", "http://1270.0.0.1", "http://user:127.0.0.1@192.0.2.7",
]  # fmt: skip
HERE = [
    "http://127.0.0.1:8443",
    "http://127.1.2.3",
    "http://localhost:1",
    "http://[::1]:8443",
    "https://centre.example",
]
NO_ADDRESS = [
    "",
    "centre.example",
    "ftp://127.0.0.1",
    "http://",
    "http://127.0.0.1:0",
    "http://[",
    "file:///etc/hosts",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_plain_http_is_spoken_to_this_machine_only(url: str, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="Centre_Not_Secured"):
        check_center_address(url)
    with pytest.raises(Failed, match="Centre_Not_Secured"):
        kiosk_settings(KioskOptions(url, folder=tmp_path))
    with pytest.raises(Failed, match="Centre_Not_Secured"):
        CenterClient(url, Secret("key"), Trace(Clock(STAGE_START)))


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_address_is_named(url: str) -> None:
    with pytest.raises(Failed, match="Settings_Wrong"):
        check_center_address(url)


@pytest.mark.parametrize("url", HERE)
def test_this_machine_and_https_are_allowed(url: str) -> None:
    check_center_address(url)


# --- who answers under https ------------------------------------------------------------------------------------------------


class Ca:
    """A certification authority of a tester's own. Its certificates are valid around the device_gateway's present time."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        made = self._certificate(self._name, self._key).add_extension(basic, critical=True)
        made = made.add_extension(identifier, critical=False)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def server(self, name: str, days: int = 30, *alternative: x509.GeneralName) -> Path:
        """Key and certificate of a server that calls itself `name`, valid for `days` from yesterday on."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._certificate(subject, key, days).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), *alternative]), critical=False
        )
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        signed = made.sign(self._key, hashes.SHA256())
        file = self._folder / f"server-{signed.serial_number}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
        return file

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 30
    ) -> x509.CertificateBuilder:
        begin = Clock().now() - timedelta(days=40 if days < 0 else 1)
        end = Clock().now() + timedelta(days=days)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        return (
            builder.public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
        )


class Handler(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization", ""))
        body = b'{"municipalities": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        pass  # whoever breaks off the handshake is what the test is about


@contextmanager
def served(pem: Path, most: ssl.TLSVersion | None = None) -> Iterator[int]:
    """The port of an https server that shows the certificate in `pem`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    if most is not None:
        context.maximum_version = most
    server = _Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    Handler.asked.clear()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def ask(port: int, ca: Path | None) -> str:
    """'' for an answer, else the failure and its reason."""
    client = CenterClient(f"https://localhost:{port}", Secret("key"), Trace(Clock(STAGE_START)), ca)
    try:
        client.municipalities()
    except Failed as failed:
        return f"{failed.failure} {failed.facts.get('reason')}"
    finally:
        client.close()
    return ""


Make = Callable[[Ca, Ca], Path]
STRANGERS: dict[str, Make] = {
    "of another CA": lambda ours, other: other.server("localhost"),
    "for another name": lambda ours, other: ours.server("elsewhere.example"),
    "expired": lambda ours, other: ours.server("localhost", -10),
}


@pytest.fixture
def cas(tmp_path: Path) -> tuple[Ca, Ca]:
    return Ca(tmp_path, "ours"), Ca(tmp_path, "other")


def test_a_server_of_ones_own_ca_is_spoken_to(cas: tuple[Ca, Ca]) -> None:
    with served(cas[0].server("localhost")) as port:
        assert ask(port, cas[0].file) == ""
        assert Handler.asked == ["Bearer key"]


@pytest.mark.parametrize("what", STRANGERS)
def test_a_server_that_cannot_prove_itself_never_learns_the_terminals_key(
    cas: tuple[Ca, Ca], what: str
) -> None:
    with served(STRANGERS[what](*cas)) as port:
        assert ask(port, cas[0].file) == "Centre_Unreachable certificate"
        assert Handler.asked == []


def test_without_a_ca_of_ones_own_those_of_the_machine_count(cas: tuple[Ca, Ca]) -> None:
    with served(cas[0].server("localhost")) as port:
        assert ask(port, None) == "Centre_Unreachable certificate"
        assert Handler.asked == []


@pytest.mark.parametrize(
    "content",
    [None, "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ids=["none", "empty", "broken"],
)
def test_a_file_without_ca_certificates_is_told_at_the_start(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, encoding="ascii")
    with pytest.raises(WrongUse, match="--ca"):
        kiosk_settings(KioskOptions("https://centre.example", folder=tmp_path, ca=file))
    with pytest.raises(Failed, match="Settings_Wrong"):
        CenterClient("https://centre.example", Secret("key"), Trace(Clock(STAGE_START)), file)


def test_a_ca_for_plain_http_is_a_wrong_use(tmp_path: Path, cas: tuple[Ca, Ca]) -> None:
    with pytest.raises(WrongUse, match="https://"):
        kiosk_settings(KioskOptions("http://127.0.0.1:1", folder=tmp_path, ca=cas[0].file))


def test_the_ca_reaches_the_terminal(tmp_path: Path, cas: tuple[Ca, Ca]) -> None:
    from kiosk_app.assembly import terminal_settings

    told = kiosk_settings(KioskOptions("https://centre.example", "pcsc", folder=tmp_path, ca=cas[0].file))
    assert terminal_settings(told).server_ca == cas[0].file.resolve()
