from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import RuleError
from pipeline.rules import MAX_PATTERN_CHARS, MAX_RULES, RULE_CHARS, Rule, RuleSet, read_rules

LABELS = ("Error", "User Action")


def rule(name: str = "r", pattern: str = "fail", **fields: Any) -> Rule:
    return Rule(
        **{"name": name, "label": "Error", "pattern": pattern, "match": (f"{pattern} now",), **fields}
    )


def name_of(rules: RuleSet, message: str, source: str = "", severity: str = "") -> str | None:
    found = rules.first_match(message, source, severity)
    return found.name if found else None


def test_the_first_in_the_file_wins_wherever_it_matches() -> None:
    rules = RuleSet([rule("b", "beta"), rule("a", "alpha"), rule("any", "a", match=("x a",))], LABELS)
    assert name_of(rules, "alpha, then beta") == "b"
    assert name_of(rules, "alpha alone") == "a"
    assert name_of(rules, "gamma") == "any"
    assert name_of(rules, "zzz") is None
    assert name_of(RuleSet([], LABELS), "zzz") is None


def test_a_rule_with_a_severity_is_for_events_of_that_severity_alone() -> None:
    rules = RuleSet([rule("loud", severity="error"), rule("all", "fa.l", match=("fail",))], LABELS)
    found = [name_of(rules, "fail", severity=severity) for severity in ("error", "critical", "")]
    assert found == ["loud", "all", "all"]
    with pytest.raises(RuleError, match="has the severity 'ERROR', which is none of trace, debug, info"):
        RuleSet([rule(severity="ERROR")], LABELS)


def test_a_rule_with_a_source_is_for_that_source_alone() -> None:
    rules = RuleSet([rule("crm", source="CRM"), rule("all", "fa.l", match=("fail",))], LABELS)
    assert [name_of(rules, "fail", source) for source in ("CRM", "crm", "")] == ["crm", "all", "all"]
    only = RuleSet([rule("crm", source="CRM")], LABELS)
    assert [name_of(only, "fail", source) for source in ("CRM", "crm", "")] == ["crm", None, None]


@pytest.mark.parametrize(
    "message", ["fail", "é fail ☃", "a\x00fail", "a\nfail\r\n", "\ud800 fail", "fail\udfff"]
)
def test_any_text_can_be_matched(message: str) -> None:
    assert name_of(RuleSet([rule(match=("fail",))], LABELS), message) == "r"


ATOMS = r"""5 0 12 [1-5] [^3] [a-f0-9] [[:digit:]] [^[:digit:]7] \d \D \w \x35 \x{35} [\x31-\x35] {2} + | ( )
    (?: a b . - \b ^ $ \Q5\E \pN [\]5] []5] [5-] [^]5] (?P<x5> \. é [5-a] [+-9] [!-~] \065 \\5 [[:alpha:]5]
    ?""".split()  # noqa: SIM905
options = re2.Options()
options.log_errors = False


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(ATOMS), min_size=1, max_size=4).map("".join),
    st.lists(st.text("0125679abAf-. é\\x", max_size=5), min_size=5, max_size=30),
)
def test_digits_count_as_the_pattern_asks(pattern: str, messages: list[str]) -> None:
    try:
        found = [bool(re2.compile(pattern, options).search(message)) for message in messages]
    except re2.error:
        return
    if any(found) and not re2.compile(pattern, options).search(""):
        rules = RuleSet([rule(pattern=pattern, match=(messages[found.index(True)],))], LABELS)
        assert [rules.first_match(message, "") is not None for message in messages] == found


def test_only_the_first_part_of_a_long_message_is_looked_at() -> None:
    rules = RuleSet([rule()], LABELS)
    assert name_of(rules, "x" * (RULE_CHARS - 4) + "fail") == "r"
    assert name_of(rules, "x" * RULE_CHARS + "fail") is None


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ([rule(), rule()], "two rules are named 'r': give each a name of its own"),
        ([rule(label="Oops")], "rule 'r' has the label 'Oops', which is none of ['Error', 'User Action']"),
        ([rule(match=())], "rule 'r' has no example under `match`: give it one message or more"),
        (
            [rule(pattern="f" * (MAX_PATTERN_CHARS + 1))],
            "rule 'r' has a pattern of more than 2000 characters",
        ),
        ([rule(pattern="(unclosed")], "rule 'r' has a pattern that RE2 refuses: missing ): (unclosed"),
        ([rule(pattern=r"(a)\1")], r"rule 'r' has a pattern that RE2 refuses: invalid escape sequence: \1"),
        ([rule(pattern="(?=a)a")], "rule 'r' has a pattern that RE2 refuses: invalid perl operator: (?="),
        ([rule(pattern="x*")], "rule 'r' matches the empty message, hence every message"),
        ([rule(match=("success",))], "rule 'r' does not match its own example 'success'"),
        ([rule(no_match=("failsafe",))], "rule 'r' matches 'failsafe', which stands under its `no_match`"),
        (
            [rule("first"), rule("second", "ail", match=("fail",))],
            "rule 'second': its example 'fail' is taken by 'first', which is before it",
        ),
        (
            [rule(f"r{number}") for number in range(MAX_RULES + 1)],
            "5001 rules are more than the 5000 that one bundle may have",
        ),
    ],
)
def test_a_wrong_rule_is_refused_in_a_sentence(
    rules: list[Rule], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RuleError) as caught:
        RuleSet(rules, LABELS)
    assert str(caught.value) == sentence
    assert capfd.readouterr() == ("", "")  # the library that compiles them would like to log


