"""Fit the sample configuration to a lab: its ports, its globals and its number of operators.

The samples are used as they are but for these few words; a word that is not found is an error, so
that a changed sample cannot quietly leave the lab on an admin's ports.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from screener.lab.ports import LOOPBACK

RTP_PORTS = 1000
"""UDP ports that the lab sets aside for sound; a call uses two, so 500 calls at once."""

_SAMPLE_OPERATORS = 3
_SAMPLE_SIP = f"{LOOPBACK}:5060"
_SAMPLE_OPERATOR = f"{LOOPBACK}:5070"


@dataclass(frozen=True, slots=True)
class LabPorts:
    """Where the lab's parts listen on loopback; `rtp` is the first of RTP_PORTS UDP ports."""

    sip: int
    operators: int
    agent: int
    http: int
    ami: int
    rtp: int


@dataclass(frozen=True, slots=True)
class LabSettings:
    """What a lab wants other than the samples have it.

    `dialplan` globals override those of the sample by name; `operators` is how many phones the
    queue has, all at the operators' port; `extra` is text put behind a sample, by file name.
    `ari_secret` is the password of the sample's ARI user, who may not log in where it is empty.
    """

    dialplan: Mapping[str, str] = field(default_factory=dict)
    operators: int = _SAMPLE_OPERATORS
    extra: Mapping[str, str] = field(default_factory=dict)
    ari_secret: str = field(default="", repr=False)


def fit_samples(
    samples: Path, into: Path, ports: LabPorts, settings: LabSettings | None = None
) -> None:
    """Copy every sample into a folder, fitted; raises ValueError where a sample lacks its word."""
    wanted = settings or LabSettings()
    for sample in sorted(samples.glob("*.conf")):
        text = fit(sample.name, sample.read_text(), ports, wanted)
        (into / sample.name).write_text(text)


def fit(name: str, text: str, ports: LabPorts, settings: LabSettings) -> str:
    """Return one sample's text with the lab's words in place of its own."""
    match name:
        case "pjsip.conf":
            text = _swap(name, text, _SAMPLE_SIP, f"{LOOPBACK}:{ports.sip}")
            text = _swap(name, text, _SAMPLE_OPERATOR, f"{LOOPBACK}:{ports.operators}")
            text += "".join(
                _phone(number, ports.operators)
                for number in range(_SAMPLE_OPERATORS + 1, settings.operators + 1)
            )
        case "queues.conf":
            text = _members(name, text, settings.operators)
        case "http.conf":
            text = _swap(name, text, "bindport = 8088", f"bindport = {ports.http}")
        case "ari.conf" if settings.ari_secret:
            text = _user(name, text, settings.ari_secret)
        case "manager.conf":
            text = _swap(name, text, "port = 5038", f"port = {ports.ami}")
        case "rtp.conf":
            text = _swap(name, text, "rtpstart = 10000", f"rtpstart = {ports.rtp}")
            text = _swap(name, text, "rtpend = 20000", f"rtpend = {ports.rtp + RTP_PORTS - 1}")
        case "extensions.conf":
            agent = {"SCREENER_AGENT": f"{LOOPBACK}:{ports.agent}"}
            for key, value in {**agent, **settings.dialplan}.items():
                text = _set_global(text, key, value)
        case _:
            pass
    return text + settings.extra.get(name, "")


def _swap(name: str, text: str, old: str, new: str) -> str:
    if old not in text:
        raise ValueError(f"{name} no longer says {old!r}: fit the lab to the sample")
    return text.replace(old, new)


def _user(name: str, text: str, secret: str) -> str:
    filled = _swap(name, text, ";password =\n", f";password = {secret}\n")
    head, section, user = filled.partition(";[screener]\n")
    if not section:
        raise ValueError(f"{name} no longer has the user screener: fit the lab to the sample")
    return head + "".join(
        line.removeprefix(";") for line in (section + user).splitlines(keepends=True)
    )


def _members(name: str, text: str, operators: int) -> str:
    kept = re.sub(r"^member => PJSIP/operator\d+\n", "", text, flags=re.MULTILINE)
    if kept == text:
        raise ValueError(f"{name} no longer has operators: fit the lab to the sample")
    return kept + "".join(f"member => PJSIP/operator{n}\n" for n in range(1, operators + 1))


def _phone(number: int, port: int) -> str:
    name = f"operator{number}"
    return (
        f"\n[{name}](operator)\naors = {name}\n"
        f"[{name}](operator-aor)\ncontact = sip:{name}@{LOOPBACK}:{port}\n"
    )


def _set_global(text: str, key: str, value: str) -> str:
    line = f"{key} = {value}"
    found, count = re.subn(rf"^{re.escape(key)} =.*$", lambda _: line, text, flags=re.MULTILINE)
    return found if count else text.replace("[globals]\n", f"[globals]\n{line}\n", 1)


__all__ = ["RTP_PORTS", "LabPorts", "LabSettings", "fit", "fit_samples"]
