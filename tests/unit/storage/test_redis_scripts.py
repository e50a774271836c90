import hashlib
import re
from pathlib import Path

import pytest

from screener.storage import redis_scripts

FOLDER = Path(redis_scripts.__file__).with_name("lua")
NAMES = sorted(file.stem for file in FOLDER.glob("*.lua"))


def test_every_script_of_the_package_is_read_and_every_one_read_is_there() -> None:
    read = [one for one in vars(redis_scripts).values() if isinstance(one, redis_scripts.Script)]
    assert {one.digest for one in read} == {
        redis_scripts.read_script(name).digest for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_script_is_called_by_the_digest_of_what_is_sent_which_is_without_comments(
    name: str,
) -> None:
    script = redis_scripts.read_script(name)
    told = hashlib.sha1(script.text, usedforsecurity=False).hexdigest()
    assert script.digest == told.encode()
    assert b"--" not in script.text
    assert (FOLDER / f"{name}.lua").read_text().startswith("--")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_script_writes_ends(name: str) -> None:
    text = (FOLDER / f"{name}.lua").read_text()
    for told in re.findall(r"redis\.call\(\s*'SET',[^\n]*", text):
        assert "'PX'" in told
    if re.search(r"'(ZADD|XADD|HSET)'", text):
        assert "'PEXPIRE'" in text