def test_rules_are_read_from_yaml(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(
        "- name: login\n  label: User Action\n  pattern: '(?i)logged (in|out)'\n  source: CRM\n"
        "  match: [Alice logged in, 'bob LOGGED OUT']\n  no_match: [log in]\n",
        encoding="utf-8",
    )
    rules = read_rules(file, LABELS)
    assert rules.rules[0].no_match == ("log in",)
    assert name_of(rules, "carol logged out", "CRM") == "login"
    file.write_text("# none yet\n")
    assert read_rules(file, LABELS).rules == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("name: x", "does not hold a list of rules: Expected `array`, got `object`"),
        ("- name: x", "rule 'x' has no `label`"),
        ("- label: x", "rule 1 of the file has no `name`"),
        ("- {name: 4, label: Error, pattern: x, match: [x]}", "Expected `str`, got `int` - at `$[0].name`"),
        ("- {name: a, label: Error, pattern: x, match: x}", "Expected `array`, got `str` - at `$[0].match`"),
        (
            "- {name: a, label: Error, pattern: x, matches: [x], match: [x]}",
            "unknown field `matches` - at `$[0]`; did you mean `match`?",
        ),
        ("- {name: a, label: Error, regex: x}", "; a rule has name, label, pattern, match, no_match, source"),
        ("- {name: a", "cannot be read: while parsing a flow mapping"),
        ("- 2024-99-99", "cannot be read: month must be in 1..12"),
        ("- !!python/object/apply:os.getcwd []", "cannot be read: could not determine a constructor"),
        (b"\xff\xfe", "cannot be read: 'utf-8' codec can't decode"),
        (None, "cannot be read: [Errno 2] No such file or directory"),
    ],
)
def test_a_file_of_another_form_is_refused_in_a_sentence(
    tmp_path: Path, content: str | bytes | None, reason: str
) -> None:
    file = tmp_path / "rules.yaml"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RuleError) as caught:
        read_rules(file, LABELS)
    assert str(caught.value).startswith(f"{file} ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def many(count: int) -> RuleSet:
    words = [f"{chr(97 + i // 676 % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i % 26)}q" for i in range(count)]
    return RuleSet(
        [rule(w, rf"(?i)\b{w}: .*(?:refused|denied) by \d+", match=(f"{w}: x refused by 7",)) for w in words],
        LABELS,
    )


def seconds(rules: RuleSet, message: str, times: int) -> float:
    best = float("inf")
    for _ in range(5):
        start = process_time()
        for _ in range(times):
            rules.first_match(message, "")
        best = min(best, process_time() - start)
    return best


def test_a_thousand_rules_load_in_seconds_and_cost_about_what_ten_do() -> None:
    start = perf_counter()
    thousand = many(1_000)
    assert perf_counter() - start < 20  # 0.4 s where nothing else runs
    message = "worker 7 finished the batch of orders after 12 s, no event was lost"
    assert seconds(thousand, message, 2_000) < 4 * seconds(many(10), message, 2_000)
    last = thousand.rules[-1]
    assert name_of(thousand, last.match[0]) == last.name


@pytest.mark.parametrize(
    ("pattern", "match", "piece"),
    [
        ("(x+x+)+y", "xxy", "x"),
        ("(?:a?){25}a{25}$", "a" * 25, "ab"),
        (".*.*.*.*=!", "=!", "="),
        ("(.|a)*b$", "ab", "a"),
    ],
)
def test_what_explodes_elsewhere_is_linear_here(pattern: str, match: str, piece: str) -> None:
    rules = RuleSet([rule(pattern=pattern, match=(match,))], LABELS)
    short, long = (seconds(rules, (piece * length)[:length], 5) for length in (1_000, 16_000))
    assert long < 64 * short or long < 0.005  # 16 times the text
