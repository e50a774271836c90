"""TLS for the web admin: the certificate and its key, refused where others could read the key."""

import ssl
import stat
from pathlib import Path

from screener.config.options import WebOptions
from screener.errors import MissingPartError, ScreenerError


def tls_of(options: WebOptions) -> ssl.SSLContext | None:
    """Return what a listener speaks TLS 1.2 and later with; None where no certificate is told.

    Raises MissingPartError where a file cannot be read, ScreenerError where everybody can read the
    key, or the two are no certificate and its key.
    """
    if not options.certificate:
        return None
    for path in (options.certificate, options.key):
        _look(Path(path))
    if stat.S_IMODE(Path(options.key).stat().st_mode) & 0o007:
        raise ScreenerError(f"{options.key} is open to every user: `chmod o= {options.key}`")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        # An empty password, so that a key that needs one is refused instead of asked for.
        context.load_cert_chain(options.certificate, options.key, password="")
    except (ssl.SSLError, OSError) as error:
        why = getattr(error, "reason", None) or "no PEM"
        raise ScreenerError(
            f"{options.certificate} and {options.key} are no certificate and its key without a "
            f"password ({why})"
        ) from None
    return context


def _look(path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise MissingPartError(f"{path} cannot be read: {error.strerror}") from None
