import csv
import io
import json
from typing import Any

import pytest
from files.tables import (
    RESULT_COLUMNS,
    CsvTable,
    InputFileError,
    JsonLinesTable,
    Table,
    TextTable,
    detect_format,
    open_text,
)

from pipeline.event import Event

RESULTS = ("Error", 0.75, "embedding", None, None)
EVENTS = [Event("app", "up"), Event("crm", "größer; 5 €, naïve"), Event("", 'a "quoted"\nsecond line')]
ROWS = [[event.source, event.message, f"x{place}"] for place, event in enumerate(EVENTS)]


def as_csv(delimiter: str = ",", line_end: str = "\r\n", header: str = "source,log_message,extra") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows([header.split(","), *ROWS])
    return text.getvalue()


def as_json_lines() -> str:
    names = ("source", "log_message", "extra")
    return "".join(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n" for row in ROWS)


def table_of(data: bytes, kind: str = "csv", encoding: str | None = None, **columns: Any) -> Table:
    text = open_text(io.BufferedReader(io.BytesIO(data)), encoding)
    if kind == "text":
        return TextTable(text, "log_message")
    if kind == "jsonl":
        return JsonLinesTable(text, columns.get("source", "source"), columns.get("message", "log_message"))
    return CsvTable(
        text,
        columns.get("source", "source"),
        columns.get("message", "log_message"),
        columns.get("due", False),
    )


def events(table: Table) -> list[Event]:
    return [event for event, _ in table.rows()]


def written(table: Table) -> str:
    output = io.StringIO()
    write = table.writer(output)
    for _, row in table.rows():
        write(row, RESULTS)
    return output.getvalue()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_dialect_gives_the_same_events_and_keeps_every_column(delimiter: str, line_end: str) -> None:
    data = as_csv(delimiter, line_end).encode()
    assert events(table_of(data)) == EVENTS
    output = list(csv.reader(io.StringIO(written(table_of(data)), newline=""), delimiter=delimiter))
    assert output[0] == ["source", "log_message", "extra", *RESULT_COLUMNS]
    assert [row[:3] for row in output[1:]] == ROWS
    assert [row[3:] for row in output[1:]] == [["Error", "0.75", "embedding", "", ""]] * 3


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("written_as", "told"),
    [
        *[(encoding, None) for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252")],
        *[(encoding, encoding) for encoding in ("latin9", "utf-16-le", "cp1252")],
        ("utf-8-sig", "utf-8"),
    ],
)
def test_every_encoding_gives_the_same_events(kind: str, written_as: str, told: str | None) -> None:
    text = as_csv() if kind == "csv" else as_json_lines()
    assert events(table_of(text.encode(written_as), kind, told)) == EVENTS


def test_the_same_rows_as_csv_and_as_json_lines_give_the_same_events() -> None:
    assert (
        events(table_of(as_csv().encode())) == events(table_of(as_json_lines().encode(), "jsonl")) == EVENTS
    )


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("csv", b"", "the input is empty: it needs a header line, and a row for each event"),
        (
            "csv",
            b"a;b;message\n1;2;3\n",
            "the input has no column 'log_message', only 'a', 'b', 'message': name the",
        ),
        ("csv", b"just a line of a log\n", "no column 'log_message', only 'just a line of a log'"),
        (
            "jsonl",
            b'{"msg":"up"}\n',
            "the input has no column 'log_message', only 'msg': name the right one with --mes",
        ),
        (
            "jsonl",
            b'[\n{"log_message":"up"}]',
            "the input is a JSON array, not an object on each line: `jq -c '.[]'`",
        ),
        ("csv", b"\x1f\x8b\x08\x00garbage", "the input is gzip: unpack it first"),
        ("csv", b"PK\x03\x04garbage", "the input is a zip archive or a spreadsheet: unpack it first"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(kind: str, data: bytes, sentence: str) -> None:
    with pytest.raises(InputFileError) as caught:
        events(table_of(data, kind))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13"])
def test_an_encoding_that_is_none_is_a_sentence(encoding: str) -> None:
    with pytest.raises(InputFileError, match="is not an encoding that Python knows; utf-8 and cp1252 are"):
        table_of(b"a", encoding=encoding)


def test_the_source_column_is_needed_only_where_it_was_asked_for() -> None:
    assert events(table_of(b"log_message\nup\n")) == [Event("", "up")]
    with pytest.raises(InputFileError, match=r"no column 'host', only 'log_message': .* --source-column"):
        table_of(b"log_message\nup\n", source="host", due=True)
    table = table_of(b"host,text\nweb,up\n", source="host", message="text", due=True)
    assert events(table) == [Event("web", "up")]


def test_odd_rows_are_kept() -> None:
    table = table_of(b'source,log_message\napp,a,b,,c\n\nshort\n"x","q""q"\n')
    assert isinstance(table, CsvTable)
    assert events(table) == [Event("app", "a,b,,c"), Event("short", ""), Event("x", 'q"q')]
    assert table.rows_with_surplus == 1


def test_a_header_may_hold_spaces_quotes_and_newlines() -> None:
    assert events(
        table_of(b'"the\nsource" ; "log_message"\napp;up\n'.replace(b" ; ", b";"), source="the\nsource")
    ) == [Event("app", "up")]
    assert events(table_of(b" source , log_message \napp,up\n")) == [Event("app", "up")]


def test_bytes_that_do_not_fit_survive_and_mean_nothing() -> None:
    data = b"source,log_message\n" + b"app,fine\n" * 3_000 + b"app,caf\xe9\n"
    table = table_of(data)
    (*_, (event, row)) = table.rows()
    assert event == Event("app", "caf?")
    assert isinstance(row, list)
    assert row[1].encode("utf-8", "surrogateescape") == b"caf\xe9"
    assert events(table_of("log_message\nup\n".encode("utf-16") + b"\x00\xd8\x41"))[-1].message


JSON_LINES = b"""
{"log_message":"up","n":1.10,"big":1e400,"source":404}

{"log_message":"cut
"text"
{"log_message":"\xff"}
{"n":[1],"log_message":null}
"""


def test_json_lines_keep_members_as_written_and_lines_that_are_no_objects() -> None:
    table = table_of(JSON_LINES, "jsonl", "utf-8")
    assert isinstance(table, JsonLinesTable)
    assert events(table) == [Event("404", "up"), *[Event("", "")] * 4]
    assert table.unreadable_lines == 3
    lines = written(table_of(JSON_LINES, "jsonl", "utf-8")).splitlines()
    assert lines[0].startswith(
        '{"log_message":"up","n":1.10,"big":1e400,"source":404,"target_label":"Error",'
    )
    assert [json.loads(line)["unreadable"] for line in lines[1:4]] == [
        '{"log_message":"cut',
        '"text"',
        '{"log_message":"?"}',
    ]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_that_is_labelled_again_and_again_loses_nothing(kind: str) -> None:
    data = "log_message,tier\nup,mine\n" if kind == "csv" else '{"log_message":"up","tier":"mine"}\n'
    for _ in range(3):
        data = written(table_of(data.encode(), kind))
    if kind == "csv":
        header, row = csv.reader(io.StringIO(data))
        assert len(set(header)) == len(header)
        members: dict[str, Any] = dict(zip(header, row, strict=True))
    else:
        members = json.loads(data)
    assert members["tier_before"] == "mine"
    assert [members[name] for name in members if name.startswith("tier")].count("embedding") == 3


def test_each_line_of_a_plain_log_is_a_message() -> None:
    table = table_of(b'one, 1\r\n\n  \ntwo "2"\nthr\xe9e', "text", "utf-8")
    assert written(table).splitlines()[:2] == [
        "log_message,target_label,confidence,tier,rule,best_guess",
        '"one, 1",Error,0.75,embedding,,',
    ]
    assert events(table_of(b"a\x00b\nc", "text")) == [Event("", "a\x00b"), Event("", "c")]


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("a.csv", b"{", "csv"),
        ("a.TSV", b"", "csv"),
        ("a.ndjson", b"x", "jsonl"),
        ("logs.json", b"", "jsonl"),
        ("syslog.1", b"{", "text"),
        ("app.log", b"source,log_message", "text"),
        ("", b' \n{"a":1}', "jsonl"),
        ("", b'\xef\xbb\xbf{"a":1}', "jsonl"),
        ("", b"source,log_message\n", "csv"),
    ],
)
def test_the_format_is_told_by_the_name_or_the_first_character(name: str, start: bytes, kind: str) -> None:
    assert detect_format(name, start) == kind
