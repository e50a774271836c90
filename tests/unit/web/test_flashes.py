from screener.web.flashes import MOST_PEOPLE, MOST_TEXTS, Flashes


def test_a_sentence_is_told_once_to_whom_it_is_for() -> None:
    flashes = Flashes()
    flashes.keep("anna", ["one"])
    flashes.keep("anna", ["two", "three"])
    assert flashes.tell("bert") == ()
    assert flashes.tell("anna") == ("one", "two", "three")
    assert flashes.tell("anna") == ()


def test_what_is_for_nobody_is_not_kept() -> None:
    flashes = Flashes()
    flashes.keep("", ["one"])
    flashes.keep("anna", [])
    assert (flashes.tell(""), flashes.tell("anna")) == ((), ())


def test_the_last_sentences_of_the_last_people_are_kept() -> None:
    flashes = Flashes()
    flashes.keep("anna", [str(number) for number in range(MOST_TEXTS + 2)])
    assert flashes.tell("anna") == tuple(str(number) for number in range(2, MOST_TEXTS + 2))
    for number in range(MOST_PEOPLE + 1):
        flashes.keep(f"session {number}", ["x"])
    assert flashes.tell("session 0") == ()
    assert flashes.tell("session 1") == ("x",)
