from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.event import Event
from pipeline.masking import MASKED_CHARS, mask
from pipeline.recogniser import Recogniser, alike
from pipeline.rules import Rule, RuleSet
from tests.support.long_scenarios import examples

RULES = RuleSet(
    [
        Rule("server-error", "Error", r"status: 5\d\d", match=("status: 503",)),
        Rule("hardware", "Error", r"0x0*dead", match=("at 0x00dead",), source="kernel"),
        Rule("login", "User Action", r"(?i)\blogged in\b", match=("bob logged in",)),
        Rule("path", "Error", r"/var/log/\w+", match=("see /var/log/x",)),
    ],
    ["Error", "User Action"],
)
# Values of every kind that masking knows, whole and cut, and the signs that end, join and announce them.
ATOMS = st.sampled_from(
    """0 7 12 5d 1e e5 b0 a f ab12 deadbeef 0x1f 0xdeadbeef 0xZ 1234-5678 DEADBEEF a0a0a0a0a0a0a0
    12345678-1234-1234-1234-123456789abc deadbeef-dead-beef-dead-beefdeadbeef deadbeef-dead-beef-dead
    00:11:22:aa:bb:cc 12:34:56 2025-01-02 10.0.0.7 10.0.0.7:80 fe80::1 ::1 T Z ms kB GB Dec /var/lib /x / ~ .log
    http:// https://a.b/c http://x:80/y?z=1 bob@example.com @ user uid= user= password= token: Bearer Basic <num> <
    > ( ) [ ] { } " ' ` = : ; , . ! ? # % $ & * + _ - | \\ é ٣ status: 503 logged in""".split()  # noqa: SIM905
)
SPACES = st.sampled_from(["", "", " ", "  ", "\n", "\t"])
messages = st.lists(st.tuples(ATOMS, SPACES).map("".join), max_size=12).map("".join) | st.text(max_size=40)


@examples(1_500)
@given(messages)
@example("failed at 0xdeadbeef, dead")
@example("acl: verification code  f0b79c79-c767-e8bd-0a4a-f4f25ae7bca2 created")
@example("request[@+800 91f46c63, x")
@example('Node 220 failed token-4580afabd": x')
@example("ssh-keygen /etc/ssh/ssh_host_rsa_key ran")
@example("job 1234 1234 1234 1234 abcdef12 x")
@example("e1cafe://x")
@example(" /var/lib/x.log https://a.b/c")
@example("Bearer deadbeef0deadbeef")
@example("at 0xa 1234-5678 1234-5678")
@example("at 0x1 1234-5678 1234-5678")
@example("of deadbeef0 1234-5678 1234-5678")
@example("of deadbeef0a 1234-5678 1234-5678")
@example("in /var/7 1234-5678 1234-5678")
@example("in https://a/7 1234-5678 1234-5678")
@example("of deadbeef-dead-beef-dead-beefdeadbee7 1234-5678 1234-5678")
def test_what_is_made_alike_has_the_same_template(message: str) -> None:
    key = alike(message)
    assert key is None or mask(key.decode("utf-8", "surrogatepass")) == mask(message)


def test_the_commonest_values_are_alike() -> None:
    variants = [
        "job 8d2f6a34-0c1e-4b7f-9a55-0c8e1f2a3b4d read /srv/data/a.db at 0x1f2e in 12 ms from https://a.example/b",
        "job 00000000-aaaa-4b7f-9a55-ffffffffffff read /opt/x at 0xffff in 95 ms from http://b.example:80/c/d",
    ]
    assert len({alike(variant) for variant in variants}) == 1


@examples(400)
@given(st.lists(st.builds(Event, st.sampled_from(["", "kernel"]), messages), max_size=20), st.integers(1, 20))
def test_an_event_is_recognised_as_if_it_were_the_first(events: list[Event], batch: int) -> None:
    recogniser = Recogniser(RULES, max_entries=8)
    expected = [(RULES.first_match(event.message, event.source), mask(event.message)) for event in events]
    for _ in range(2):
        batches = [events[start : start + batch] for start in range(0, len(events), batch)]
        assert [found for part in batches for found in recogniser.recognise(part)] == expected


def recognised(recogniser: Recogniser, *messages: str) -> list[tuple[str | None, str]]:
    found = recogniser.recognise([Event("", message) for message in messages])
    return [(rule.name if rule else None, template) for rule, template in found]


def test_digits_that_a_rule_asks_for_count_also_in_messages_that_are_alike() -> None:
    found = recognised(Recogniser(RULES), *(f"GET / status: {code}" for code in (200, 503, 404, 599, 200)))
    assert [name for name, _ in found] == [None, "server-error", None, "server-error", None]


def test_what_differs_in_values_alone_is_remembered_once() -> None:
    recogniser = Recogniser(RULES)
    recognised(recogniser, "took 5 ms on node 1")
    size = len(recogniser)
    recognised(recogniser, *(f"took {number} ms on node {10 - number}" for number in range(1, 10)))
    assert len(recogniser) == size


def test_what_is_remembered_is_bounded_and_long_messages_are_not_worth_it() -> None:
    recogniser = Recogniser(RULES, max_entries=100)
    words = ("".join(chr(ord("g") + int(digit)) for digit in str(number)) for number in range(1_000))
    recognised(recogniser, *(f"something {word} happened" for word in words))
    assert 100 <= len(recogniser) <= 200
    recogniser = Recogniser(RULES)
    recognised(recogniser, "é" * 2_000)
    assert len(recogniser) == 0


def test_only_the_first_part_of_a_long_message_is_looked_at() -> None:
    message = "word " * (MASKED_CHARS // 5) + "x logged in"
    ((name, template),) = recognised(Recogniser(RULES), message)
    assert name is None
    assert template == mask(message)
    assert len(template) <= MASKED_CHARS
