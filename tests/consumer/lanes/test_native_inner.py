"""Messages that hold another one, in JSON or logfmt: the native core takes them apart as Python does, or not at all."""

import json

from hypothesis import given
from hypothesis import strategies as st

from consumer.records.formats.made import ALSO, TELLING, TOGETHER
from consumer.records.native import inner_members
from tests.consumer.lanes.brittle import raw, record
from tests.consumer.lanes.cores import Both
from tests.consumer.lanes.test_native_core import both_with_rules, with_rules
from tests.support.long_scenarios import examples
from tests.support.native_core import needs_core

pytestmark = needs_core
PIECES = st.sampled_from(
    [
        *(
            "msg=",
            'msg="status: 503"',
            "message=x",
            "level=warn",
            "level=3",
            'lvl="error"',
            "log=a",
            "title=b",
        ),
        *(
            "err=refused",
            r'error="was \"it\""',
            "@l=e",
            "a.b/c-d=",
            "x=y",
            "z",
            "",
            '"',
            "\\",
            "=",
            "7=",
            "1msg=x",
        ),
        *("logged", "in", "é", "\n", "msg=in 5xx", "err= x"),
    ]
)
LOGFMT = st.lists(PIECES, max_size=8).map(" ".join)
VALUES = st.sampled_from(
    [
        *map(json.dumps, ("", "up", "status: 503", "warn", "3", "a\n", "é", 3, -1, 2.0, True, None, [], {})),
        *map(json.dumps, ({"level": "error"}, {"message": "m"}, {"message": 1}, ["first", 2], [["x"]])),
        *("1e999", "-2.5e3", "[1e999]", "[ 7 ]", '"\\u00e9 \\"in\\""', '"\\ud83d"', '{"\\u0061":1}'),
    ]
)
NAMES = st.sampled_from(["x", "verb", *dict.fromkeys(name for name, _, _ in inner_members())])


def objects(names: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.tuples(names.map(json.dumps), values).map(":".join)
    return st.lists(members, max_size=5).map(lambda each: "{" + ",".join(each) + "}")


OBJECTS = objects(NAMES, VALUES)
# Those of which a message is made where there is none: names with dots in them as one name, and as objects in objects.
MADE_OF = sorted({name for slots in (TELLING, TOGETHER, ALSO) for names in slots for name in names})
PARTS = st.sampled_from(sorted({part for name in MADE_OF for part in name.split(".")}))
NESTED = st.recursive(
    VALUES, lambda values: objects(PARTS | st.sampled_from(["error.type", "a"]), values), max_leaves=4
)


@st.composite
def telling(draw: st.DrawFn) -> str:
    """Return an object with some members of which a message is made."""
    members = []
    for name in draw(st.lists(st.sampled_from(MADE_OF), min_size=1, max_size=4)):
        first, *rest = name.split(".") if draw(st.booleans()) else [name]
        value = draw(NESTED)
        for part in reversed(rest):
            value = f"{{{json.dumps(part)}:{value}}}"
        members.append(f"{json.dumps(first)}:{value}")
    members += draw(
        st.lists(st.sampled_from(['"level":"warn"', '"x":1', '"auditID":"1"', '"verb":"get"']), max_size=2)
    )
    return "{" + ",".join(members) + draw(st.sampled_from(["}"] * 9 + ["} x"]))


@examples(400)
@given(st.lists(LOGFMT | OBJECTS, min_size=1, max_size=4), st.sampled_from(["", "\n", "\r\n"]))
def test_messages_that_hold_another_are_taken_apart_alike(messages: list[str], end: str) -> None:
    values = [{"log_message": message + end, "source": "app", "level": "debug"} for message in messages]
    both_with_rules().assert_equal([raw(json.dumps(value).encode()) for value in values])


@examples(600)
@given(st.lists(telling(), min_size=1, max_size=4))
def test_messages_without_a_message_are_made_alike(messages: list[str]) -> None:
    both_with_rules().assert_equal([record(message) for message in messages])


def test_messages_that_hold_another_are_known_by_that_one() -> None:
    pair = Both(with_rules())
    pair.assert_equal(
        [record('{"msg":"took 7 s","level":"error"}'), record('level=info msg="bob logged in"')]
    )
    batch = [
        record('{"time":"1","msg":"took 9 s","level":"warn"}'),
        record('{"level":"error","message":"took 12 s"}'),
        record('a=1 msg="bob logged in" b=c\n'),
    ]
    pair.assert_equal(batch)
    assert pair.hits(batch) == len(batch)
    found = [row.verdict.rule for row in pair.native.decide(batch).rows if row.verdict]
    assert found == [None, "grave", "login"]


def test_objects_without_a_message_are_known_by_what_is_made_of_them_or_as_they_are() -> None:
    pair = Both(with_rules())
    pair.assert_equal([record(line.format(7)) for line in MADE])
    batch = [record(line.format(9)) for line in MADE]
    pair.assert_equal(batch)
    assert pair.hits(batch) == len(batch)
    found = [row.verdict.template for row in pair.native.decide(batch).rows if row.verdict]
    assert found == [
        "deny <ip> <ip> TCP",
        "ConsoleLogin Root Failure",
        '{"breaker":<str>,"from":<str>,"to":<str>,"n":<num>}',
        '{"event":"harvester","path":<str>,"errors":<num>}',
    ]


MADE = (
    '{{"action":"deny","src_ip":"10.0.0.{0}","dest_ip":"10.0.1.{0}","proto":"TCP","level":"warn"}}',
    '{{"eventName":"ConsoleLogin","userIdentity":{{"type":"Root"}},"responseElements":{{"ConsoleLogin":"Failure"}},"n":{}}}',
    '{{"breaker":"api","from":"OPEN","to":"CLOSED","n":{}}}',
    '{{"event":"harvester","path":"/srv/{0}","errors":{0}}}',
)
