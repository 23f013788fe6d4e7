"""``logsluice classify`` from end to end, with the built-in bundle: files in, labelled files out."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from files.table import RESULT_COLUMNS
from pipeline.event import Event
from tests.conftest import Command
from tests.support import default_model
from tests.support.classified import (
    COLUMNS,
    EVENTS,
    EXTRA,
    as_csv,
    as_json_lines,
    cascade,
    cells,
    expected,
    read,
)

pytestmark = pytest.mark.usefixtures("loaded_once")


NOTE = "8 rows labelled; 1 row has no message, so the label says nothing\n"


def test_a_csv_gains_five_columns_and_keeps_its_own(logsluice: Command) -> None:
    Path("in.csv").write_bytes(as_csv().encode())
    result = logsluice("classify", "in.csv", "-o", "out.csv")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", NOTE)
    header, *rows = cells(read("out.csv"))
    assert ",".join(header) == "source,log_message,target_label,confidence,tier,rule,best_guess"
    assert [row[:2] for row in rows] == [[event.source, event.message] for event in EVENTS]
    assert [row[2:] for row in rows] == expected()
    assert {row[4] for row in rows} == {"rules", "embedding", "none"}  # or the events above say too little


def test_csv_and_json_lines_are_labelled_alike(logsluice: Command) -> None:
    Path("in.jsonl").write_text(as_json_lines(), encoding="utf-8")
    result = logsluice("classify", "in.jsonl", "-o", "out.jsonl")
    assert result.exit_code == 0
    objects = [json.loads(line) for line in read("out.jsonl").splitlines()]
    assert all(list(each) == [*COLUMNS, *RESULT_COLUMNS] for each in objects)
    results = [[each[name] for name in RESULT_COLUMNS] for each in objects]
    assert [["" if cell is None else str(cell) for cell in row] for row in results] == expected()
    assert all(isinstance(each["confidence"], float) for each in objects)


def test_a_best_guess_stands_where_no_tier_was_sure_and_nowhere_else() -> None:
    labels = default_model.bundle().labels
    for label, confidence, tier, rule, best_guess in expected():
        assert label in labels
        assert 0 <= float(confidence) <= 1
        assert bool(rule) == (tier == "rules")
        assert best_guess == "" or (label, tier) == ("Unclassified", "none")
        assert best_guess in ("", *default_model.bundle().manifest.labels)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_spreadsheet_s_csv_is_labelled_like_any_other(
    logsluice: Command, encoding: str, delimiter: str
) -> None:
    Path("in.csv").write_bytes(as_csv(delimiter, extra=True).encode(encoding))
    result = logsluice("classify", "in.csv")
    assert result.exit_code == 0
    header, *rows = cells(result.stdout_bytes.decode("utf-8"), delimiter)
    assert header == [*COLUMNS, "extra", *RESULT_COLUMNS]
    assert rows == [
        [event.source, event.message, more, *results]
        for event, more, results in zip(EVENTS, EXTRA, expected(), strict=True)
    ]


def test_each_line_of_a_log_file_is_labelled(logsluice: Command) -> None:
    lines = [event.message for event in EVENTS if event.message and "\n" not in event.message]
    Path("app.log").write_text("\n\n".join(lines), encoding="utf-8")
    result = logsluice("classify", "app.log")
    header, *rows = cells(result.stdout)
    assert header == ["log_message", *RESULT_COLUMNS]
    assert [row[0] for row in rows] == lines
    verdicts = cascade().label([Event("", line) for line in lines])
    assert [row[1] for row in rows] == [verdict.label for verdict in verdicts]


def test_the_columns_may_be_named(logsluice: Command) -> None:
    Path("in.csv").write_bytes(as_csv().replace("source,log_message", "host,text", 1).encode())
    result = logsluice("classify", "in.csv", "--source-column", "host", "--message-column", "text")
    header, *rows = cells(result.stdout)
    assert header[:2] == ["host", "text"]
    assert [row[2:] for row in rows] == expected()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            [],
            "in.csv has no column 'log_message' or 'message' or 'msg', only 'host', 'note': name the right one",
        ),
        (
            ["--message-column", "note", "--source-column", "app"],
            "in.csv has no column 'app', only 'host', 'note': name the right one with --source-column",
        ),
        (["--encoding", "klingon"], "klingon is not an encoding that Python knows"),
    ],
)
def test_what_cannot_be_read_is_named_and_leaves_the_output_as_it_was(
    logsluice: Command, arguments: Sequence[str], sentence: str
) -> None:
    Path("in.csv").write_text("host,note\nweb,up\n")
    Path("out.csv").write_text("of yesterday")
    result = logsluice("classify", "in.csv", "-o", "out.csv", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"logsluice: {sentence}")
    assert sorted(path.name for path in Path().iterdir()) == ["in.csv", "out.csv"]
    assert read("out.csv") == "of yesterday"


def test_an_empty_csv_has_no_columns(logsluice: Command) -> None:
    Path("in.csv").touch()
    result = logsluice("classify", "in.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == ("logsluice: in.csv is empty: it needs a header line, and a row for each event\n")


def test_what_was_odd_is_reported_and_kept(logsluice: Command) -> None:
    Path("in.csv").write_text("log_message\nup, and running\ndown\n")
    result = logsluice("classify", "in.csv")
    assert result.stderr == (
        "2 rows labelled; 1 row had more cells than the header, joined in the last column\n"
    )
    assert cells(result.stdout)[1][0] == "up, and running"
    Path("in.jsonl").write_text('{"log_message":"up"}\nnot an object\n')
    result = logsluice("classify", "in.jsonl")
    assert result.stderr == (
        "2 rows labelled; lines that are not JSON objects stand in the output as `unreadable`: 1\n"
    )
    assert json.loads(result.stdout.splitlines()[1])["unreadable"] == "not an object"
