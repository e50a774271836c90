from screener.web.headers import HEADERS, POLICY, STRICT_TRANSPORT


def test_the_policy_lets_nothing_run_that_stands_in_a_page() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["form-action"] == "'self'"
    assert "unsafe" not in POLICY
    assert "http" not in POLICY, "no other site"


def test_a_header_is_one_line_of_ascii() -> None:
    for text in (*HEADERS, *HEADERS.values(), STRICT_TRANSPORT):
        assert text.isascii()
        assert text.isprintable()
