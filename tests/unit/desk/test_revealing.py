from pathlib import Path

import pytest

from screener.desk.auditing import all_of
from screener.desk.finding import NoSuchCallError
from screener.desk.revealing import LONGEST, reveal
from screener.errors import ScreenerError
from screener.storage.subjects import Asker
from tests.unit.cli.logged import logged
from tests.unit.storage.logs import decided

CALL, WITHHELD = "00000000000000a1", "00000000000000b2"
ANNA = Asker("anna (web)", " ticket\x1b 7 " + "x" * 500, 7.0)


def test_a_number_is_shown_once_it_is_written_down(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        site.log.decisions(decided(CALL))
        site.log.decisions(decided(WITHHELD, presentation="prohib"))
        assert reveal(site.config, CALL, ANNA) == "+16515550142"
        with pytest.raises(ScreenerError, match="no number was kept"):
            reveal(site.config, WITHHELD, ANNA)
        with pytest.raises(ScreenerError, match="a name and a reason"):
            reveal(site.config, CALL, Asker("anna", " ", 7.0))
        with pytest.raises(NoSuchCallError):
            reveal(site.config, "0" * 16, ANNA)
        deeds, verified = all_of(site.config)
    assert [(deed.who, deed.what, deed.target) for deed in deeds] == [
        ("anna (web)", "reveal", CALL),
        ("anna (web)", "reveal", WITHHELD),
    ]
    assert deeds[0].reason.startswith("ticket? 7 xxx")
    assert len(deeds[0].reason) == LONGEST
    assert verified.whole == {"log": 2}
