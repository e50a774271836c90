"""Caller ids land in the class and under the identity that the numbering plans give them."""

import unicodedata

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from screener.core.number import CACHE_SIZE, CallerClass, NumberPlan

REGIONS = ("US", "GB", "DE", "FR", "IL", "AU", "BR")
PLANS = {region: NumberPlan(region) for region in (*REGIONS, "AR", "IT", "MX", "IS", "RU")}
NUMBERED = {CallerClass.VALID, CallerClass.FOREIGN, CallerClass.UNALLOCATED}
SOMEONES = {CallerClass.VALID, CallerClass.FOREIGN}
US = PLANS["US"]

# Lengths of national numbers that a stranger can write without a country code.
LENGTHS = {
    "US": (10,),
    "GB": (9, 10),
    "DE": (8, 9, 10, 11),
    "FR": (9,),
    "IL": (8, 9),
    "AU": (9, 10),
    "BR": (10, 11),
}


def code_of(region: str) -> str:
    return str(phonenumbers.country_code_for_region(region))


def trunk_of(region: str) -> str:
    return phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""


@st.composite
def national_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a region and a national number; about half of them can be somebody's."""
    region = draw(st.sampled_from(REGIONS))
    if draw(st.booleans()):
        kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
        number = phonenumbers.example_number_for_type(region, draw(st.sampled_from(kinds)))
        assert number is not None
        start = phonenumbers.national_significant_number(number)[:-4]
        return region, start + f"{draw(st.integers(0, 9999)):04d}"
    length = draw(st.sampled_from(LENGTHS[region]))
    first = draw(st.integers(0 if region == "US" else 1, 9))
    rest = draw(st.integers(0, 10 ** (length - 1) - 1))
    return region, f"{first}{rest:0{length - 1}d}"


CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


@st.composite
def plain_numbers(draw: st.DrawFn) -> str:
    """Draw a number of any country code as most trunks write it, near one that somebody has."""
    code = draw(st.sampled_from(CODES))
    region = phonenumbers.region_code_for_country_code(code)
    number = phonenumbers.example_number(region) if region != "001" else None
    national = phonenumbers.national_significant_number(number) if number else "80012345"
    place = draw(st.integers(0, len(national) - 1))
    return f"+{code}{national[:place]}{draw(st.sampled_from('0123456789'))}{national[place + 1 :]}"


e164_numbers = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
near_numbers = st.text(alphabet="+0123456789 .()-;=:abcdefilnorstux\u0663\uff11\n\x1b", max_size=40)
texts = st.one_of(e164_numbers, near_numbers, st.text(max_size=150))


@given(national_numbers())
def test_every_writing_that_names_the_country_gives_the_same_caller(given: tuple[str, str]) -> None:
    region, national = given
    code = code_of(region)
    caller = PLANS[region].read(f"+{code}{national}")
    assert caller.identity == f"+{code}{national}"
    for writing in (
        f"tel:+{code}{national}",
        f"TEL:+{code}-{national}",
        f"tel:{national};phone-context=+{code}",
        f"{national};phone-context=+{code}",
        f"+{code} {national}",
        f"+{code}{national};cpc=ordinary;oli=62;verstat=TN-Validation-Passed",
        f"tel:+{code}{national};npdi;rn=+{code}{national};cic=+1-6789",
    ):
        assert PLANS[region].read(writing) == caller, writing


@given(national_numbers())
@example(("US", "0001112222"))
@example(("DE", "4930123456"))
@example(("AU", "610000000"))
def test_every_national_and_bare_writing_gives_the_same_caller(given: tuple[str, str]) -> None:
    region, national = given
    plan, code, trunk = PLANS[region], code_of(region), trunk_of(region)
    caller = plan.read(f"+{code}{national}")
    for writing in (trunk + national, national, code + national):
        other = plan.read(writing)
        # Bare digits that no one at home can have may be those of somebody abroad, and a long
        # national number without its prefix can read like the country code and another number.
        someone_else = caller.kind is CallerClass.UNALLOCATED and other.kind in SOMEONES
        twofold = caller.kind in SOMEONES and writing != trunk + national
        nobody = {caller.kind, other.kind} == {CallerClass.UNALLOCATED}
        if other == caller or someone_else or (nobody and writing == national[: len(writing)]):
            continue
        assert twofold, writing
        assert other.kind is CallerClass.VALID, writing
        assert writing.startswith(code), writing
        assert region != "US", writing


