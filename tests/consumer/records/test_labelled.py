import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.records.formats.found import Found
from consumer.records.incoming import Headers
from consumer.records.labelled import Labeller
from pipeline.event import SEVERITIES
from pipeline.verdict import Verdict
from tests.support.reading import read

VERDICT = Verdict("Security Alert", 0.97, "embedding", 'login of "<user>"', best_guess=None)
EVENT_ID = "logs.raw-3-81723"
CLASSIFICATION = {
    "label": "Security Alert",
    "confidence": 0.97,
    "tier": "embedding",
    "rule": None,
    "template": 'login of "<user>"',
    "best_guess": None,
    "bundle": "default@3f9c2a1",
    "event_id": EVENT_ID,
}
members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def labeller() -> Labeller:
    return Labeller("default@3f9c2a1")


def label(value: bytes, headers: Headers | None = None) -> tuple[bytes, Headers]:
    (found,) = read(value)
    assert isinstance(found, Found)
    return labeller().label(found.value, headers or [], "", VERDICT, EVENT_ID)


def pairs(value: bytes) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = json.loads(value, object_pairs_hook=lambda pairs: pairs)
    return found


@pytest.mark.parametrize(
    "value",
    [
        b'{"source":"app","log_message":"up"}',
        b'  {"log_message":"up" } \r\n',
        b'{"log_message":"up","x":1e999,"y":1.10,"z":123456789012345678901234567890}',
        b'{"log_message":"up","a":1,"a":2}',
        b'{"log_message":"\\u0063lassification \\"classification\\":1}"}',
        b'{"log_message":"up","x":{"classification":{"label":"mine"}}}',
        b'{"log_message":"}","x":"}"}',
        '{"log_message":"é\\u00e9☃"}'.encode(),
        b'{"log_message":"up","x":' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"log_message":"' + b"x" * 5_000_000 + b'"}',
    ],
)
def test_the_record_stays_as_it_is_and_gains_one_member(value: bytes) -> None:
    labelled, _ = label(value)
    assert labelled.startswith(value.rstrip()[:-1])
    assert pairs(labelled)[:-1] == pairs(value)
    assert pairs(labelled)[-1] == ("classification", list(CLASSIFICATION.items()))


@pytest.mark.parametrize("name", ['"classification"', '"\\u0063lassification"', '"classificati\\u006Fn"'])
@pytest.mark.parametrize("own", ["7", "null", '{"label": "mine", "x": 1.10}', '"text"'])
def test_a_classification_of_the_sender_is_kept_out_of_the_way(name: str, own: str) -> None:
    labelled, _ = label(f'{{"a": 1.10, {name}: {own}, "log_message": "up"}}'.encode())
    members = members_of(labelled)
    assert list(members) == ["a", "log_message", "classification_before", "classification"]
    assert bytes(members["classification_before"]) == own.encode()
    assert bytes(members["a"]) == b"1.10"
    assert json.loads(bytes(members["classification"])) == CLASSIFICATION
    assert [name for name, _ in pairs(labelled)].count("classification") == 1


def test_an_event_that_is_labelled_again_and_again_loses_nothing() -> None:
    value = b'{"log_message":"up","classification":"sender"}'
    for _ in range(3):
        value, _ = label(value)
    members = json.loads(value)
    assert members["classification_before"] == "sender"
    assert members["classification"] == CLASSIFICATION
    assert [
        type(member) for name, member in members.items() if name.startswith("classification_before_")
    ] == [dict, dict]


def test_nesting_at_the_limit_is_labelled_too() -> None:
    for depth in range(900, 1_100):
        value = b'{"log_message":"up","classification":' + b"[" * depth + b"]" * depth + b"}"
        try:
            read(value)
        except Exception:
            break
        labelled, _ = labeller().label(value, [], "", VERDICT, EVENT_ID)
        assert labelled.endswith(b'"event_id":"logs.raw-3-81723"}}')
    else:
        pytest.fail("the limit was not reached")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.text(max_size=6) | st.sampled_from(["classification", "classification_before", "source", "label"])
layouts = st.fixed_dictionaries(
    {
        "ensure_ascii": st.booleans(),
        "indent": st.sampled_from([None, 0, 2]),
        "separators": st.sampled_from([None, (",", ":"), (" , ", " : ")]),
    }
)


