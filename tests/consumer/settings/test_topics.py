from itertools import combinations

import pytest

from tests.consumer.settings.conftest import Problems, Read

ROLES = ("INPUT_TOPIC", "OUTPUT_TOPIC", "PENDING_TOPIC", "VERDICTS_TOPIC", "DEAD_LETTER_TOPIC")


@pytest.mark.parametrize(("first", "second"), list(combinations(ROLES, 2)))
@pytest.mark.parametrize("other", ["events", "Events"])
def test_one_topic_for_two_purposes_is_refused(
    problems: Problems, first: str, second: str, other: str
) -> None:
    (line,) = problems(**{first: "events", second: other})
    assert line.startswith(f"LOGSLUICE_{second} is {other!r}: ")
    assert f"LOGSLUICE_{first} names this topic too" in line


@pytest.mark.parametrize("value", ["logs.dead", "logs.a,logs.labelled"])
def test_an_input_that_is_the_default_of_another_topic_is_refused(problems: Problems, value: str) -> None:
    (line,) = problems(INPUT_TOPIC=value)
    assert "LOGSLUICE_INPUT_TOPIC names this topic too" in line


def test_an_input_topic_named_twice_is_refused(problems: Problems) -> None:
    (line,) = problems(INPUT_TOPIC="logs.a, logs.b, logs.a")
    assert "a topic is named twice" in line


def test_input_topics_that_differ_in_case_are_two_topics(read: Read) -> None:
    assert read(INPUT_TOPIC="App,app").input_topic == ("App", "app")