@given(st.integers(0, 10**10 - 1))
def test_in_north_america_ten_and_eleven_digits_are_never_read_as_another_number(
    national: int,
) -> None:
    caller = US.read(f"+1{national:010d}")
    assume(not f"{national:010d}".startswith("011"))
    assert US.read(f"{national:010d}") == caller
    assert US.read(f"1{national:010d}") == caller


@given(st.sampled_from(sorted(PLANS)), e164_numbers, e164_numbers)
def test_two_international_numbers_never_share_a_key(region: str, one: str, other: str) -> None:
    plan = PLANS[region]
    assume(one != other)
    assert plan.read(one).identity == one
    assert plan.read(other).identity == other
    assert plan.read(one).counter_key != plan.read(other, "prohib").counter_key


@given(st.sampled_from(sorted(PLANS)), texts)
def test_reading_an_identity_again_gives_the_same_identity(region: str, text: str) -> None:
    caller = PLANS[region].read(text)
    if caller.kind in NUMBERED:
        assert PLANS[region].read(caller.identity) == caller


@given(st.sampled_from(sorted(PLANS)), texts, st.sampled_from(["", "prohib", "33", "67", "x"]))
@example("US", "6515392200\n", "")
@example("US", "\ud800", "32")
def test_any_text_is_read_and_each_class_keeps_to_its_keys(
    region: str, text: str, presentation: str
) -> None:
    caller = PLANS[region].read(text, presentation)
    spaces = {
        CallerClass.SHORT: "short:",
        CallerClass.WITHHELD: "withheld:",
        CallerClass.JUNK: "junk:",
    }
    assert presentation or caller.identity == PLANS[region].identify(text)
    start = spaces.get(caller.kind, "+" if caller.kind in NUMBERED else "\0")
    assert not caller.counter_key or caller.counter_key.startswith(start)
    assert not caller.prefix or caller.prefix.startswith(("+", "withheld:+"))
    identifies = caller.kind in NUMBERED or caller.kind is CallerClass.SHORT
    assert caller.identity == (caller.counter_key if identifies else "")
    assert bool(caller.e164) == (caller.kind in NUMBERED)
    for shown in (caller.identity, caller.counter_key, caller.prefix, caller.masked, caller.e164):
        assert not any(unicodedata.category(c).startswith("C") for c in shown)
        assert len(shown) <= 2 * 128


@given(st.sampled_from(sorted(PLANS)), st.one_of(e164_numbers, plain_numbers(), texts))
def test_the_short_way_of_plain_numbers_reads_them_as_the_long_way_does(
    region: str, text: str
) -> None:
    plan = PLANS[region]
    assert plan._read(text) == plan._read_any(text)


@given(st.sampled_from(sorted(PLANS)), e164_numbers)
def test_a_masked_number_shows_its_country_and_at_most_its_last_two_digits(
    region: str, number: str
) -> None:
    masked = PLANS[region].read(number + ";ext=4711").masked
    head, bullets, tail = masked.partition("\u2022")
    assert bullets
    assert number.startswith(head)
    assert len(head) <= 4
    assert tail.strip("\u2022;") == number[-2:]


