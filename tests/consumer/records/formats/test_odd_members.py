"""Objects with odd values under all names that count: each is an event, or has a reason."""

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.records.formats import made, names
from consumer.records.reasons import UndecodableError
from tests.support.reading import event_of

NAMES = [
    *names.MESSAGES,
    *names.STAND_INS,
    *names.SOURCES,
    *names.LOGGERS,
    *names.FILES,
    *names.SEVERITIES,
    *(name for slots in (made.TELLING, made.TOGETHER, made.ALSO) for slot in slots for name in slot),
]
texts = st.sampled_from(
    [
        *(
            "x",
            "",
            "x\n",
            "{",
            "{}",
            '{"message":"x"}',
            '{"auditID":1,"verb":"get"}',
            'msg="',
            "msg=",
            "\x00",
        ),
        *("E1128 10:00:01.000001 1 a.go:1] ", "/var/log/", "/var/log/error.log", "[1]:", "404"),
    ]
)
values = st.recursive(
    texts | st.sampled_from([None, True, 4, -1, 1e300]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["message", "level", "x"]), inner, max_size=2)
    ),
    max_leaves=3,
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.booleans(), values), min_size=1, max_size=5))
def test_whatever_is_under_the_names_an_object_is_an_event_or_has_a_reason(
    drawn: list[tuple[str, bool, Any]],
) -> None:
    members: dict[str, Any] = {}
    for name, is_nested, value in drawn:
        first, _, rest = name.partition(".")
        members |= {first: {rest: value}} if rest and is_nested else {name: value}
    with contextlib.suppress(UndecodableError):
        event_of(json.dumps(members).encode())
