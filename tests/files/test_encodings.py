"""Bytes to text: whatever encoding the file has, and however many bytes of it do not fit."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import blocks
from files.decoding import MOST_LINE_BYTES, detect_encoding
from files.errors import FileSizeError, InputFileError
from files.formats import open_table
from files.table import Columns
from pipeline.event import Event
from tests.support.tables import events, table_of, written

EVENTS = [Event("app", "up"), Event("crm", "größer; 5 €, naïve"), Event("", 'a "quoted"\nsecond line')]


def as_csv() -> str:
    text = io.StringIO()
    rows = [["source", "log_message"], *([event.source, event.message] for event in EVENTS)]
    csv.writer(text).writerows(rows)
    return text.getvalue()


def as_json_lines() -> str:
    members = ({"source": event.source, "log_message": event.message} for event in EVENTS)
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in members)


@pytest.mark.parametrize("content", [as_csv(), as_json_lines()], ids=["csv", "jsonl"])
@pytest.mark.parametrize(
    ("written_as", "named"),
    [
        *[(encoding, None) for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252")],
        *[(encoding, None) for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")],
        *[(encoding, encoding) for encoding in ("latin9", "utf-16-le", "cp1252", "utf-8-sig", "cp1140")],
        ("utf-8-sig", "utf-8"),
    ],
)
def test_every_encoding_gives_the_same_events(content: str, written_as: str, named: str | None) -> None:
    table = table_of(content.encode(written_as), "", encoding=named)
    assert events(table) == EVENTS


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "undefined"])
def test_an_encoding_that_is_none_is_a_sentence(encoding: str) -> None:
    with pytest.raises(
        InputFileError, match=r"is not an encoding that Python knows, so in\.csv cannot be read"
    ):
        table_of(b"log_message\nup\n", encoding=encoding)


@pytest.mark.parametrize("place", [0, 7, 300, 5_000])
def test_one_bad_byte_among_utf8_costs_its_own_row_only(place: int) -> None:
    rows = [f"Prüfung {number} läuft" for number in range(5_001)]
    data = [row.encode() for row in rows]
    data[place] = b"Pr\xfcfung"
    table = table_of(b"log_message\n" + b"\n".join(data))
    found = [event.message for event in events(table)]
    assert [message for message in found if "\ufffd" not in message] == rows[:place] + rows[place + 1 :]
    assert found[place] == "Pr\ufffdfung"
    assert (table.notes.replaced_lines, table.notes.windows_lines) == (1, 0)


@pytest.mark.parametrize("before", [0, 100, 30_000])
def test_windows_1252_is_seen_however_late_it_begins(before: int) -> None:
    data = b"log_message\n" + b"heartbeat\n" * before + "Prüfung für 5 € ungültig\n".encode("cp1252") * 3
    table = table_of(data)
    assert [event.message for event in events(table)][before:] == ["Prüfung für 5 € ungültig"] * 3
    assert (table.notes.replaced_lines, table.notes.windows_lines) == (0, 3)


def test_utf8_after_a_line_of_windows_1252_is_still_utf8() -> None:
    table = table_of(b"log_message\n" + "für\n".encode("cp1252") * 20_000 + "später\n".encode() * 40_000)
    assert {event.message for event in events(table)} == {"für", "später"}


def test_a_byte_that_windows_1252_lacks_costs_no_other_letter() -> None:
    table = table_of(b"log_message\nPr\xfcfung\n\xfcber\x81\n")
    assert [event.message for event in events(table)] == ["Prüfung", "über\ufffd"]
    assert (table.notes.replaced_lines, table.notes.windows_lines) == (1, 1)


def test_bytes_that_fit_no_encoding_stand_as_a_replacement_in_an_output_that_is_utf8() -> None:
    table = table_of(b"log_message\nPr\xfcfung\n\x81\x8d\n", encoding="utf-8")
    written(table).encode()
    assert table.notes.replaced_lines == 2


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_show_by_their_zero_bytes(encoding: str) -> None:
    assert detect_encoding("kernel panic\n".encode(encoding)) == encoding
    assert detect_encoding("Größe überschritten, schließe Fenster\n".encode(encoding)) == encoding


@pytest.mark.parametrize("start", [b"", b"a", b"a\x00b and so on\n", "größer".encode(), b"\x00" * 40])
def test_other_bytes_are_no_wide_encoding(start: bytes) -> None:
    assert detect_encoding(start) is None


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\n\ufeff"), max_size=12)


@given(st.lists(texts.filter(str.strip), min_size=1, max_size=8), st.integers(5, 40))
def test_where_blocks_are_cut_does_not_matter(messages: list[str], size: int) -> None:
    content = "x\n" + "\n".join(messages) + "\n"
    for encoding in ("utf-8", "utf-16-le"):
        whole = events(table_of(content.encode(encoding), "a.log", "text", encoding))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "BLOCK_BYTES", size)
            patch.setattr(blocks, "START_BYTES", size)
            assert events(table_of(content.encode(encoding), "a.log", "text", encoding)) == whole
    assert [event.message for event in whole] == ["x", *messages]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_that_does_not_end_is_refused(encoding: str) -> None:
    table = table_of(("up\n" * 9 + "a" * (MOST_LINE_BYTES + 1)).encode(encoding), "a.log")
    batches = table.batches()
    assert next(batches)
    with pytest.raises(FileSizeError, match=r"a\.log has a line of more than 4 MB"):
        list(batches)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_larger_than_is_read_is_refused_by_what_it_holds_unpacked(packed: bool) -> None:
    content = b"up\n" * 500_000
    stream = io.BytesIO(gzip.compress(content) if packed else content)
    table = open_table(stream, "a.log", Columns(), most_bytes=len(content))
    assert sum(map(len, table.batches())) == 500_000
    stream.seek(0)
    with pytest.raises(
        FileSizeError, match=r"a\.log has more than 1,500,000 bytes|a\.log has more than 1,499,999 bytes"
    ):
        list(open_table(stream, "a.log", Columns(), most_bytes=len(content) - 1).batches())