@pytest.mark.parametrize(
    ("region", "text", "kind", "identity"),
    [
        ("US", "6515392200", "valid", "+16515392200"),
        ("US", "(651) 539-2200", "valid", "+16515392200"),
        ("US", "+1 (651) 539-2200", "valid", "+16515392200"),
        ("US", "1-651-539-2200", "valid", "+16515392200"),
        ("US", "651.539.2200", "valid", "+16515392200"),
        ("US", "6135551234", "valid", "+16135551234"),
        ("US", "0001112222", "unallocated", "+10001112222"),
        ("US", "4930123456", "unallocated", "+14930123456"),
        ("US", "+999123456789", "unallocated", "+999123456789"),
        ("US", "+1911", "short", "short:+1911"),
        ("US", "911", "short", "short:911"),
        ("US", "112", "short", "short:112"),
        ("US", "539-2200", "short", "short:5392200"),
        ("US", "29812345", "short", "short:29812345"),
        ("US", "tel:911;phone-context=+1", "short", "short:911"),
        ("US", "tel:112;phone-context=+44", "short", "short:112@+44"),
        ("US", "tel:539-2200;phone-context=+1-651", "valid", "+16515392200"),
        ("US", "tel:16515392200;phone-context=+1", "valid", "+16515392200"),
        ("US", "tel:2071838750;phone-context=+44", "foreign", "+442071838750"),
        ("US", "442071838750", "foreign", "+442071838750"),
        ("US", "011442071838750", "foreign", "+442071838750"),
        ("US", "01199912345678", "unallocated", "+99912345678"),
        ("US", "00442071838750", "junk", ""),
        ("US", "+16515392200;ext=12", "valid", "+16515392200;ext=12"),
        ("US", "tel:+16515392200;isub=7;EXT=1-2", "valid", "+16515392200;ext=12;isub=7"),
        ("GB", "+442071838750", "valid", "+442071838750"),
        ("GB", "020 7183 8750", "valid", "+442071838750"),
        ("GB", "+4402071838750", "unallocated", "+4402071838750"),
        ("GB", "16515392200", "foreign", "+16515392200"),
        ("GB", "999", "short", "short:999"),
        ("DE", "4915112345678", "valid", "+4915112345678"),
        ("DE", "015112345678", "valid", "+4915112345678"),
        ("AR", "011 15 2345 6789", "valid", "+5491123456789"),
        ("AR", "+54111523456789", "unallocated", "+54111523456789"),
        ("BR", "0 15 11 987654321", "valid", "+5511987654321"),
        ("BR", "01511987654321", "valid", "+5511987654321"),
        ("BR", "55987654321", "valid", "+5555987654321"),
        ("IT", "0612345678", "valid", "+390612345678"),
        ("IT", "+39612345678", "unallocated", "+39612345678"),
        ("MX", "+5215512345678", "unallocated", "+5215512345678"),
        ("IS", "4101234", "valid", "+3544101234"),
        ("RU", "89161234567", "valid", "+79161234567"),
        ("AU", "001116515392200", "foreign", "+16515392200"),
        ("AU", "131234", "short", "short:131234"),
    ],
)
def test_known_writings_are_read_as_their_region_means_them(
    region: str, text: str, kind: str, identity: str
) -> None:
    caller = PLANS[region].read(text)
    assert (caller.kind, caller.identity) == (kind, identity)


@pytest.mark.parametrize(
    "text",
    [
        "+",
        "++16515392200",
        "1651+5392200",
        "+0123456789",
        "+1651539220012345",
        " 6515392200",
        "6515392200 ",
        "6515392200\n",
        "6515392200\x00",
        "651\u00a0539\u00a02200",
        "\u0666\u0665\u0661\u0665\u0663\u0669\u0662\u0662\u0660\u0660",
        "\uff16\uff15\uff11\uff15\uff13\uff19\uff12\uff12\uff10\uff10",
        "6-5-1-5-3-9-2-2-0-0",
        "(651 539-2200",
        "+44 (0)20 7183 8750",
        "651--539-2200",
        "651-CALL-NOW",
        "6515392200@host",
        "sip:+16515392200@host",
        "tel:",
        "tel:+16515392200;phone-context=+1",
        "tel:6515392200;phone-context=example.com",
        "tel:+16515392200;unknown=1",
        "tel:+16515392200;ext=1;ext=2",
        "tel:+16515392200;ext=",
        "tel:+16515392200;ext=--",
        "tel:+16515392200;isub=%0a",
        "tel:+16515392200;",
        "+16515392200;cpc=\u0661",
        "6515392200" * 13,
        "s",
    ],
)
def test_whatever_is_no_number_is_junk_whole_and_never_cleaned(text: str) -> None:
    caller = US.read(text)
    assert caller.kind is CallerClass.JUNK
    assert caller.identity == caller.e164 == caller.prefix == ""
    assert caller.counter_key.startswith("junk:")
    assert caller.masked == f"junk(len={len(text)})"


