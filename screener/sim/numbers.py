"""The numbers of the simulated world: who has which, and how each trunk writes them.

A space of numbers is counted through by a stride that spreads it, so the n-th number is found
without a table and no two are alike. Whether a number can be had is libphonenumber's knowledge
(a test holds the two together); who dials from it is left to `people` and `attackers`.
"""

from collections.abc import Sequence
from math import gcd
from random import Random

from screener.sim.chance import chances
from screener.sim.model import CenterSite

LINES = 10_000
"""Numbers of one exchange (NPA-NXX)."""

EXCHANGES = tuple(
    exchange
    for exchange in range(200, 1000)
    if exchange % 100 != 11 and exchange not in {555, 950, 958, 959, 976}  # noqa: PLR2004 - as NANPA has them
)
"""Central office codes that are given to subscribers (ATIS-0300051: no N11, none reserved)."""

_WIDE = (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 219 224 225 228 229 231 234 239 "
    "240 248 251 252 253 254 256 260 262 267 269 270 281 301 302 303 304 305 307 308 309 310 312 "
    "313 314 315 316 317 318 319 321 323 330 334 336 337 347 352 360 361 386 401 402 404 405 406 "
    "407 408 409 410 412 413 414 415 417 419 423 425 432 434 435 440 443 469 478 479 480 484 501 "
    "502 503 504 505 508 509 510 512 513 515 516 517 518 520 530 540 541 559 561 562 563 567 570 "
    "571 573 574 580 585 586 601 602 603 605 606 607 608 609 610 614 615 616 617 618 619 620 623 "
    "626 630 631 636 641 646 650 660 661 662 678 682 701 702 703 704 706 707 708 712 713 714 715 "
    "716 717 718 719 720 724 727 731 732 734 740 754 757 760 765 770 772 773 775 781 785 786 801 "
    "802 803 804 805 806 808 810 812 813 814 815 816 817 828 830 831 832 843 845 847 848 850 856 "
    "857 858 859 860 862 863 864 865 870 901 903 904 906 907 908 909 910 912 913 914 915 916 917 "
    "918 919 920 925 928 931 936 937 940 941 947 949 951 954 956 970 971 972 973 978 979 980 985"
)
WIDE_AREA_CODES = tuple(_WIDE.split())
"""Area codes of the United States, all in use."""

FOREIGN_STEMS = (
    ("+4420", "79460000", 8),
    ("+4930", "20000000", 8),
    ("+331", "42000000", 8),
    ("+5255", "50000000", 8),
)
"""A country's stem, the least number behind it, and how many digits stand there."""

SPELLINGS = ("e164", "national", "bare")
"""How a trunk writes a number of its own country: `+1651..`, `651..`, `1651..`."""

_GOLDEN = 0.6180339887498949
_FOREIGN_SPAN = 100_000


class NumberSpace:
    """All numbers of some area codes, in an order of its own; the n-th one costs no memory."""

    def __init__(self, area_codes: Sequence[str], seed: int) -> None:
        self.size = len(area_codes) * len(EXCHANGES) * LINES
        self._codes = tuple(area_codes)
        rng = chances(seed)
        stride = int(self.size * _GOLDEN) + rng.randrange(LINES)
        while gcd(stride, self.size) != 1:
            stride += 1
        self._stride = stride
        self._offset = rng.randrange(self.size)

    def number(self, index: int) -> str:
        """Return the number at this place, E.164; places repeat after `size`."""
        place = (index * self._stride + self._offset) % self.size
        place, line = divmod(place, LINES)
        code, exchange = divmod(place, len(EXCHANGES))
        return f"+1{self._codes[code]}{EXCHANGES[exchange]}{line:04d}"


class SiteNumbers:
    """Whose number is whose at one site: customers first, switchboards, relays, then strangers."""

    RELAYS = 6
    """Relay operators' numbers that many people share."""

    def __init__(self, site: CenterSite, seed: int) -> None:
        self.customers = customers_of(site)
        self._switchboards = site.people.switchboards
        self._space = NumberSpace(site.people.area_codes, seed)

    def customer(self, index: int) -> str:
        """Return a customer's number; there are `customers` of them."""
        return self._space.number(index % self.customers)

    def switchboard(self, index: int) -> str:
        """Return the number that everybody behind one switchboard shows."""
        return self._space.number(self.customers + index % self._switchboards)

    def relay(self, index: int) -> str:
        """Return one of the relay services' numbers."""
        return self._space.number(self.customers + self._switchboards + index % self.RELAYS)

    def stranger(self, index: int) -> str:
        """Return the number of somebody who never called before."""
        return self._space.number(self.customers + self._switchboards + self.RELAYS + index)


def customers_of(site: CenterSite) -> int:
    """Return how many customers a site must have, from their share of its calls in 30 days."""
    people = site.people
    monthly = 30.0 * sum(site.hourly) * people.known_share
    return max(1, round(monthly / people.calls_a_month))


def neighbour(site: CenterSite, pool: int, index: int) -> str:
    """Return a number of one of `pool` prefixes that stand beside the site's own one."""
    own = site.dids[0]
    first = EXCHANGES.index(int(own[5:8])) if int(own[5:8]) in EXCHANGES else 0
    exchange = EXCHANGES[(first + 1 + index % pool) % len(EXCHANGES)]
    line = int(index * _GOLDEN * LINES * LINES) % LINES
    return f"{own[:5]}{exchange}{line:04d}"


def unallocated(rng: Random) -> str:
    """Return a number that nobody can have: an area or an exchange that none can begin so."""
    line = rng.randrange(LINES)
    if rng.random() < 0.5:  # noqa: PLR2004 - either way
        return f"+1{rng.choice(WIDE_AREA_CODES)}{rng.randrange(200):03d}{line:04d}"
    return f"+1{rng.randrange(200):03d}{rng.randrange(200, 1000)}{line:04d}"


def foreign(rng: Random) -> str:
    """Return a number of another country."""
    stem, least, digits = rng.choice(FOREIGN_STEMS)
    return f"{stem}{int(least) + rng.randrange(_FOREIGN_SPAN):0{digits}d}"


def spellings_of(site: CenterSite) -> dict[str, str]:
    """Return how each trunk of the site writes numbers: in turn, so a site has all three."""
    return {
        trunk: SPELLINGS[place % len(SPELLINGS)] for place, trunk in enumerate(sorted(site.trunks))
    }


def spell(number: str, spelling: str) -> str:
    """Write an E.164 number as a trunk does; a foreign one keeps its country code."""
    if spelling == "e164" or not number:
        return number
    if spelling == "national" and number.startswith("+1"):
        return number[2:]
    return number[1:]