@settings(deadline=None)
@given(
    st.dictionaries(names, json_values, max_size=5),
    st.text(max_size=20),
    layouts,
    st.sampled_from(["", "\n", " \t"]),
)
def test_any_object_keeps_every_member_as_written(
    members: dict[str, Any], message: str, layout: dict[str, Any], end: str
) -> None:
    value = (json.dumps({**members, "log_message": message}, **layout) + end).encode()
    labelled, _ = label(value)
    before, after = members_of(value), members_of(labelled)
    assert json.loads(bytes(after.pop("classification"))) == CLASSIFICATION
    if "classification" in before:
        own = before.pop("classification")
        name = next(name for name in reversed(after) if name not in before)
        assert name.startswith("classification_before")
        assert bytes(after.pop(name)) == bytes(own)
    assert {name: bytes(raw) for name, raw in after.items()} == {
        name: bytes(raw) for name, raw in before.items()
    }
    assert len([name for name, _ in pairs(labelled) if name == "classification"]) == 1


@settings(deadline=None)
@given(st.text(max_size=30))
def test_a_line_of_text_becomes_an_object(line: str) -> None:
    if not line:
        return
    assert text_value(line) == {"source": "logs.raw", "log_message": line, "classification": CLASSIFICATION}


def test_a_line_of_text_is_put_at_dotted_paths() -> None:
    assert text_value("up", "host.name", "host.log.message")["host"] == {
        "name": "logs.raw",
        "log": {"message": "up"},
    }


def text_value(
    line: str, source_field: str | None = None, message_field: str | None = None
) -> dict[str, Any]:
    (found,) = read(line.encode(), "text", source_field, message_field)
    assert isinstance(found, Found)
    value, _ = labeller().label(found.value, [], "", VERDICT, EVENT_ID)
    labelled: dict[str, Any] = json.loads(value)
    return labelled


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_severity_is_kept_where_it_is_known(severity: str) -> None:
    value, _ = labeller().label(b'{"log_message":"up"}', [], severity, VERDICT, EVENT_ID)
    assert json.loads(value)["classification"] == CLASSIFICATION | {"severity": severity}


@pytest.mark.parametrize("headers", [[], [("trace", b"1"), ("empty", b""), ("trace", b"2")]])
def test_headers_are_kept_and_ours_added(headers: Headers) -> None:
    _, labelled = label(b'{"log_message":"up"}', headers)
    ours = [("label", b"Security Alert"), ("tier", b"embedding"), ("event_id", EVENT_ID.encode())]
    assert labelled == [*headers, *ours]


def test_headers_of_an_earlier_labelling_give_way() -> None:
    _, labelled = label(
        b'{"log_message":"up"}', [("label", b"Error"), ("a", b"1"), ("event_id", b"x-0-1"), ("tier", b"llm")]
    )
    assert [name for name, _ in labelled] == ["a", "label", "tier", "event_id"]
    assert labelled[1] == ("label", b"Security Alert")


def test_one_labeller_tells_verdicts_and_events_apart() -> None:
    make = labeller()
    verdicts = [Verdict(name, 1.0, "rules", "t", rule=name) for name in ("Error", "User Action", "Error")]
    for place, verdict in enumerate(verdicts * 2):
        value, headers = make.label(b'{"log_message":"up"}', [], "", verdict, f"t-0-{place}")
        classification = json.loads(value)["classification"]
        assert (classification["label"], classification["rule"]) == (verdict.label, verdict.rule)
        assert classification["event_id"] == f"t-0-{place}"
        assert headers[0] == ("label", verdict.label.encode())


@pytest.mark.parametrize("names", [(), ("event_id",), ("label",), ("tier", "label")])
def test_only_the_headers_that_are_asked_for_are_added(names: tuple[str, ...]) -> None:
    ours = Labeller("default@3f9c2a1", names)
    value = b'{"log_message":"up"}'
    labelled, headers = ours.label(value, [("theirs", b"1"), ("label", b"old")], "", VERDICT, EVENT_ID)
    assert [name for name, _ in headers] == [
        "theirs",
        *(n for n in ("label", "tier", "event_id") if n in names),
    ]
    assert ours.headers([], VERDICT, EVENT_ID) == headers[1:]
    assert json.loads(labelled)["classification"] == CLASSIFICATION
