"""Labelled files: the same columns, formats and sentences for every command."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from files.errors import InputFileError
from files.labelled import Labelled, Reading, open_labelled, opened, similar_labels
from files.table import Columns


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(path: Path, columns: Columns | None = None) -> list[Labelled]:
    with opened(path) as (stream, name):
        return list(open_labelled(stream, name, Reading(columns or Columns()))[1])


def test_columns_go_by_their_usual_names_or_by_those_given(tmp_path: Path) -> None:
    usual = write_csv(tmp_path / "a.csv", ("log_message", "label", "occurrences"), [("m", " Error ", 3)])
    assert read(usual) == [Labelled("", "m", "Error", 3)]
    own = write_csv(tmp_path / "b.csv", ("app", "text", "truth", "n"), [("s", "m", "Error", 2)])
    assert read(own, Columns("app", "text", "truth", "n")) == [Labelled("s", "m", "Error", 2)]
    both = write_csv(tmp_path / "c.csv", ("label", "target_label", "log_message"), [("no", "yes", "m")])
    assert read(both) == [Labelled("", "m", "yes", 1)]


@pytest.mark.parametrize(
    ("header", "row", "columns", "sentence"),
    [
        (("log_message",), ("m",), Columns(), "has no column 'target_label' or 'label', only 'log_message'"),
        (("m", "label"), ("m", "E"), Columns(), "--message-column"),
        (("log_message", "label"), ("m", "E"), Columns(source="app"), "--source-column"),
        (("log_message", "label"), ("m", "E"), Columns(label="truth"), "--label-column"),
        (("log_message", "label"), ("m", "E"), Columns(lines="n"), "--lines-column"),
        (("log_message", "label"), ("", "E"), Columns(), "line 2: there is no message"),
        (("log_message", "label"), ("m", " "), Columns(), "line 2: there is no label"),
        (("log_message", "label", "count"), ("m", "E", "few"), Columns(), "'few' is no number of lines"),
        (("log_message", "label", "count"), ("m", "E", "0"), Columns(), "'0' is no number of lines"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, header: tuple[str, ...], row: tuple[str, ...] | None, columns: Columns, sentence: str
) -> None:
    path = write_csv(tmp_path / "bad.csv", header, [row] if row else [])
    with pytest.raises(InputFileError, match=re.escape(sentence)) as caught:
        read(path, columns)
    assert "\n" not in str(caught.value)


def test_json_has_labels_and_lines_too_and_an_object_need_not_say_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"msg":"m","in":{"label":"Error"},"count":3},{"msg":"n","in":{"label":"X"}}]')
    assert read(path, Columns(label="in.label")) == [Labelled("", "m", "Error", 3), Labelled("", "n", "X", 1)]


def test_plain_text_has_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("up\ndown\n")
    with pytest.raises(InputFileError, match=r"was read as plain text, which has no column 'target_label'"):
        read(path)


def test_labels_alike_but_for_case_and_spaces_are_grouped() -> None:
    assert similar_labels(["A b", "a  B", "C", "c ", "A b", "D"]) == [("A b", "a  B"), ("C", "c ")]