@pytest.mark.parametrize("word", ["anonymous", "Anonymous", "RESTRICTED", "unknown", "asterisk"])
def test_a_word_in_the_place_of_the_number_is_anonymous(word: str) -> None:
    caller = US.read(word)
    assert caller.kind is CallerClass.ANONYMOUS
    assert caller.identity == caller.counter_key == ""
    assert US.read(word + " ").kind is CallerClass.JUNK


@pytest.mark.parametrize(
    "presentation",
    [
        *("prohib", "prohib_not_screened", "PROHIB_PASSED_SCREEN", "prohib_failed_screen"),
        *("restricted", "32", "33", "34", "35"),
    ],
)
def test_a_withheld_number_only_counts_and_is_never_shown(presentation: str) -> None:
    caller = US.read("6515392200", presentation)
    assert caller.kind is CallerClass.WITHHELD
    assert caller.identity == caller.e164 == ""
    assert caller.counter_key == "withheld:+16515392200"
    assert caller.prefix == "withheld:+1651539"
    assert caller.masked == "withheld"
    for nobody in ("", "anonymous"):
        assert US.read(nobody, presentation).counter_key == ""


@pytest.mark.parametrize("presentation", ["unavailable", "67", "64"])
def test_an_unavailable_number_is_absent(presentation: str) -> None:
    assert US.read("6515392200", presentation).kind is CallerClass.ABSENT


@pytest.mark.parametrize(
    "presentation",
    [
        *("", "allowed", "allowed_not_screened", "allowed_passed_screen", "allowed_failed_screen"),
        *("0", "1", "2", "3", "nonsense", "\u0663\u0663", "3333"),
    ],
)
def test_any_other_presentation_hides_nothing(presentation: str) -> None:
    assert US.read("6515392200", presentation).identity == "+16515392200"


def test_no_text_is_absent() -> None:
    assert US.read("").kind is CallerClass.ABSENT


@pytest.mark.parametrize(("tail", "prefix"), [(1, "+1651539220"), (4, "+1651539"), (6, "+16515")])
def test_a_prefix_leaves_out_the_last_digits(tail: int, prefix: str) -> None:
    plan = NumberPlan("US", prefix_tail=tail)
    assert plan.read("6515392200;ext=9").prefix == prefix
    assert plan.read("911").prefix == ""


@pytest.mark.parametrize("region", ["", "us", "XX", "001", "USA"])
def test_an_unknown_region_is_refused_with_what_is_allowed(region: str) -> None:
    with pytest.raises(ValueError, match=r"unknown region .* ISO 3166-1"):
        NumberPlan(region)


@pytest.mark.parametrize("tail", [0, 7, -1])
def test_a_tail_that_leaves_no_prefix_is_refused(tail: int) -> None:
    with pytest.raises(ValueError, match="allowed are 1 to 6"):
        NumberPlan("US", prefix_tail=tail)


def test_the_memory_of_read_texts_is_bounded() -> None:
    plan = NumberPlan("US")
    for number in range(CACHE_SIZE + 10):
        plan.read(f"x{number}")
    assert CACHE_SIZE - 32 < len(plan._cached) <= CACHE_SIZE
