from pathlib import Path

import pytest

from screener.lab.samples import LabPorts, LabSettings, fit, fit_samples
from screener.lab.share import sample_folder

PORTS = LabPorts(sip=1001, operators=1002, agent=1003, http=1004, ami=1005, rtp=2000)
USER = ("[screener]", "type = user", "read_only = no", "password_format = plain")
AS_SAMPLED = LabPorts(sip=5060, operators=5070, agent=4591, http=8088, ami=5038, rtp=10000)


def changed(name: str, settings: LabSettings | None = None) -> tuple[set[str], set[str]]:
    """Lines of a sample that are gone, and lines that are new."""
    before = (sample_folder() / name).read_text()
    after = fit(name, before, PORTS, settings or LabSettings())
    old, new = set(before.splitlines()), set(after.splitlines())
    return old - new, new - old


@pytest.mark.parametrize(
    ("name", "gone", "new"),
    [
        ("http.conf", {"bindport = 8088"}, {"bindport = 1004"}),
        ("manager.conf", {"port = 5038"}, {"port = 1005"}),
        (
            "rtp.conf",
            {"rtpstart = 10000", "rtpend = 20000"},
            {"rtpstart = 2000", "rtpend = 2999"},
        ),
        (
            "extensions.conf",
            {"SCREENER_AGENT = 127.0.0.1:4591"},
            {"SCREENER_AGENT = 127.0.0.1:1003"},
        ),
        ("screener.conf", set(), set()),
        ("ari.conf", set(), set()),
        ("modules.conf", set(), set()),
        ("queues.conf", set(), set()),
    ],
)
def test_nothing_but_the_ports_of_a_sample_changes(
    name: str, gone: set[str], new: set[str]
) -> None:
    assert changed(name) == (gone, new)


def test_sip_and_the_operators_contacts_move_to_the_labs_ports() -> None:
    gone, new = changed("pjsip.conf")

    assert "bind = 127.0.0.1:5060" in gone
    assert "bind = 127.0.0.1:1001" in new
    assert all("127.0.0.1:5060" in line or "127.0.0.1:5070" in line for line in gone)
    assert {f"contact = sip:operator{n}@127.0.0.1:1002" for n in (1, 2, 3)} < new


def test_on_the_samples_own_ports_only_the_range_for_sound_is_smaller() -> None:
    for sample in sample_folder().glob("*.conf"):
        text = sample.read_text()
        fitted = fit(sample.name, text, AS_SAMPLED, LabSettings())
        assert fitted == text.replace("rtpend = 20000", "rtpend = 10999")


@pytest.mark.parametrize("operators", [0, 1, 3, 5])
def test_the_queue_has_as_many_phones_as_wanted(operators: int) -> None:
    settings = LabSettings(operators=operators)
    queue = fit("queues.conf", (sample_folder() / "queues.conf").read_text(), PORTS, settings)
    phones = fit("pjsip.conf", (sample_folder() / "pjsip.conf").read_text(), PORTS, settings)

    assert queue.count("member => PJSIP/operator") == operators
    assert phones.count("contact = sip:operator") == max(3, operators)


def test_a_secret_lets_the_samples_ari_user_in_and_changes_nothing_else() -> None:
    gone, new = changed("ari.conf", LabSettings(ari_secret="5ec4e7"))

    assert gone == {f";{line}" for line in (*USER, "password =")}
    assert new == {*USER, "password = 5ec4e7"}
    assert "5ec4e7" not in repr(LabSettings(ari_secret="5ec4e7"))


def test_a_global_is_set_in_place_or_added() -> None:
    settings = LabSettings(dialplan={"SCREENER_GUARD": "12", "SCREENER_TIMEOUT": "1"})
    gone, new = changed("extensions.conf", settings)

    assert "SCREENER_GUARD =" in gone
    assert {"SCREENER_GUARD = 12", "SCREENER_TIMEOUT = 1"} < new


@pytest.mark.parametrize(
    "name", ["pjsip.conf", "http.conf", "manager.conf", "rtp.conf", "queues.conf"]
)
def test_a_sample_that_lost_its_word_is_an_error_not_an_admins_port(name: str) -> None:
    with pytest.raises(ValueError, match="fit the lab to the sample"):
        fit(name, "[general]\n", PORTS, LabSettings())


@pytest.mark.parametrize("text", ["[general]\n", ";password =\n"])
def test_a_sample_without_its_ari_user_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="fit the lab to the sample"):
        fit("ari.conf", text, PORTS, LabSettings(ari_secret="5ec4e7"))


def test_every_sample_is_copied_and_extra_text_stands_behind(tmp_path: Path) -> None:
    fit_samples(sample_folder(), tmp_path, PORTS, LabSettings(extra={"ari.conf": "; more\n"}))

    assert {path.name for path in tmp_path.iterdir()} == {
        path.name for path in sample_folder().glob("*.conf")
    }
    assert (tmp_path / "ari.conf").read_text().endswith("; more\n")
