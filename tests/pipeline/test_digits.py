import pytest
import re2
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.digits import relaxed, zeroed
from tests.support.long_scenarios import examples

OPTIONS = re2.Options()
OPTIONS.log_errors = False
# What patterns are made of: digits in every place where they may stand, and what looks like a digit but is none.
ATOMS = r"""0 5 12 \d \D \w . a x - + * ? | ( (?: ) ^ $ \b [0-9] [1-5] [^3] [^0-9] [^5-7] [a-f0-9] [3a] [5-] []5] [^]5]
    [\]5] [\d.] [\D5] [[:digit:]] [[:alpha:]5] [^[:digit:]7] [0-9a-fA-F] [\x31-\x35] [+-9] [5-a] {2} {1,3} {0,} (?P<n1>
    (?P<é5> (?i) \x35 \x{35} \x41 \pN \p{Nd} \Q5\E \065 \\5 \. é ٣""".split()  # noqa: SIM905
patterns = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=5).map("".join)
texts = st.lists(st.text("0123579aAxf-+.\\] é٣\n", max_size=6), min_size=3, max_size=15)


def compiled(pattern: str) -> "re2._Regexp[str] | None":
    try:
        return re2.compile(pattern, OPTIONS)
    except re2.error:
        return None


@examples(1_500)
@given(patterns, texts)
@example("[^5-7]", ["8", "1"])
@example(r"[\]5]\d{3}", ["5123"])
@example(r"(?P<n1>5)", ["5", "1"])
def test_a_relaxed_pattern_finds_zeroed_text_wherever_the_pattern_finds_the_text(
    pattern: str, messages: list[str]
) -> None:
    expression = compiled(pattern)
    loose = relaxed(pattern)
    if expression is None or loose is None:
        return
    loose_expression = compiled(loose)
    assert loose_expression is not None, f"{pattern} became {loose}, which is not RE2"
    for message in messages:
        found = expression.search(message) is not None
        found_loosely = loose_expression.search(zeroed(message).decode()) is not None
        assert found_loosely or not found
        if loose == pattern:
            assert found_loosely == found


@pytest.mark.parametrize(
    "pattern", ["fail", r"\d+ ms", "[0-9a-f]{8}", "[^0-9]", "[[:digit:]]x", r"x{5,12}", r"\x41", "(?P<n1>a)"]
)
def test_a_pattern_that_asks_for_no_digit_in_particular_stays_as_it_is(pattern: str) -> None:
    assert relaxed(pattern) == pattern


@pytest.mark.parametrize("pattern", ["HTTP/1.1", r"status [45]\d\d", "x[1-5]"])
def test_a_pattern_that_asks_for_digits_is_relaxed_to_one_that_does_not(pattern: str) -> None:
    loose = relaxed(pattern)
    assert loose is not None
    assert loose != pattern
    assert re2.search(loose, pattern.replace("[45]", "0").replace("[1-5]", "0").replace(r"\d", "0"))


@pytest.mark.parametrize("pattern", [r"\Q5\E", r"\x35", r"\065", r"\Cx", "[5-a]", "[+-9]"])
def test_where_it_cannot_be_had_there_is_none(pattern: str) -> None:
    assert relaxed(pattern) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", b""),
        ("0123456789", b"0000000000"),
        ("node-12: é ٣", "node-00: é ٣".encode()),
        ("\ud800 7", b"\xed\xa0\x80 0"),
    ],
)
def test_digits_become_zero_and_nothing_else_changes(text: str, expected: bytes) -> None:
    assert zeroed(text) == expected
