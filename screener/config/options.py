"""What an admin can set about the agent around the rules, as plain values.

`service_sections` says what is allowed, `build` makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """Where the FastAGI server listens, whom it serves, and how long (s) it waits."""

    host: str = "127.0.0.1"
    port: int = 4591
    peers: tuple[IPv4Network | IPv6Network, ...] = (
        ip_network("127.0.0.0/8"),
        ip_network("::1/128"),
    )
    max_sessions: int = 512
    max_sessions_per_peer: int = 512
    header_timeout: float = 2.0
    reply_timeout: float = 2.0
    drain_timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class ControlOptions:
    """The control socket: `socket` is its path, `declared` what the configuration says."""

    socket: str
    declared: str = "auto"


@dataclass(frozen=True, slots=True)
class StorageOptions:
    """The decision log: where it and its keys are, how long (s) calls stay, how many may wait.

    `folder` and `keys` are paths, the `declared_` ones what the configuration says.
    """

    folder: str
    keys: str
    declared_folder: str = "auto"
    declared_keys: str = "auto"
    log: bool = True
    keep_admitted: float = 7 * 86_400.0
    keep_refused: float = 30 * 86_400.0
    queue: int = 100_000


@dataclass(frozen=True, slots=True)
class AmiOptions:
    """By which manager which queues are watched (none where `host` is empty), how often (s).

    `secret_file` is a path: the secret itself stands in no configuration.
    """

    host: str = ""
    port: int = 5038
    user: str = "screener"
    secret_file: str = ""
    queues: tuple[str, ...] = ("operators",)
    every: float = 5.0


@dataclass(frozen=True, slots=True)
class AriOptions:
    """By which Asterisk REST Interface captchas are asked (none where `url` is empty).

    `secret_file` is a path: the secret itself stands in no configuration.
    """

    url: str = ""
    user: str = "screener"
    secret_file: str = ""
    app: str = "screener"


@dataclass(frozen=True, slots=True)
class FrontOptions:
    """By which socket a Kamailio in front is told whom to refuse (none where `socket` is empty).

    What it is told ends there after `ttl` seconds unless it is told again. `blocks` and `known`
    bound what it holds, `writes_per_second` how fast, `rows_per_minute` how many rows of the log
    tell of calls that it refused. `trunks` are the addresses that each trunk's calls come from.
    """

    socket: str = ""
    ttl: float = 300.0
    blocks: int = 100_000
    known: int = 100_000
    writes_per_second: int = 2_000
    rows_per_minute: int = 600
    trunks: Mapping[str, tuple[IPv4Network | IPv6Network, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricsOptions:
    """Where figures are served over HTTP (nowhere where `host` is empty); 0 is any free port.

    `anywhere` says that the address may be one that other machines reach.
    """

    host: str = ""
    port: int = 9_591
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """Which peers are a reverse proxy that signs people in, and by which headers it names them.

    None is trusted where `peers` is empty; without `user_header` the peers only say from where a
    request came.
    """

    peers: tuple[IPv4Network | IPv6Network, ...] = ()
    user_header: str = ""
    role_header: str = ""


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Where the web admin listens, with which certificate, and how long (s) a sign-in lasts.

    `certificate` and `key` are paths, both empty where no TLS is spoken; port 0 is any free one.
    """

    host: str = "127.0.0.1"
    port: int = 4_592
    certificate: str = ""
    key: str = ""
    idle: float = 1_800.0
    session: float = 43_200.0
    proxy: ProxyOptions = ProxyOptions()


@dataclass(frozen=True, slots=True)
class ShipOptions:
    """To which PostgreSQL `screener ship` brings the log (none where `dsn` is empty), and as whom.

    `edge` is the agent's name there, auto for the machine's; `batch` counts calls of one
    transaction, `pause` (s) lies between two looks at a log that has nothing new.
    """

    dsn: str = ""
    edge: str = "auto"
    batch: int = 500
    pause: float = 1.0


@dataclass(frozen=True, slots=True)
class LogOptions:
    """From which level on is logged (debug .. error), and as what (text or json)."""

    level: str = "info"
    format: str = "text"


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """Where a Redis or Valkey is that several edges share, and how one gets in.

    `addresses` are HOST:PORT or the path of a socket: its own, or where `sentinel` names a primary
    those of the Sentinels. The files are paths: no password stands in a configuration.
    """

    addresses: tuple[str, ...] = ("127.0.0.1:6379",)
    sentinel: str = ""
    user: str = ""
    password_file: str = ""
    sentinel_user: str = ""
    sentinel_password_file: str = ""
    database: int = 0
    prefix: str = "screener"
    tls: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""
    in_the_clear: bool = False


@dataclass(frozen=True, slots=True)
class SharingOptions:
    """What several edges know together (nothing where `store` is none), times in seconds.

    `edge` names this one; `key_file` is a secret that all have alike, from which they make the same
    pseudonyms; `file` is the store's where it is SQLite. An answer later than `deadline` is none;
    after `failures` of them in a row nobody waits until a probe, every `probe`, is answered.
    """

    store: str = "none"
    edge: str = ""
    key_file: str = ""
    file: str = ""
    deadline: float = 0.008
    failures: int = 5
    probe: float = 1.0
    ttl: float = 30 * 86_400.0
    redis: RedisOptions = RedisOptions()
