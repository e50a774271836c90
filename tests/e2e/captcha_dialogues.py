"""What callers do in a captcha, and how it must end, whichever shell asks it.

`PLAYS` has each kind of caller once for each way to be asked; where the ways differ, the table
says so. `Dialogues` is the inside of the shells: each play is a challenged call whose id is its
name, asked for known digits. Who presses the keys is a Local channel's other half (`far_halves`,
for extensions.conf). In the stock prompts the first try is spoken from 0.3 to 3.6 s, the second
takes 1.3 s more; keys are pressed about 2 s after that and 4 s before it is too late.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from screener.core.call import Facts
from screener.core.captcha_flow import Ending
from screener.core.outcome import Outcome
from screener.core.settings import CaptchaSettings, EarlyKeys, Hold, Mode, Settings, SignalSpec
from screener.ports import Line
from screener.service.challenging import Challenges
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from tests.builders import NOW, an_engine

PLAIN = CaptchaSettings(key_wait=6.0, hold_for=0.3, seconds=60.0, places=200, places_per_number=200)
EARLY = replace(PLAIN, early_keys=EarlyKeys.COUNT)
SHORT = replace(PLAIN, seconds=12.0, key_wait=20.0)

WAYS = ("agi", "ari")
"""Over what the agent asks: SCREENER_LANE."""

DIGITS = (4, 7)
"""What is asked for: 47 at each try."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One caller: what it does, in dialplan words, and how its captcha ends."""

    does: tuple[str, ...]
    ending: Ending
    settings: CaptchaSettings = PLAIN
    unlike: Mapping[str, Ending] = field(default_factory=dict)
    """How it ends over a way where it ends otherwise."""

    @property
    def told(self) -> str:
        return f"challenge_{self.ending}"

    def over(self, way: str) -> "Dialogue":
        """Return the dialogue as it goes over one way."""
        return replace(self, ending=self.unlike.get(way, self.ending))


def press(keys: str, after: float, apart_ms: int = 250) -> tuple[str, ...]:
    """Wait so many seconds, then press keys, so many milliseconds apart."""
    return (f"Wait({after})", f"SendDTMF({keys},{apart_ms},100)")


STAYS = ("Wait(60)",)

DIALOGUES = {
    "right": Dialogue((*press("47", 5.5), *STAYS), Ending.PASSED),
    "hash": Dialogue((*press("47#", 5.5), *STAYS), Ending.PASSED),
    "second": Dialogue((*press("48", 5.5), *press("47", 7.3), *STAYS), Ending.PASSED),
    "wrong": Dialogue((*press("48", 5.5), *press("74", 7.3), *STAYS), Ending.FAILED),
    "many": Dialogue((*press("4747", 5.5), *press("471", 6.1), *STAYS), Ending.FAILED),
    "few": Dialogue((*press("4", 5.5), *STAYS), Ending.FAILED),
    "none": Dialogue(STAYS, Ending.SILENT),
    "early": Dialogue((*press("47", 1.5), *STAYS), Ending.SILENT),
    "early, then right": Dialogue((*press("99", 1.5), *press("47", 3.3), *STAYS), Ending.PASSED),
    # Begun while it speaks, and over 2 s later: AGI takes it for one burst and drops it all
    # (`agi_line.QUIET_S`); to ARI what comes after the sound is an answer, of too many keys.
    "burst": Dialogue(
        (*press("0123456789" * 2, 3.1, 1), *STAYS), Ending.SILENT, unlike={"ari": Ending.FAILED}
    ),
    "counted": Dialogue((*press("47", 1.5), *STAYS), Ending.PASSED, EARLY),
    "counted, wrong": Dialogue(
        (*press("48", 1.5), *press("47", 5.0), *STAYS), Ending.PASSED, EARLY
    ),
    "counted, burst": Dialogue((*press("0123456789", 1.5, 1), *STAYS), Ending.FAILED, EARLY),
    "gone": Dialogue(("Wait(2)",), Ending.ABANDONED),
    "gone later": Dialogue(("Wait(5)",), Ending.ABANDONED),
    "over, none": Dialogue(STAYS, Ending.SILENT, SHORT),
    "over, few": Dialogue((*press("4", 10.5), *STAYS), Ending.FAILED, SHORT),
    "over, speaking": Dialogue(STAYS, Ending.SILENT, replace(PLAIN, seconds=2.0)),
    "music": Dialogue((*press("47", 5.5), *STAYS), Ending.PASSED, replace(PLAIN, hold=Hold.MUSIC)),
    "ringing": Dialogue(
        (*press("47", 5.5), *STAYS), Ending.PASSED, replace(PLAIN, hold=Hold.RINGING)
    ),
}

PLAYS = {
    f"{way} {kind}": dialogue.over(way) for kind, dialogue in DIALOGUES.items() for way in WAYS
}


def call_id(kind: str) -> str:
    """Return the id of a play's call: its name, in letters that a variable may hold."""
    return kind.replace(", ", "-").replace(" ", "-")


def far_halves(dialogues: Mapping[str, Dialogue], context: str = "callers") -> str:
    """Return the dialplan of the halves that press keys: an extension for each call id."""
    lines = [f"[{context}]"]
    for kind, dialogue in dialogues.items():
        lines.append(f"exten => {call_id(kind)},1,Answer()")
        lines += [f" same => n,{words}" for words in dialogue.does]
    return "\n".join(lines) + "\n"


class Dialogues:
    """Many inner sides in one: the `Asking` of all dialogues, each under its own settings."""

    def __init__(self, dialogues: Mapping[str, Dialogue]) -> None:
        self.events: defaultdict[str, list[str]] = defaultdict(list)
        self.endings: dict[str, Ending] = {}
        self.lines: dict[str, type[Line]] = {}
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
        self.lines[call_id] = type(line)
        self.endings[call_id] = ending = await self._inside[call_id].ask(call_id, line)
        return ending

    def give_up(self, call_id: str) -> None:
        self.given_up.add(call_id)
        self._inside[call_id].give_up(call_id)
