from screener.core.memory import CallNote
from screener.core.settings import Settings
from screener.storage.new_memory import new_memory


def test_a_note_of_a_call_is_equal_by_what_it_says() -> None:
    assert CallNote("+16515550142", "trunk") == CallNote("+16515550142", "trunk", "")


def test_each_memory_has_reviews_and_a_usual_week_of_its_own() -> None:
    one, other = new_memory(Settings()), new_memory(Settings())
    assert one.reviews is not other.reviews
    assert one.usual is not other.usual
