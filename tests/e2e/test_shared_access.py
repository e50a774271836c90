"""Who is let in to a real Redis or Valkey, how, and what is said where not."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from screener.config.options import RedisOptions
from screener.core.shared import Counter, Note, Question, SharedStanding, StandingChange, refund_of
from screener.errors import MissingPartError, SharedStoreError
from screener.storage.redis_place import RedisPlace
from screener.storage.shared_redis import SharedRedis
from tests.servers.redis_server import REDIS, VALKEY, Kind, RedisServer

pytestmark = pytest.mark.e2e

PAGE = Path(__file__).parents[2] / "docs/sharing.md"
PASSWORD = "long-and-planted"


@pytest.fixture(params=[REDIS, VALKEY], ids=["redis", "valkey"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    try:
        found.command()
    except MissingPartError as error:
        if os.environ.get("SCREENER_REQUIRE_LAB") == "1":
            raise
        pytest.skip(f"no {found.name}: {error}")
    return found


def store_at(server: RedisServer, **options: object) -> SharedRedis:
    made = RedisOptions(**{"addresses": (server.address,), **options})  # type: ignore[arg-type] # one of many
    return SharedRedis(RedisPlace(made, lambda path: path.read_text()), prefix="screener")


def acl_line() -> str:
    """The line that docs/sharing.md tells admins to write, with a password for its place."""
    found = re.search(r"^user screener on .*$", PAGE.read_text(), re.MULTILINE)
    assert found is not None
    return found[0].replace("PASSWORD", PASSWORD)


@pytest.fixture
def guarded(kind: Kind, tmp_path: Path) -> Iterator[RedisServer]:
    settings = (acl_line(), "user default off")
    (tmp_path / "password").write_text(PASSWORD)
    with RedisServer(tmp_path / "server", kind, settings) as server:
        yield server


async def test_the_acl_of_the_documentation_is_enough_and_allows_no_other_key(
    guarded: RedisServer, tmp_path: Path
) -> None:
    store = store_at(guarded, user="screener", password_file=str(tmp_path / "password"))
    await store.ping()
    question = Question("call", "caller", "line", (Counter("counter", ((3, 60.0),)),))
    told = await store.consult(question)
    note = Note("call", "edge", "caller", "line", "", "", challenged=True, ttl=60.0)
    await store.tell([refund_of(question, told), note])
    await store.change(StandingChange("caller", 0, SharedStanding(0), "event", 60.0))
    assert await store.standing("caller") is not None
    assert await store.claim("call") is not None
    at = await store.post("edge", "lists", b"x", ttl=60.0)
    assert [entry.at for entry in await store.since("lists", "")] == [at]
    await store.keep("blob", b"x", ttl=60.0)
    assert await store.kept("b") == {"blob": b"x"}
    await store.forget("caller", "line", ["counter"])
    assert await store.claim("call") is None
    other = SharedRedis(store._place, prefix="other")
    with pytest.raises(SharedStoreError, match="ACL"):
        await other.ping()
    await other.close()
    said = guarded.say("FLUSHALL", user="screener", password=PASSWORD)
    assert said.startswith(b"-NOPERM")
    await store.close()


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_who_is_not_let_in_is_told_so_without_the_password(
    guarded: RedisServer, tmp_path: Path, password: str
) -> None:
    (tmp_path / "password").write_text(password or PASSWORD)
    file = str(tmp_path / "password") if password else ""
    store = store_at(guarded, user="screener" if password else "", password_file=file)
    with pytest.raises(SharedStoreError) as told:
        await store.ping()
    assert guarded.address in str(told.value)
    assert PASSWORD not in str(told.value)
    assert "wrong" not in str(told.value)
    await store.close()


async def test_a_changed_password_is_read_at_the_next_connection(
    guarded: RedisServer, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("old")
    store = store_at(guarded, user="screener", password_file=str(file))
    with pytest.raises(SharedStoreError):
        await store.ping()
    file.write_text(PASSWORD)
    await store.ping()
    await store.close()


async def test_a_socket_of_this_machine_serves(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with RedisServer(tmp_path / "server", kind, (f"unixsocket {path}",)) as server:
        store = store_at(server, addresses=(str(path),), database=3)
        await store.ping()
        assert (await store.consult(Question("call", "", "", ()))).open_challenges == 0
        await store.close()


async def test_tls_is_held_to_the_ca_and_the_name_and_shows_our_certificate(
    kind: Kind, tmp_path: Path
) -> None:
    ours = Authority(tmp_path, "ours")
    other = Authority(tmp_path, "other")
    key, certificate = ours.issued("server")
    own_key, own_certificate = ours.issued("edge")
    settings = (
        f"tls-cert-file {certificate}",
        f"tls-key-file {key}",
        f"tls-ca-cert-file {ours.file}",
        "tls-auth-clients yes",
    )
    shown = {"certificate": str(own_certificate), "key": str(own_key)}
    with RedisServer(tmp_path / "server", kind, settings, tls=True) as server:
        store = store_at(server, tls=True, ca=str(ours.file), **shown)
        await store.ping()
        told = await store.consult(Question("call", "", "", ()))
        assert told.open_challenges == 0
        await store.close()
        localhost = f"localhost:{server.port}"
        refusals: list[tuple[str, dict[str, object]]] = [
            ("CERTIFICATE_VERIFY_FAILED", {"ca": str(other.file), **shown}),
            ("CERTIFICATE_VERIFY_FAILED", {"ca": ""}),
            ("not valid for", {"ca": str(ours.file), **shown, "addresses": (localhost,)}),
            ("127.0.0.1", {"ca": str(ours.file)}),
            ("No such file", {"ca": str(tmp_path / "none.pem")}),
            ("127.0.0.1", {"tls": False}),
        ]
        for why, options in refusals:
            refused = store_at(server, **{"tls": True, **options})
            with pytest.raises(SharedStoreError, match=why):
                await refused.ping()
            await refused.close()


async def test_nothing_is_said_in_the_clear_off_this_machine(tmp_path: Path) -> None:
    del tmp_path
    place = RedisPlace(RedisOptions(addresses=("192.0.2.7:6379",)), lambda path: path.read_text())
    with pytest.raises(SharedStoreError, match="in the clear"):
        await place.connect()


class Authority:
    """One that signs certificates, and its file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}-ca.pem"
        self._write(self.file, self._signed(self._name, self._key.public_key(), is_ca=True))

    def issued(self, name: str) -> tuple[Path, Path]:
        """Return the files of a key and of its certificate, for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        key_file, file = self._folder / f"{name}.key", self._folder / f"{name}.pem"
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self._write(file, self._signed(subject, key.public_key(), is_ca=False))
        return key_file, file

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, is_ca: bool
    ) -> x509.Certificate:
        began = datetime.fromtimestamp(self._folder.stat().st_mtime, UTC) - timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
        if not is_ca:
            names = [x509.IPAddress(ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    @staticmethod
    def _write(file: Path, certificate: x509.Certificate) -> None:
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
