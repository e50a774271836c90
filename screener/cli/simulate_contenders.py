"""What plays against an attack: one column of the report each, and the defence it stands for.

The baselines are `sim.defences`; the policy is the engine of `screener pipe` under a configuration,
once for each, and once more for each part that is switched off.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from screener.cli.simulate_parts import PARTS, change_without
from screener.config.load import load_config
from screener.config.sections import unknown
from screener.core.settings import Settings
from screener.errors import UsageError
from screener.service.played import EngineDefence
from screener.sim import defences
from screener.sim.model import Defence
from screener.storage.new_memory import new_memory


class Kind(StrEnum):
    """What may be named with `--defences`."""

    NONE = "none"
    BLACKLIST = "blacklist"
    SHEDDING = "shedding"
    LIMITS = "limits"
    CAPTCHA_ALL = "captcha-all"
    CAPTCHA_OVERLOAD = "captcha-overload"
    POLICY = "policy"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Contender:
    """One column: its name and kind, and the settings of a policy."""

    name: str
    kind: Kind
    settings: Settings | None = None


def read_kinds(text: str) -> tuple[Kind, ...]:
    """Return the kinds named in a list with commas; raises UsageError."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in set(Kind):
            raise UsageError(f"--defences {name} {unknown(name, Kind)}")
    return tuple(dict.fromkeys(Kind(name) for name in names))


def contenders_of(
    kinds: Sequence[Kind], configs: Sequence[Path], without: Sequence[str], *, ablation: bool
) -> tuple[Contender, ...]:
    """Return the columns; raises UsageError, and ConfigError where a configuration is refused.

    No configuration means the embedded defaults.
    """
    names = (*without, *(PARTS if ablation else ()))
    if names and len(configs) > 1:
        raise UsageError("--without and --ablation go with one configuration, not with several")
    found: list[Contender] = []
    for kind in kinds:
        if kind is Kind.POLICY:
            found.extend(_policies(configs, tuple(dict.fromkeys(names))))
        else:
            found.append(Contender(kind.value, kind))
    return tuple(found)


def _policies(configs: Sequence[Path], without: Sequence[str]) -> Iterator[Contender]:
    for name, path in zip(_names(configs), configs or (None,), strict=True):
        settings = load_config(path).settings
        yield Contender(name, Kind.POLICY, settings)
        for part in without:
            changed = change_without(part, settings)(settings)
            yield Contender(f"without {part}", Kind.POLICY, changed)


def _names(configs: Sequence[Path]) -> Sequence[str]:
    """Return a short name for each configuration, its whole path where two would be alike."""
    if not configs:
        return (Kind.POLICY.value,)
    short = [path.stem for path in configs]
    taken = {kind.value for kind in Kind if kind is not Kind.POLICY}
    return [
        name if short.count(name) == 1 and name not in taken else str(path)
        for name, path in zip(short, configs, strict=True)
    ]


def defence_of(contender: Contender) -> Defence:
    """Build what plays, anew for each play."""
    if contender.kind is Kind.POLICY:
        return EngineDefence(contender.name, contender.settings or Settings(), new_memory)
    return _BASELINES[contender.kind]()


_BASELINES: Mapping[Kind, Callable[[], Defence]] = {
    Kind.NONE: defences.NoDefence,
    Kind.BLACKLIST: defences.Blacklist,
    Kind.SHEDDING: defences.Shedding,
    Kind.LIMITS: defences.Limits,
    Kind.CAPTCHA_ALL: defences.CaptchaForAll,
    Kind.CAPTCHA_OVERLOAD: defences.CaptchaUnderOverload,
    Kind.TRUTH: defences.Truth,
}
