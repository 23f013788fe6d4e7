"""Messages that hold another one, in JSON or logfmt: the native core takes them apart as Python does, or not at all."""

import json

from hypothesis import given
from hypothesis import strategies as st

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
VALUES: st.SearchStrategy[object] = st.sampled_from(
    [
        *("", "up", "status: 503", "warn", "3", "a\n", "é", 3, -1, 2.0, True, None, [], {}),
        *({"level": "error"}, {"message": "m"}, {"message": 1}),
    ]
)
NAMES = st.sampled_from(["x", *dict.fromkeys(name for name, _, _ in inner_members())])
OBJECTS = st.lists(st.tuples(NAMES, VALUES), max_size=5).map(
    lambda members: "{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in members) + "}"
)


@examples(400)
@given(st.lists(LOGFMT | OBJECTS, min_size=1, max_size=4), st.sampled_from(["", "\n", "\r\n"]))
def test_messages_that_hold_another_are_taken_apart_alike(messages: list[str], end: str) -> None:
    values = [{"log_message": message + end, "source": "app", "level": "debug"} for message in messages]
    both_with_rules().assert_equal([raw(json.dumps(value).encode()) for value in values])


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
