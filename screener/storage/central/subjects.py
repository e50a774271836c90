"""What the central log holds of a number, opened: the calls of all edges, for who has the keys.

That it is asked for stands in an edge's audit before: that is left to who asks.
"""

from collections.abc import Iterator

from screener.errors import ScreenerError
from screener.storage.central import query
from screener.storage.central.driver import Connection
from screener.storage.central.erased import COUNTER, NEAR, NUMBER, near, pseudonyms_to_erase
from screener.storage.keys import Keys
from screener.storage.log_query import Found
from screener.storage.sealing import Sealer

AT_ONCE = 500

_PLACES = (
    "SELECT seq FROM calls WHERE number_key = ANY(%s) OR counter_key = ANY(%s) OR seq = ANY(%s) "
    "ORDER BY at DESC, seq DESC"
)
_SEALED = "SELECT seq, id, sealed, key_id FROM calls WHERE seq = ANY(%s) AND sealed IS NOT NULL"


def calls_of_number(connection: Connection, identity: str, keys: Keys) -> Iterator[Found]:
    """Yield every call of the number, newest first, with its outcomes, edge and `number`.

    To a number without an extension belong those with one, and those that withheld it, whose
    `number` is None; so is that of a call that these keys do not open.
    """
    wanted = list(pseudonyms_to_erase(identity, keys))
    number, counter, prefixes = (
        [key for kind, key in wanted if kind == one] for one in (NUMBER, COUNTER, NEAR)
    )
    extensions = near(connection, prefixes, identity, keys)
    places = [
        int(str(row[0])) for row in connection.execute(_PLACES, (number, counter, extensions))
    ]
    sealer = Sealer(keys)
    for start in range(0, len(places), AT_ONCE):
        part = places[start : start + AT_ONCE]
        found = {call["seq"]: call for call in query.calls_at(connection, part)}
        numbers = _numbers(connection, part, sealer)
        for place in part:
            if place in found:
                yield {**found[place], "number": numbers.get(place)}


def _numbers(connection: Connection, places: list[int], sealer: Sealer) -> dict[int, str]:
    opened = {}
    for seq, call_id, sealed, key_id in connection.execute(_SEALED, (places,)):
        try:
            number = sealer.unseal(sealed, str(call_id), str(key_id))  # type: ignore[arg-type]  # BYTEA
        except ScreenerError:  # sealed with other keys, or damaged
            continue
        opened[int(str(seq))] = number
    return opened
