"""Small .wav sounds, and a program that stands where espeak-ng would and notes how it was run."""

import io
import math
import wave
from array import array
from pathlib import Path


def tone(seconds: float, rate: int = 8000, *, lead: float = 0.0, tail: float = 0.0) -> bytes:
    """Return a .wav of a 440 Hz tone between silences."""
    spoken = [round(9000 * math.sin(math.tau * 440 * n / rate)) for n in range(int(seconds * rate))]
    samples = [0] * int(lead * rate) + spoken + [0] * int(tail * rate)
    return wav(array("h", samples).tobytes(), rate)


def wav(content: bytes, rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    """Return a .wav with this content."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(content)
    return file.getvalue()


def speaker(folder: Path, sound: bytes) -> Path:
    """Return a program that speaks `sound`, knows the voices en and pt-br, and notes its runs."""
    (folder / "sound.wav").write_bytes(sound)
    program = folder / "speaker"
    program.write_text(f"""#!/bin/sh
cd {folder}
text=$(cat)
echo "$* < $text" >> runs
out= voice=
while [ $# -gt 0 ]; do
  case $1 in -w) out=$2 ;; -v) voice=$2 ;; esac
  shift
done
case $voice in en|pt-br) ;; *) echo "Error: no $voice" >&2; exit 1 ;; esac
if [ -n "$out" ]; then cp sound.wav "$out"; fi
""")
    program.chmod(0o755)
    return program


def runs(folder: Path) -> list[str]:
    """Return how the program was run, without the name of its output."""
    lines = (folder / "runs").read_text().splitlines()
    return [" ".join(word for word in line.split() if "/" not in word) for line in lines]
