"""JSON: an object on each line, over several, or in an array; every member kept as it was written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import blocks
from files.errors import InputFileError
from files.table import Columns
from pipeline.event import Event
from tests.support.tables import events, lines, table_of, written

JSON_LINES = b"""
{"log_message":"up","n":1.10,"big":1e400,"source":404}

{"log_message":"cut
"text"
{"log_message":"\xff"}
{"n":[1],"log_message":null}
"""


def read(data: bytes | str, **columns: str) -> list[Event]:
    return events(table_of(data, "in.jsonl", columns=Columns(**columns)))


def test_json_lines_keep_members_as_written_and_lines_that_are_no_objects() -> None:
    table = table_of(JSON_LINES, "in.jsonl", encoding="utf-8")
    assert events(table) == [Event("404", "up"), *[Event("", "")] * 2, Event("", "\ufffd"), Event("", "")]
    assert (table.notes.unreadable_lines, table.notes.replaced_lines) == (2, 1)
    assert (table.notes.without_message, table.notes.rows) == (3, 5)
    output = written(table_of(JSON_LINES, "in.jsonl", encoding="utf-8")).splitlines()
    assert output[0].startswith(
        '{"log_message":"up","n":1.10,"big":1e400,"source":404,"target_label":"Error",'
    )
    assert [json.loads(line)["unreadable"] for line in output[1:3]] == ['{"log_message":"cut', '"text"']


OBJECTS: list[dict[str, Any]] = [
    {"source": "a", "log_message": 'brace } and quote " and { \\', "in": {"x": [{}, {"y": "]"}]}},
    {"source": "b", "log_message": "größer\nzwei"},
    {"source": "c", "log_message": "up", "empty": {}},
]
EVENTS = [Event(each["source"], each["log_message"]) for each in OBJECTS]


@pytest.mark.parametrize(
    "content",
    [
        "".join(json.dumps(each) + "\n" for each in OBJECTS),
        "".join(json.dumps(each, indent=2) + "\n" for each in OBJECTS),
        " ".join(json.dumps(each, indent=1) for each in OBJECTS),
        "".join(map(json.dumps, OBJECTS)),
        json.dumps(OBJECTS),
        json.dumps(OBJECTS, indent=4),
        "[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n",
        "\n\n[" + " , ".join(map(json.dumps, OBJECTS)) + "]",
        "\r\n".join(json.dumps(each, indent=2).replace("\n", "\r\n") for each in OBJECTS),
    ],
    ids=["lines", "pretty", "pretty on", "joined", "array", "pretty array", "rows", "odd array", "crlf"],
)
def test_objects_are_found_however_they_are_laid_out(content: str) -> None:
    for size in (16, 1 << 18):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "BLOCK_BYTES", size)
            table = table_of(content, "")
            assert events(table) == EVENTS
        assert table.notes.unreadable_lines == 0
    objects = [json.loads(line) for line in written(table_of(content, "in.json")).splitlines()]
    assert [{name: each[name] for name in row} for each, row in zip(objects, OBJECTS, strict=True)] == OBJECTS


def test_what_stands_between_objects_is_kept_and_counted() -> None:
    table = table_of(
        '{\n "message": "one"\n}\nan odd line\n{\n "message": "two"\n}\n{ "message": "cut', "a.json"
    )
    assert [event.message for event in events(table)] == ["one", "", "two", ""]
    assert table.notes.unreadable_lines == 2
    assert lines(table_of('{\n "message": "one"\n}\n\n{\n "message": "two"\n}', "a.json"))[0] == 1


def test_each_object_has_its_own_member_for_the_message() -> None:
    content = (
        '{"log_message":"one"}\n{"message":"two"}\n{"Msg":"three"}\n{"log_message":null,"msg":"four"}\n'
        '{"log_message":["five"]}\n{"other":"x"}\n'
    )
    table = table_of(content, "in.jsonl")
    assert [event.message for event in events(table)] == ["one", "two", "three", "four", '["five"]', ""]
    assert table.notes.without_message == 1
    assert [event.message for event in read(content, message="msg")][:4] == ["", "", "three", "four"]


def test_a_name_may_be_a_path() -> None:
    content = '{"a":{"b":{"c":"deep"}},"a.b":"flat","host":{"name":"web"}}\n'
    assert read(content, message="a.b.c", source="host.name") == [Event("web", "deep")]
    assert read(content, message="a.b") == [Event("", "flat")]


def test_halves_of_surrogate_pairs_and_raw_tabs_are_read() -> None:
    content = b'{"log_message":"a\\ud800b"}\n{"log_message":"a\tb"}\n'
    assert [event.message for event in read(content)] == ["a?b", "a\tb"]
    for line in written(table_of(content, "in.jsonl")).encode().splitlines():
        json.loads(line)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            '{"note":"up"}\n',
            "has no column 'log_message' or 'message' or 'msg', only 'note': name the right one",
        ),
        ('[\n{"note":"up"}]', "only 'note': name the right one with --message-column"),
        ('{"log_message":null}\n' * 3, "only 'log_message'"),
        ("no JSON\nat all\n", "no line of in.jsonl is a JSON object"),
        ('{"a":"' + "[" * 5, "no line of in.jsonl is a JSON object"),
    ],
)
def test_a_file_without_any_message_is_a_sentence(content: str, sentence: str) -> None:
    with pytest.raises(InputFileError) as caught:
        read(content)
    assert sentence in str(caught.value)


def test_a_file_without_any_message_is_refused_before_all_of_it_is_read() -> None:
    batches = table_of('{"note":"up"}\n' * 100_000, "in.jsonl").batches()
    with pytest.raises(InputFileError, match="only 'note'"):
        next(batches)


def test_nothing_at_all_is_no_row() -> None:
    assert read("") == read("\n \n") == read("[]") == []


messages = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(st.lists(messages, min_size=1, max_size=6), st.sampled_from([None, 2]), st.integers(6, 50))
def test_what_python_writes_is_read_as_it_was_however_it_is_cut(
    found: list[str], indent: int | None, size: int
) -> None:
    content = json.dumps([{"log_message": each} for each in found], indent=indent, ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", size)
        assert [event.message for event in read(content)] == found
