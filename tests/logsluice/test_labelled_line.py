"""From a record of the labelled topic to a line of `logsluice tail`: pure, whatever the record."""

import json
from typing import Any

import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from logsluice.cli.labelled_line import Look, NotLabelledError, Wanted, cut_to, line_of

SAID = {"label": "Error", "tier": "embedding", "confidence": 0.9, "template": "disk <num> died"}

EVERYTHING, PLAIN = Wanted(), Look()


class Unreadable(Message):
    """A record whose headers the client cannot read."""

    def headers(self) -> Any:
        """Raise what the client raises."""
        raise SystemError("a header name that is not UTF-8")


def record(value: object, headers: Any = (), time_ms: int = 0, kind: type[Message] = Message) -> Message:
    raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
    message: Message = kind(
        topic="t", partition=0, offset=0, value=raw, headers=list(headers), timestamp=(1, time_ms)
    )
    return message


def shown(
    message: Message, wanted: Wanted = EVERYTHING, look: Look = PLAIN, field: str = "log_message"
) -> str:
    line = line_of("source", field, wanted, look)(message)
    return "" if line is None else line.decode()


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"log_message": "disk 4 died"}, "disk 4 died"),
        ({"message": "disk 4 died"}, "disk 4 died"),
        ({"msg": "disk 4 died"}, "disk 4 died"),
        ({"event": {"original": "disk 4 died"}}, "disk 4 died"),
        ({"a_name_of_their_own": "disk 4 died"}, "disk <num> died"),
        ({"log_message": 5}, "disk <num> died"),
    ],
)
def test_a_message_is_found_whatever_its_field(members: dict[str, object], text: str) -> None:
    line = shown(record({**members, "source": "kernel", "classification": SAID}), field="where.it.is")
    assert line.rstrip("\n").endswith(text)


def test_the_field_of_the_settings_comes_first() -> None:
    members = {"message": "not this", "text": "this", "classification": SAID}
    assert shown(record(members), field="text").rstrip().endswith(" this")


@pytest.mark.parametrize("headers", [[], [("label", None), ("tier", None)], [("label", b"Error")]])
def test_an_event_is_found_whatever_its_headers(headers: list[tuple[str, bytes | None]]) -> None:
    event = {"log_message": "x", "classification": SAID}
    for message in (record(event, headers), record(event, kind=Unreadable)):
        assert "Error" in shown(message)
        assert shown(message, Wanted(labels=frozenset({"Error"})))
        assert not shown(message, Wanted(labels=frozenset({"User Action"})))


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b"[]", {}, {"classification": {}}, {"classification": None}]
)
def test_what_is_no_labelled_event_is_said_to_be_none(value: object) -> None:
    with pytest.raises(NotLabelledError):
        shown(record(value))


@given(
    message=st.text(),
    source=st.text(),
    label=st.text(max_size=40),
    guess=st.none() | st.text(max_size=40),
    width=st.integers(60, 200),
    time_ms=st.integers(-1, 2**62),
)
def test_a_line_is_one_line_that_keeps_its_width_and_commands_no_terminal(
    message: str, source: str, label: str, guess: str | None, width: int, time_ms: int
) -> None:
    said = {**SAID, "label": label, "best_guess": guess}
    value = json.dumps({"log_message": message, "source": source, "classification": said}).encode()
    try:
        line = shown(record(value, time_ms=time_ms), look=Look(width=width))
    except NotLabelledError:
        return  # a lone surrogate, which is not JSON
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert cell_len(line[:-1]) <= max(width, 80)


@given(text=st.text(), width=st.integers(1, 50))
def test_a_text_is_cut_to_a_width_and_says_so(text: str, width: int) -> None:
    cut = cut_to(text, width)
    assert cell_len(cut) <= width
    assert cut == text or cut.endswith("…")


def test_columns_stand_under_each_other_and_a_narrow_terminal_breaks_no_line() -> None:
    lines = [
        shown(
            record(
                {"source": source, "log_message": "word " * 40, "classification": {**SAID, "label": label}}
            ),
            look=Look(width=80),
        )
        for source, label in (("sshd", "Error"), ("a-source-with-a-long-name", "System Notification"))
    ]
    assert {cell_len(line.rstrip("\n")) for line in lines} == {80}
    assert len({line.index("word") for line in lines}) == 1


def test_json_on_a_terminal_means_the_same_and_commands_nothing() -> None:
    event = {"log_message": "\x1b[31mred \U000e0001 \u202e", "classification": SAID}
    value = json.dumps(event, ensure_ascii=False).encode()
    line = shown(record(value), look=Look(as_json=True, terminal=True))
    assert line[:-1].isprintable()
    assert json.loads(line) == event
