"""Colours, cursor movement, invisible characters and progress lines are taken out before a message is judged."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning import clean
from pipeline.event import Event
from pipeline.masking import mask
from pipeline.recogniser import Recogniser
from pipeline.rules import Rule, RuleSet
from tests.pipeline.mask_pieces import digits_zeroed, spaced, texts

RULES = RuleSet(
    [
        Rule("login", "User Action", r"^user \w+ logged in$", match=("user bob logged in",)),
        Rule("http", "Error", r"status 50\d", match=("status 503",)),
    ],
    ["Error", "User Action"],
)


@settings(max_examples=500, deadline=None)
@given(texts | spaced)
def test_cleaning_what_is_clean_changes_nothing_and_digits_are_alike(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean(digits_zeroed(text)) == digits_zeroed(clean(text))


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs", "S")), max_size=60))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    if "[" not in text:
        assert clean(text) == text


CODES = [
    *("\x1b[0m", "\x1b[1;31m", "\x1b[38;5;196m", "\x1b[38;2;1;2;3m", "\x1b[38:2::1:2:3m", "\x1b[m", "\x1b[K"),
    *("\x1b[?25l", "\x1b]0;title\x07", "\x1b]8;;https://a.example/b\x1b\\", "\x1b(B", "\x1b7", "\x1b=", "\x9b31m"),
    *("\x1bP1$r0m\x1b\\", "\x1b[>4;2m", "\x1b_x\x1b\\", "\x07", "\x0f", "\u200b", "\u2060", "\ufeff", "\u00ad"),
    *("\u202e", "\u2066", "\u200e", "\ufe0f", "\u200d", "\U000e0041", r"\x1b[31m", r"\u001b[0;1m", r"\033[1m"),
    *(r"\e[0m", "#033[33m", "^[[0m"),
]  # fmt: skip


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "message",
    ["user anna logged in", "status 503 for anna", "disk /dev/sda1 is 91% full", "password=hunter2 given"],
)
def test_a_message_has_the_same_rule_and_template_with_and_without_codes(message: str, code: str) -> None:
    marked = code + f"{code} {code}".join(message.split(" ")) + code
    assert Recogniser(RULES).recognise([Event("", marked)]) == Recogniser(RULES).recognise(
        [Event("", message)]
    )
    assert RULES.first_match(marked, "") is RULES.first_match(message, "")


def test_codes_inside_words_do_not_hide_them() -> None:
    assert clean("pass\u200bword=\x1b[31mhunter2\x1b[0m") == "password=hunter2"
    assert mask("\x1b[36mpassword\x1b[0m=\x1b[33mhunter2\x1b[0m") == "password=<secret>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[10Cb", "a b"),
        ("\x1b[2J\x1b[1;1Hready", "ready"),
        ("fetch 10%\rfetch 55%\rfetch done", "fetch done"),
        ("1/9 files\r5/9 files\r9/9 files\r\n", "9/9 files\n"),
        ("[==>   ] pulling\r\x1b[Kpulled", "pulled"),
        ("copied\r", "copied"),
        ("one\r\ntwo\r\r\n", "one\ntwo\n"),
        ("N\bNA\bAM\bME\bE", "NAME"),
        ("Failed password for x\rwelcome", "Failed password for x\nwelcome"),
        ("\x1b]0;never ended: access denied", "0;never ended: access denied"),
    ],
)
def test_what_a_terminal_shows_at_the_end_is_what_counts(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    "text",
    ["took [5m] of [1h]", "\tat a.B\n", "#12[3] of x[0]", "naïve café 密码", "a\x00b", "x ➜ y", "[0;1]"],
)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert clean(text) == text


ENDLESS = [
    "\x1b",
    "\x1b[",
    "\x1b[0;",
    "\x1b]",
    "\x9d",
    "\x1bP",
    "\x08",
    "a\x08",
    "\r",
    "9%\r",
    r"\e[",
    "^[[1",
    "\u200b",
]


@pytest.mark.parametrize("piece", ENDLESS)
def test_a_long_hostile_text_is_cleaned_with_few_steps(piece: str) -> None:
    start = process_time()
    clean((piece * 16_384)[:16_384])
    assert process_time() - start < 0.25  # a quadratic pattern takes seconds
