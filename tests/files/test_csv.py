"""CSV in every dialect, and rows that are kept whatever their quotes do."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import blocks
from files.errors import InputFileError
from files.notes import sentences
from files.table import RESULT_COLUMNS, Columns
from pipeline.event import Event
from tests.support.tables import events, lines, table_of, written

EVENTS = [Event("app", "up"), Event("crm", "größer; 5 €, naïve"), Event("", 'a "quoted"\nsecond line')]
ROWS = [[event.source, event.message, f"x{place}"] for place, event in enumerate(EVENTS)]


def as_csv(delimiter: str = ",", line_end: str = "\r\n", **dialect: bool | str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, **dialect)  # type: ignore[arg-type]
    writer.writerows([["source", "log_message", "extra"], *ROWS])
    return text.getvalue()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_dialect_gives_the_same_events_and_keeps_every_column(delimiter: str, line_end: str) -> None:
    data = as_csv(delimiter, line_end)
    assert events(table_of(data)) == EVENTS
    output = list(csv.reader(io.StringIO(written(table_of(data)), newline=""), delimiter=delimiter))
    assert output[0] == ["source", "log_message", "extra", *RESULT_COLUMNS]
    assert [row[:3] for row in output[1:]] == ROWS
    assert [row[3:] for row in output[1:]] == [["Error", "0.75", "embedding", "", ""]] * 3


@pytest.mark.parametrize(
    "before", ["", "\n", "\r\n\r\n", ",,\n", "sep=,\n", "\ufeffsep=,\r\n", "\nSEP=,\n\n"]
)
def test_lines_before_the_header_are_passed_over(before: str) -> None:
    table = table_of(before + as_csv(line_end="\n"))
    assert events(table) == EVENTS


def test_sep_names_any_delimiter() -> None:
    assert events(table_of("sep=^\nsource^log_message\na,b;c^up, down\n")) == [Event("a,b;c", "up, down")]


def test_backslashes_before_quotes_are_read_as_they_were_meant() -> None:
    data = as_csv(doublequote=False, escapechar="\\", line_end="\n")
    assert '\\"' in data
    table = table_of(data)
    assert events(table) == EVENTS
    assert table.notes.quotes == 0


def test_backslashes_in_other_places_stay() -> None:
    data = 'source,log_message\napp,"C:\\temp\\"\napp,"say \\"x\\", in C:\\\\dir"\napp,a\\b\n'
    assert [event.message for event in events(table_of(data))] == [
        "C:\\temp\\",
        'say "x", in C:\\dir',
        "a\\b",
    ]


PLAIN = [f"app,job {number} finished" for number in range(2_000)]


@pytest.mark.parametrize("place", [0, 500, 1_999])
@pytest.mark.parametrize(
    "odd",
    ['app,"no such table', 'app,"a" and more', 'app,"one","two" three', 'app,"cut off, here', '"app,x'],
)
def test_a_quote_that_is_not_closed_costs_no_row_and_is_named(odd: str, place: int) -> None:
    rows = [*PLAIN[:place], odd, *PLAIN[place + 1 :]]
    table = table_of("source,log_message\n" + "\n".join(rows) + "\n")
    output = list(csv.reader(io.StringIO(written(table), newline="")))[1:]
    assert len(output) == 2_000
    assert [",".join(row[:2]) for row in output[:place] + output[place + 1 :]] == (
        PLAIN[:place] + PLAIN[place + 1 :]
    )
    assert ",".join(output[place][:2]).rstrip(",") == odd
    assert table.notes.quote_lines == [place + 2]
    assert f"line {place + 2:,}" in sentences(table.notes)[0]


@pytest.mark.parametrize("last", ['app,it is 5" long"', 'app,he said "no"', 'app,"fine, too"', 'app,x"'])
def test_a_quote_closed_by_another_one_far_below_swallows_no_row(last: str) -> None:
    rows = [*PLAIN[:600], 'app,"never closed', *PLAIN[:400], last, *PLAIN[:10]]
    table = table_of("source,log_message\n" + "\n".join(rows) + "\n")
    assert len(events(table)) == len(rows)
    assert table.notes.quote_lines[0] == 602


def test_a_stack_trace_in_quotes_is_one_message() -> None:
    trace = "boom\n" + "\n".join(f'  at com.shop.Cart.put(Cart.java:{n}, "x")' for n in range(300))
    text = io.StringIO()
    csv.writer(text).writerows([["source", "log_message"], *[["app", trace], ["app", "up"]] * 50])
    table = table_of(text.getvalue())
    assert [event.message for event in events(table)] == [trace, "up"] * 50
    assert sentences(table.notes) == []


def test_quotes_that_never_close_are_read_in_time() -> None:
    data = "source,log_message\n" + 'app,"never closed\n' * 20_000 + "app,up\n" * 60_000
    started = time.process_time()
    assert len(events(table_of(data))) == 80_000
    assert time.process_time() - started < 20


def test_a_bare_return_in_a_cell_is_kept_and_quoted() -> None:
    data = 'source,log_message\napp,10 %\r20 %\r30 %\napp,"a\rb"\napp,up\n'
    table = table_of(data)
    output = list(csv.reader(io.StringIO(written(table), newline="")))[1:]
    assert [row[1] for row in output] == ["10 %\r20 %\r30 %", "a\rb", "up"]
    assert (
        len(written(table_of(data)).splitlines()) > 4
    )  # that of Python ends lines there: so do spreadsheets


def test_odd_rows_are_kept() -> None:
    table = table_of('source,log_message\napp,a,b,,c\n\nshort\n"x","q""q"\n')
    assert events(table) == [Event("app", "a,b,,c"), Event("short", ""), Event("x", 'q"q')]
    assert (table.notes.surplus_rows, table.notes.without_message, table.notes.rows) == (1, 1, 3)
    assert lines(table_of('sep=,\n\nsource,log_message\na,"x\ny"\n\nb,z\n')) == [4, 7]


@pytest.mark.parametrize(
    ("header", "columns", "found"),
    [
        ("message,x", Columns(), "m"),
        ("x,Log_Message", Columns(), "x"),
        ("Log Message,msg", Columns(), "m"),
        ("msg,log_message", Columns(), "x"),
        ("MSG,x", Columns(), "m"),
        ("note,text", Columns(message="note"), "m"),
        ("Note,text", Columns(message="note"), "m"),
    ],
)
def test_the_message_has_its_usual_names_or_that_given(header: str, columns: Columns, found: str) -> None:
    assert [event.message for event in events(table_of(f"{header}\nm,x\n", columns=columns))] == [found]


@pytest.mark.parametrize(
    ("data", "columns", "sentence"),
    [
        ("", Columns(), "in.csv is empty: it needs a header line, and a row for each event"),
        ("\n\n", Columns(), "in.csv is empty: it needs a header line"),
        (
            "a;b;c\n1;2;3\n",
            Columns(),
            "no column 'log_message' or 'message' or 'msg', only 'a', 'b', 'c': name",
        ),
        ("just a line of a log\n", Columns(), "only 'just a line of a log'"),
        ("log_message\nup\n", Columns(source="host"), "no column 'host', only 'log_message': name the right"),
        ("log_message\nup\n", Columns(message="text"), "--message-column"),
    ],
)
def test_a_column_that_is_not_there_is_a_sentence(data: str, columns: Columns, sentence: str) -> None:
    with pytest.raises(InputFileError) as caught:
        events(table_of(data, columns=columns))
    assert sentence in str(caught.value)


def test_a_file_that_is_labelled_again_and_again_loses_nothing() -> None:
    data = "log_message,tier\nup,mine\n"
    for _ in range(3):
        data = written(table_of(data))
    header, row = csv.reader(io.StringIO(data))
    assert len(set(header)) == len(header)
    assert dict(zip(header, row, strict=True))["tier_before"] == "mine"


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
rows = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=12).filter(
    lambda content: any(message.strip() for _, message, _ in content)
)


@given(rows, st.sampled_from(",;\t|"), st.integers(8, 60))
def test_what_python_writes_is_read_as_it_was_however_it_is_cut(
    content: list[tuple[str, str, str]], delimiter: str, size: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("source", "log_message", "extra"), *content])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", size)
        table = table_of(text.getvalue())
        found = [tuple(row) for batch in table.batches() for _, row, _ in batch if isinstance(row, list)]
    assert found == content
