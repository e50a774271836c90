"""espeak-ng as a program: a text in a voice in, a sound for the telephone out.

The program runs once a word; the text comes to it on standard input and is never part of the
command. Fitting the sound to the telephone is `telephone_sound`'s, the texts are `prompt_texts`'.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from screener.core.call import inert
from screener.errors import MissingPartError, ScreenerError, UsageError

LIMIT_S = 30.0
"""A word takes 10 ms; a program that does not end is ended."""

SPEEDS = (80, 450)
"""Words a minute that espeak-ng takes."""

PITCHES = (0, 99)

_VOICE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,40}")


class Voice(NamedTuple):
    """How to speak: espeak-ng's name of the voice, words a minute, and pitch (0 low, 99 high)."""

    name: str
    speed: int
    pitch: int


class Espeak:
    """An espeak-ng that is on this machine."""

    def __init__(self, program: str = "") -> None:
        """Take this program, or the one on PATH; raises MissingPartError where it is not there."""
        found = shutil.which(program or "espeak-ng")
        if found is None:
            raise MissingPartError(
                f"no {program or 'espeak-ng on PATH'}: install it (Debian and Ubuntu: "
                "apt install espeak-ng), or say with --espeak where it is"
            )
        self._program = found

    def voice_of(self, language: str) -> str:
        """Return the voice that fits a language of Asterisk's best: pt_BR is pt-br, else pt.

        Raises MissingPartError where espeak-ng does not speak it.
        """
        parts = language.lower().replace("_", "-").split("-")
        for length in range(len(parts), 0, -1):
            name = "-".join(parts[:length])
            if self._run("-q", "-v", name).returncode == 0:
                return name
        raise MissingPartError(
            f"{self._program} has no voice for {inert(language, 40)}: choose one of "
            "`espeak-ng --voices` with --voice"
        )

    def speak(self, text: str, voice: Voice) -> bytes:
        """Return a .wav of the spoken text, as espeak-ng makes it (22,050 Hz).

        Raises UsageError for a name that no voice can have, ScreenerError where it does not speak.
        """
        if not _VOICE.fullmatch(voice.name):
            raise UsageError(f"{inert(voice.name, 40)} is no name of a voice, such as en-us or de")
        with tempfile.TemporaryDirectory(prefix="screener-") as folder:
            file = Path(folder) / "spoken.wav"
            words = ["-v", voice.name, "-s", str(voice.speed), "-p", str(voice.pitch)]
            done = self._run(*words, "-b", "1", "-w", str(file), text=text)
            if done.returncode or not file.is_file():
                told = inert(" ".join(done.stderr.decode(errors="replace").split()), 200)
                raise ScreenerError(f"{self._program} did not speak: {told or 'it gave no reason'}")
            return file.read_bytes()

    def _run(self, *words: str, text: str = "") -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(  # noqa: S603 - the admin's own program, with words of ours
                [self._program, *words, "--stdin"],
                input=text.encode() + b"\n",
                capture_output=True,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ScreenerError(f"{self._program} did not end within {LIMIT_S:g} s") from error
        except OSError as error:
            raise MissingPartError(f"cannot run {self._program}: {error.strerror}") from error
