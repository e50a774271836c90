"""A checked document into the settings and options that the agent runs on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from screener.config.control_socket import AUTO, control_socket
from screener.config.effective import document_of
from screener.config.front_section import FrontSection
from screener.config.options import (
    AmiOptions,
    AriOptions,
    ControlOptions,
    FrontOptions,
    ListenOptions,
    LogOptions,
    MetricsOptions,
    ProxyOptions,
    RedisOptions,
    SharingOptions,
    ShipOptions,
    StorageOptions,
    WebOptions,
)
from screener.config.rule_sections import LimitSection, merged_group
from screener.config.schema import Document, ListSection
from screener.config.service_sections import StorageSection
from screener.config.sharing_section import SharingSection
from screener.config.storage_folders import key_file, storage_folder
from screener.config.web_section import WebSection
from screener.core.lists import ListSpec
from screener.core.settings import (
    DEFAULT_GROUPS,
    DEFAULT_SIGNALS,
    AdmissionSettings,
    CaptchaSettings,
    CrowdSettings,
    GroupCap,
    Hours,
    LimitSpec,
    Marks,
    PolicySettings,
    PressureSettings,
    ReputationSettings,
    Settings,
    SignalSpec,
    Site,
    TableSizes,
    Window,
)


@dataclass(frozen=True, slots=True)
class Config:
    """One whole configuration, checked."""

    settings: Settings
    listen: ListenOptions
    control: ControlOptions
    storage: StorageOptions
    log: LogOptions
    ami: AmiOptions
    ari: AriOptions
    metrics: MetricsOptions
    web: WebOptions
    sharing: SharingOptions
    front: FrontOptions
    ship: ShipOptions

    def effective(self, *, reveal_entries: bool = False) -> dict[str, object]:
        """Return every value in force under the file's own keys.

        Entries of lists are callers' numbers and this is made to be printed, so they are only
        counted unless revealed.
        """
        plain = {
            "listen": self.listen,
            "log": self.log,
            "metrics": self.metrics,
            "web": self.web,
            "ami": self.ami,
            "ari": self.ari,
            "sharing": self.sharing,
            "front": self.front,
            "ship": self.ship,
        }
        return document_of(
            self.settings, self.storage, self.control, plain, reveal_entries=reveal_entries
        )


def build(
    document: Document, file_entries: Mapping[int, tuple[str, ...]], environment: Mapping[str, str]
) -> Config:
    """Make the configuration of a document and of the entries its list files hold."""
    listen, ami = document.listen, document.ami
    return _hashed(
        Config(
            settings=_settings(document, file_entries),
            listen=ListenOptions(**{**dict(listen), "peers": tuple(listen.peers)}),
            control=_control(document.control.socket, environment),
            storage=_storage(document.storage, environment),
            log=LogOptions(**dict(document.log)),
            ami=AmiOptions(**{**dict(ami), "queues": tuple(ami.queues)}),
            ari=AriOptions(**dict(document.ari)),
            metrics=MetricsOptions(**dict(document.metrics)),
            web=_web(document.web),
            sharing=_sharing(document.sharing),
            front=_front(document.front),
            ship=ShipOptions(**dict(document.ship)),
        )
    )


def defaults(environment: Mapping[str, str]) -> Config:
    """Return the embedded configuration, which `config/screener.yaml` writes out."""
    return _hashed(
        Config(
            Settings(),
            ListenOptions(),
            _control(AUTO, environment),
            _storage(StorageSection(), environment),
            LogOptions(),
            AmiOptions(),
            AriOptions(),
            MetricsOptions(),
            WebOptions(),
            SharingOptions(),
            FrontOptions(),
            ShipOptions(),
        )
    )


def _settings(document: Document, file_entries: Mapping[int, tuple[str, ...]]) -> Settings:
    default = Settings()
    given = document.model_fields_set
    pressure = dict(document.pressure)
    for name in ("queue", "channels", "arrivals"):
        pressure[name] = Marks(**dict(pressure[name]))
    policy = {**dict(document.policy), "thresholds": document.policy.thresholds.merged()}
    captcha = dict(document.captcha)
    for name in ("kinds", "languages"):
        captcha[name] = tuple(captcha[name])
    hours = dict(document.hours)
    for name in ("openings", "closed_on"):
        hours[name] = tuple(hours[name])
    lists = tuple(
        _list(section, file_entries.get(number, ()))
        for number, section in enumerate(document.lists)
    )
    return Settings(
        mode=document.mode,
        region=document.region,
        prefix_tail=document.prefix_tail,
        site=Site(**dict(document.site)),
        lists=lists if "lists" in given else default.lists,
        limits=tuple(map(_limit, document.limits)) if "limits" in given else default.limits,
        signals=_signals(document),
        groups=_groups(document),
        reputation=ReputationSettings(**dict(document.reputation)),
        pressure=PressureSettings(**pressure),
        policy=PolicySettings(**policy),
        captcha=CaptchaSettings(**captcha),
        hours=Hours(**hours),
        crowds=CrowdSettings(**dict(document.crowds)),
        admission=AdmissionSettings(**dict(document.admission)),
        tables=TableSizes(**dict(document.tables)),
    )


def _list(section: ListSection, of_file: tuple[str, ...]) -> ListSpec:
    return ListSpec(
        name=section.name,
        action=section.action,
        entries=(*section.entries, *of_file),
        until=section.until,
        reason=section.reason,
    )


def _limit(section: LimitSection) -> LimitSpec:
    return LimitSpec(
        name=section.name,
        key=tuple(section.key),
        windows=tuple(Window(window.calls, window.per) for window in section.windows),
        points=section.points,
        mode=section.mode,
        classes=frozenset(section.classes),
    )


def _signals(document: Document) -> dict[str, SignalSpec]:
    merged = dict(DEFAULT_SIGNALS)
    for name, given in document.signals.items():
        own = {key: value for key, value in dict(given).items() if value is not None}
        merged[name] = replace(merged[name], **own)
    return merged


def _groups(document: Document) -> dict[str, GroupCap]:
    given = {name: merged_group(name, cap.low, cap.high) for name, cap in document.groups.items()}
    return {**DEFAULT_GROUPS, **given}


def _control(declared: str, environment: Mapping[str, str]) -> ControlOptions:
    return ControlOptions(control_socket(declared, environment), declared)


def _storage(section: StorageSection, environment: Mapping[str, str]) -> StorageOptions:
    declared = {"declared_folder": section.folder, "declared_keys": section.keys}
    found = {
        "folder": storage_folder(section.folder, environment),
        "keys": key_file(section.keys, environment),
    }
    return StorageOptions(**{**section.model_dump(), **declared, **found})


def _web(section: WebSection) -> WebOptions:
    proxy = ProxyOptions(**{**dict(section.proxy), "peers": tuple(section.proxy.peers)})
    return WebOptions(**{**dict(section), "proxy": proxy})


def _front(section: FrontSection) -> FrontOptions:
    trunks = {name: tuple(addresses) for name, addresses in section.trunks.items()}
    return FrontOptions(**{**dict(section), "trunks": trunks})


def _sharing(section: SharingSection) -> SharingOptions:
    redis = RedisOptions(**{**dict(section.redis), "addresses": tuple(section.redis.addresses)})
    return SharingOptions(**{**dict(section), "redis": redis})


def _hashed(config: Config) -> Config:
    document = config.effective(reveal_entries=True)
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:12]
    return replace(config, settings=replace(config.settings, config_hash=digest))
