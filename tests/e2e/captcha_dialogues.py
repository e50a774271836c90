"""What callers do in a captcha, and how it must end, whichever shell asks it.

`Dialogues` is the inside of a shell: each kind of caller is a challenged call whose id is its
kind, asked for known digits. Who presses the keys is a Local channel's other half (`KEYS`, for
extensions.conf). Two digits and their words take 3.2 s in the stock prompts, from 0.3 s on.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

from screener.core.call import Facts
from screener.core.captcha_flow import Ending
from screener.core.outcome import Outcome
from screener.core.settings import CaptchaSettings, EarlyKeys, Mode, Settings, SignalSpec
from screener.ports import Line
from screener.service.challenging import Challenges
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from tests.builders import NOW, an_engine

PLAIN = CaptchaSettings(key_wait=3.0, hold_for=0.3, seconds=60.0, places=200, places_per_number=200)
EARLY = replace(PLAIN, early_keys=EarlyKeys.COUNT)
SHORT = replace(PLAIN, seconds=10.0, key_wait=20.0)

DIGITS = (4, 7)
"""What is asked for: 47 at each try."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One caller: what it does, in dialplan words, and how its captcha ends."""

    does: tuple[str, ...]
    ending: Ending
    settings: CaptchaSettings = PLAIN
    event: str = ""
    """Told to the inside; empty for the ending's own."""

    @property
    def told(self) -> str:
        return self.event or f"challenge_{self.ending}"


def press(keys: str, after: float, apart_ms: int = 250) -> tuple[str, ...]:
    """Wait so many seconds, then press keys, so many milliseconds apart."""
    return (f"Wait({after})", f"SendDTMF({keys},{apart_ms},100)")


STAYS = ("Wait(60)",)

DIALOGUES = {
    "right": Dialogue((*press("47", 4.5), *STAYS), Ending.PASSED),
    "hash": Dialogue((*press("47#", 4.5), *STAYS), Ending.PASSED),
    "second": Dialogue((*press("48", 4.5), *press("47", 7.5), *STAYS), Ending.PASSED),
    "wrong": Dialogue((*press("48", 4.5), *press("74", 7.5), *STAYS), Ending.FAILED),
    "many": Dialogue((*press("4747", 4.5), *press("471", 7.5), *STAYS), Ending.FAILED),
    "few": Dialogue((*press("4", 4.5), *STAYS), Ending.FAILED),
    "none": Dialogue(STAYS, Ending.SILENT),
    "early": Dialogue((*press("47", 1.5), *STAYS), Ending.SILENT),
    "early, then right": Dialogue((*press("99", 1.5), *press("47", 3.0), *STAYS), Ending.PASSED),
    "burst": Dialogue((*press("0123456789" * 2, 3.1, 1), *STAYS), Ending.SILENT),
    "counted": Dialogue((*press("47", 1.5), *STAYS), Ending.PASSED, EARLY),
    "counted, wrong": Dialogue(
        (*press("48", 1.5), *press("47", 6.0), *STAYS), Ending.PASSED, EARLY
    ),
    "counted, burst": Dialogue((*press("0123456789", 1.5, 1), *STAYS), Ending.FAILED, EARLY),
    "gone": Dialogue(("Wait(2)",), Ending.ABANDONED),
    "gone later": Dialogue(("Wait(5)",), Ending.ABANDONED),
    "over, none": Dialogue(STAYS, Ending.SILENT, SHORT),
    "over, few": Dialogue((*press("4", 8.5), *STAYS), Ending.FAILED, SHORT),
}


def call_id(kind: str) -> str:
    """Return the id of a kind's call: its name, in letters that a variable may hold."""
    return kind.replace(", ", "-").replace(" ", "-")


BY_ID = {call_id(kind): kind for kind in DIALOGUES}


def far_halves(dialogues: dict[str, Dialogue] = DIALOGUES, context: str = "callers") -> str:
    """Return the dialplan of the halves that press keys: an extension for each call id."""
    lines = [f"[{context}]"]
    for kind, dialogue in dialogues.items():
        lines.append(f"exten => {call_id(kind)},1,Answer()")
        lines += [f" same => n,{words}" for words in dialogue.does]
    return "\n".join(lines) + "\n"


class Dialogues:
    """Many inner sides in one: the `Asking` of all dialogues, each under its own settings."""

    def __init__(self, dialogues: dict[str, Dialogue] = DIALOGUES) -> None:
        self.events: defaultdict[str, list[str]] = defaultdict(list)
        self.endings: dict[str, Ending] = {}
        self.given_up: set[str] = set()
        self._inside: dict[str, Challenges] = {}
        for kind, dialogue in dialogues.items():
            self._inside[call_id(kind)] = self._challenges(call_id(kind), dialogue.settings)

    def _challenges(self, name: str, captcha: CaptchaSettings) -> Challenges:
        settings = Settings(
            mode=Mode.ENFORCE,
            captcha=captcha,
            signals={**Settings().signals, "new-caller": SignalSpec(6.0)},
        )

        def learn(call_id: str, outcome: Outcome) -> None:
            self.events[call_id].append(outcome.event.value)

        service = ScreeningService(
            an_engine(settings),
            lambda: NOW,
            Tally(),
            outcome_sinks=[learn],
            new_id=lambda: name,
        )
        answer = service.screen(Facts(number="+16515550142"))
        assert (answer["SCREENER_VERDICT"], answer["SCREENER_ID"]) == ("challenge", name)
        drawn = iter(DIGITS * 3)
        return Challenges(service, lambda below: 0 if below == 1 else next(drawn))

    def is_open(self, call_id: str) -> bool:
        return call_id in self._inside and self._inside[call_id].is_open(call_id)

    async def ask(self, call_id: str, line: Line) -> Ending:
        self.endings[call_id] = ending = await self._inside[call_id].ask(call_id, line)
        return ending

    def give_up(self, call_id: str) -> None:
        self.given_up.add(call_id)
        self._inside[call_id].give_up(call_id)
