import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector, web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from screener.config.options import WebOptions
from screener.errors import MissingPartError, ScreenerError
from screener.web.listening import tls_of
from tests.builders import NOW

PLAIN = serialization.NoEncryption()


@pytest.fixture
def options(tmp_path: Path) -> WebOptions:
    return a_certificate(tmp_path)


def a_certificate(
    folder: Path, lock: serialization.KeySerializationEncryption = PLAIN
) -> WebOptions:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "screener.example")])
    begin = datetime.fromtimestamp(NOW, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin - timedelta(days=9_000))
        .not_valid_after(begin + timedelta(days=9_000))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    paths = folder / "web.pem", folder / "web.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].touch(0o600)
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    )
    return WebOptions(certificate=str(paths[0]), key=str(paths[1]))


def test_without_a_certificate_no_tls_is_spoken() -> None:
    assert tls_of(WebOptions()) is None


async def test_a_browser_that_trusts_the_certificate_reaches_the_page(options: WebOptions) -> None:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.scheme} {request.secure}")

    app = web.Application()
    app.router.add_get("/", hello)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=tls_of(options))
    trusting = ssl.create_default_context(cafile=options.certificate)
    try:
        async with (
            ClientSession(connector=TCPConnector(ssl=trusting)) as session,
            session.get(server.make_url("/")) as answer,
        ):
            assert await answer.text() == "https True"
    finally:
        await server.close()


def test_no_tls_before_1_2_is_spoken(options: WebOptions) -> None:
    context = tls_of(options)
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o601])
def test_a_key_that_is_open_to_everybody_is_refused(options: WebOptions, mode: int) -> None:
    Path(options.key).chmod(mode)
    with pytest.raises(ScreenerError, match="is open to every user: `chmod o= "):
        tls_of(options)
    Path(options.key).chmod(0o640)
    assert tls_of(options)


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_file_that_is_not_there_is_told(options: WebOptions, which: str) -> None:
    path = Path(getattr(options, which))
    path.unlink()
    with pytest.raises(MissingPartError, match="cannot be read: No such file") as told:
        tls_of(options)
    assert str(path) in str(told.value)


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize("content", [b"", b"no PEM", b"\xff\xfe" * 99])
def test_what_is_no_certificate_or_no_key_is_told(
    options: WebOptions, which: str, content: bytes
) -> None:
    Path(getattr(options, which)).write_bytes(content)
    with pytest.raises(ScreenerError, match="are no certificate and its key"):
        tls_of(options)


def test_a_key_of_another_certificate_is_told(tmp_path: Path, options: WebOptions) -> None:
    (tmp_path / "other").mkdir()
    other = a_certificate(tmp_path / "other")
    with pytest.raises(ScreenerError, match="are no certificate and its key"):
        tls_of(WebOptions(certificate=options.certificate, key=other.key))


def test_a_key_with_a_password_is_refused_and_nobody_asked(tmp_path: Path) -> None:
    locked = a_certificate(tmp_path, serialization.BestAvailableEncryption(b"secret"))
    with pytest.raises(ScreenerError, match="without a password"):
        tls_of(locked)
