import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.llm.answer import UnreadableError, read_labels

TAXONOMY = {"Error", "Security Alert", "Unclassified"}


def answer(*items: Any) -> str:
    return json.dumps({"labels": items})


def item(number: Any, label: Any = "Error") -> dict[str, Any]:
    return {"number": number, "label": label}


def test_each_number_gets_its_label() -> None:
    text = answer(item(2, "Security Alert"), item(1), item(3, "Unclassified"))
    assert read_labels(text, 3, TAXONOMY) == {1: "Error", 2: "Security Alert", 3: "Unclassified"}


def test_a_number_may_be_a_text() -> None:
    assert read_labels(answer(item("2", "Security Alert"), item(" 1 ")), 2, TAXONOMY) == {
        1: "Error",
        2: "Security Alert",
    }


@pytest.mark.parametrize(
    "second",
    [
        [item(2, "Cheese")],
        [item(2, "error")],
        [item(2, "Error ")],
        [item(2, None)],
        [item(2, ["Error"])],
        [item("two")],
        [item("2.0")],
        [item("-2")],
        [item("2"), item(2)],
        [item(2.5)],
        [item(True)],
        [item(None)],
        [item(0)],
        [item(-1)],
        [item(99)],
        [item(10**30)],
        [item(2), item(2)],
        [item(2), item(2, "Security Alert")],
        [item(2), {"number": 2}],
        [{"number": 2}],
        [{"label": "Error"}],
        ["Error"],
        [7],
        [None],
        [[item(2)]],
        [],
    ],
)
def test_what_is_wrong_with_one_number_leaves_the_others_alone(second: list[Any]) -> None:
    assert read_labels(answer(item(1), *second, item(3)), 3, TAXONOMY) == {1: "Error", 3: "Error"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "7",
        "[]",
        "{}",
        '"Error"',
        "Error",
        "The first line is an Error, I think.",
        '{"labels": [{"number": 1, "label": "Error"}]} or {"labels": [{"number": 1, "label": "Unclassified"}]}',
        '{"labels":' * 1_000,
        '{"labels": [{"number": 1, "label": "Err',
        '{"labels": [{"number": 1, "label": "Error"}',
        '{"labels": {"number": 1, "label": "Error"}}',
        '{"labels": null}',
        '{"labels": []}',
        '{"labels": [{"number": 1, "label": "Cheese"}]}',
        '[{"number": 1, "label": "Error"}]',
        '{"answers": [{"number": 1, "label": "Error"}]}',
        '{"error": {"message": "overloaded"}}',
        "<think>it goes on and on",
        "[" * 100_000,
        '{"x":' + "[" * 100_000,
        "\ud800",
        "\x00",
    ],
)
def test_what_is_not_the_json_asked_for_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_labels(text, 1, TAXONOMY)


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "\n {} \n",
        "```json\n{}\n```",
        "```\n{}\n```",
        '<think>\n1 looks like {{"labels": []}}\n</think>\n\n{}',
        "Here you are: {} I hope this helps!",
        "The answer is\n```JSON\n{}\n```\nas `{{number}}` has no other.",
        "In the form of {{...}}: {}",
        "no opening tag, as some servers strip it </think>{}",
        "<think>first</think> <think>second</think>\n```json\n{}\n```",
    ],
)
def test_thinking_a_code_fence_and_sentences_are_no_part_of_the_answer(around: str) -> None:
    assert read_labels(around.format(answer(item(1))), 1, TAXONOMY) == {1: "Error"}


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(sorted(TAXONOMY)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["labels", "number", "label"]), inner, max_size=3)
    ),
    max_leaves=20,
)


@settings(deadline=None)  # a busy machine is no failure
@given(st.text() | _json.map(lambda value: json.dumps({"labels": [value, item(1)]})) | _json.map(json.dumps))
def test_whatever_comes_only_labels_of_the_taxonomy_come_of_it(text: str) -> None:
    try:
        labels = read_labels(text, 3, TAXONOMY)
    except UnreadableError:
        return
    assert labels
    assert set(labels) <= {1, 2, 3}
    assert set(labels.values()) <= TAXONOMY
