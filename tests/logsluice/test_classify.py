"""``logsluice classify`` from end to end, with the built-in bundle: files in, labelled files out."""

import csv
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from files.tables import RESULT_COLUMNS

from logsluice.cli import classify as classification
from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from pipeline.event import Event
from tests.conftest import Command
from tests.support import default_model
from tests.support.chat_server import ChatServer, error, labels
from tests.support.kafka_server import wait_until
from tests.support.service_process import COMMAND

EVENTS = [
    Event("web", '203.0.113.9 - - [03/Mar/2026:10:11:12 +0000] "GET /cart/17 HTTP/1.1" 200 512'),
    Event("sshd", "Failed password for invalid user admin from 203.0.113.9 port 52144 ssh2"),
    Event("backup", "Nightly backup finished in 340 s, 18 files written"),
    Event("CRM", "Größe überschritten; 5 € fehlen, naïve Prüfung"),
    Event("app", 'he said "stop", and\nthe second line says: connection reset by peer'),
    Event("LegacyCRM", "Quote 7781 cannot be sent to the customer: no approver is assigned"),
    Event("", "x7 q q q 0x00 zz"),
    Event("", ""),
]
EXTRA = [f"kept, {number}; as it is" for number in range(len(EVENTS))]
ROOT = Path(__file__).parents[2]
COLUMNS = ["source", "log_message"]


cascade = cache(default_model.new_cascade)


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the cascade once for all tests of this process: it takes seconds."""

    def load_cascade(bundle: Bundle) -> Cascade:
        assert bundle.digest == default_model.bundle().digest
        return cascade()

    monkeypatch.setattr(classification, "load_cascade", load_cascade)


@pytest.fixture(scope="module")
def expected() -> list[list[str]]:
    """The five results of each event, as a CSV has them."""
    verdicts = cascade().label(EVENTS)
    results = [[v.label, v.confidence, v.tier, v.rule, v.best_guess] for v in verdicts]
    return [["" if cell is None else str(cell) for cell in row] for row in results]


def as_csv(delimiter: str = ",", extra: bool = False) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([*COLUMNS, "extra"] if extra else COLUMNS)
    for event, more in zip(EVENTS, EXTRA, strict=True):
        writer.writerow([event.source, event.message, more] if extra else [event.source, event.message])
    return text.getvalue()


def as_json_lines() -> str:
    members = ({"source": event.source, "log_message": event.message} for event in EVENTS)
    return "".join(json.dumps(each) + "\n" for each in members)


def cells(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def read(name: str) -> str:
    return Path(name).read_bytes().decode()


def test_a_csv_gains_five_columns_and_keeps_its_own(logsluice: Command, expected: list[list[str]]) -> None:
    Path("in.csv").write_bytes(as_csv().encode())
    result = logsluice("classify", "in.csv", "-o", "out.csv")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "8 rows labelled\n")
    header, *rows = cells(read("out.csv"))
    assert ",".join(header) == "source,log_message,target_label,confidence,tier,rule,best_guess"
    assert [row[:2] for row in rows] == [[event.source, event.message] for event in EVENTS]
    assert [row[2:] for row in rows] == expected
    assert {row[4] for row in rows} == {"rules", "embedding", "none"}  # or the events above say too little


def test_csv_and_json_lines_are_labelled_alike(logsluice: Command, expected: list[list[str]]) -> None:
    Path("in.jsonl").write_text(as_json_lines(), encoding="utf-8")
    result = logsluice("classify", "in.jsonl", "-o", "out.jsonl")
    assert result.exit_code == 0
    objects = [json.loads(line) for line in read("out.jsonl").splitlines()]
    assert all(list(each) == [*COLUMNS, *RESULT_COLUMNS] for each in objects)
    results = [[each[name] for name in RESULT_COLUMNS] for each in objects]
    assert [["" if cell is None else str(cell) for cell in row] for row in results] == expected
    assert all(isinstance(each["confidence"], float) for each in objects)


def test_a_best_guess_stands_where_no_tier_was_sure_and_nowhere_else(expected: list[list[str]]) -> None:
    labels = default_model.bundle().labels
    for label, confidence, tier, rule, best_guess in expected:
        assert label in labels
        assert 0 <= float(confidence) <= 1
        assert bool(rule) == (tier == "rules")
        assert best_guess == "" or (label, tier) == ("Unclassified", "none")
        assert best_guess in ("", *default_model.bundle().manifest.labels)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_spreadsheet_s_csv_is_labelled_like_any_other(
    logsluice: Command, expected: list[list[str]], encoding: str, delimiter: str
) -> None:
    Path("in.csv").write_bytes(as_csv(delimiter, extra=True).encode(encoding))
    result = logsluice("classify", "in.csv")
    assert result.exit_code == 0
    header, *rows = cells(result.stdout_bytes.decode("utf-8"), delimiter)
    assert header == [*COLUMNS, "extra", *RESULT_COLUMNS]
    assert rows == [
        [event.source, event.message, more, *results]
        for event, more, results in zip(EVENTS, EXTRA, expected, strict=True)
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


@contextmanager
def standard_input(content: str) -> Iterator[None]:
    """Have ``content`` on the standard input of this process, as a shell's ``<`` would."""
    Path("stdin").write_text(content, encoding="utf-8")
    before = os.dup(0)
    with Path("stdin").open("rb") as file:
        os.dup2(file.fileno(), 0)
    try:
        yield
    finally:
        os.dup2(before, 0)
        os.close(before)


@pytest.mark.parametrize("output", [[], ["-o", "-"]], ids=["default", "-"])
@pytest.mark.parametrize("content", [as_csv(), as_json_lines()], ids=["csv", "jsonl"])
def test_a_hyphen_is_standard_input_and_standard_output(
    logsluice: Command, content: str, output: list[str]
) -> None:
    name = "in.csv" if content == as_csv() else "in.jsonl"
    Path(name).write_bytes(content.encode())
    from_file = logsluice("classify", name)
    with standard_input(content):
        from_pipe = logsluice("classify", "-", *output)
    assert from_pipe.exit_code == 0
    assert from_pipe.stdout_bytes == from_file.stdout_bytes != b""


def test_the_installed_command_is_a_filter(logsluice: Command) -> None:
    Path("in.csv").write_bytes(as_csv().encode())
    piped = subprocess.run(
        [COMMAND, "classify", "-"], input=as_csv().encode(), capture_output=True, check=False
    )
    assert (piped.returncode, piped.stderr) == (0, b"8 rows labelled\n")
    assert piped.stdout == logsluice("classify", "in.csv").stdout_bytes


def test_the_columns_may_be_named(logsluice: Command, expected: list[list[str]]) -> None:
    Path("in.csv").write_bytes(as_csv().replace("source,log_message", "host,text", 1).encode())
    result = logsluice("classify", "in.csv", "--source-column", "host", "--message-column", "text")
    header, *rows = cells(result.stdout)
    assert header[:2] == ["host", "text"]
    assert [row[2:] for row in rows] == expected


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the input has no column 'log_message', only 'host', 'text': name the right one with --mess"),
        (
            ["--message-column", "text", "--source-column", "app"],
            "the input has no column 'app', only 'host', 'text': name the right one with --source-column",
        ),
        (["--encoding", "klingon"], "klingon is not an encoding that Python knows"),
    ],
)
def test_what_cannot_be_read_is_named_and_leaves_the_output_as_it_was(
    logsluice: Command, arguments: Sequence[str], sentence: str
) -> None:
    Path("in.csv").write_text("host,text\nweb,up\n")
    Path("out.csv").write_text("of yesterday")
    result = logsluice("classify", "in.csv", "-o", "out.csv", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"logsluice: {sentence}")
    assert sorted(path.name for path in Path().iterdir()) == ["in.csv", "out.csv"]
    assert read("out.csv") == "of yesterday"


def test_the_output_appears_when_it_is_whole(logsluice: Command) -> None:
    # Read from a named pipe, so that the input can be held back half-way.
    os.mkfifo("in.csv")
    first, rest = classification.CHUNK_ROWS * 3, 500
    seen: list[list[str]] = []

    def feed() -> None:
        with Path("in.csv").open("w", encoding="utf-8") as pipe:
            pipe.write("log_message\n" + "".join(f"request {n} took 5 ms\n" for n in range(first)))
            pipe.flush()
            part = Path("out.csv.part")
            wait_until(lambda: part.exists() and part.stat().st_size > 0, "the first rows are written")
            seen.append(sorted(path.name for path in Path().iterdir()))
            pipe.write("".join(f"request {n} took 5 ms\n" for n in range(rest)))

    feeder = threading.Thread(target=feed)
    feeder.start()
    result = logsluice("classify", "in.csv", "-o", "out.csv")
    feeder.join()
    assert result.stderr == "6,500 rows labelled\n"
    assert seen == [["in.csv", "out.csv.part"]]
    assert sorted(path.name for path in Path().iterdir()) == ["in.csv", "out.csv"]
    assert len(cells(read("out.csv"))) == 1 + first + rest


def test_an_output_that_fails_half_way_leaves_nothing_behind(logsluice: Command) -> None:
    good = "log_message\n" + "request took 5 ms\n" * 20_000
    Path("in.csv").write_bytes(good.encode("utf-7") + b"broken +\xff\n")
    result = logsluice("classify", "in.csv", "-o", "out.csv", "--encoding", "utf-7")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("logsluice: in.csv cannot be read: 'utf7' codec can't decode")
    assert line.endswith("; name its encoding with --encoding")
    assert [path.name for path in Path().iterdir()] == ["in.csv"]


def test_the_input_is_never_overwritten(logsluice: Command) -> None:
    Path("in.csv").write_bytes(as_csv().encode())
    Path("link.csv").symlink_to("in.csv")
    for output in ("in.csv", "link.csv"):
        result = logsluice("classify", "in.csv", "-o", output)
        assert result.exit_code == 2
        assert "the output would replace the input: name another file with -o" in result.stderr
    assert Path("in.csv").read_bytes() == as_csv().encode()


def test_an_output_that_cannot_be_written_is_a_sentence(logsluice: Command) -> None:
    Path("in.csv").write_bytes(as_csv().encode())
    result = logsluice("classify", "in.csv", "-o", "nowhere/out.csv")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.endswith("nowhere/out.csv cannot be written: No such file or directory")


@pytest.mark.parametrize(
    ("name", "content", "output"),
    [
        ("in.csv", "source,log_message\n", f"source,log_message,{','.join(RESULT_COLUMNS)}\n"),
        ("in.csv", "\ufefflog_message\n\n\n", f"log_message,{','.join(RESULT_COLUMNS)}\n"),
        ("in.jsonl", "", ""),
        ("in.jsonl", "\n \n", ""),
        ("in.log", "", f"log_message,{','.join(RESULT_COLUMNS)}\n"),
    ],
)
def test_no_rows_are_no_failure(logsluice: Command, name: str, content: str, output: str) -> None:
    Path(name).write_text(content, encoding="utf-8")
    result = logsluice("classify", name)
    assert (result.exit_code, result.stdout, result.stderr) == (0, output, "0 rows labelled\n")


def test_an_empty_csv_has_no_columns(logsluice: Command) -> None:
    Path("in.csv").touch()
    result = logsluice("classify", "in.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "logsluice: the input is empty: it needs a header line, and a row for each event\n"
    )


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


PEAKS = """
import resource
from logsluice.cli import classify
from logsluice.cli.main import main
from tests.support.default_model import new_cascade

cascade = new_cascade()
classify.load_cascade = lambda bundle: cascade  # a second one would take as much again
for name in ("few.csv", "few.csv", "many.csv"):
    main(["classify", name, "-o", f"out-{name}"], standalone_mode=False)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
FEW, MANY = 30_000, 300_000
GROWTH_KB = 16 << 10  # the rows added are some 20 MB as text, and several times that as objects


def write_rows(name: str, count: int) -> None:
    with Path(name).open("w", encoding="utf-8") as file:
        file.write("source,log_message\n")
        file.writelines(
            f"app-{n % 7},request {n * 2_654_435_761 % (1 << 48) | 1 << 47:012x} of user {n} took {n % 977} ms\n"
            for n in range(count)
        )


@pytest.mark.long
def test_memory_is_flat_however_many_rows_there_are(logsluice: Command) -> None:
    write_rows("few.csv", FEW)
    write_rows("many.csv", MANY)
    child = subprocess.run(
        [sys.executable, "-c", PEAKS],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    _, few, many = (int(line) for line in child.stdout.splitlines())
    assert many - few < GROWTH_KB
    with Path("out-many.csv").open("rb") as file:
        assert sum(1 for _ in file) == 1 + MANY


def test_the_llm_decides_what_nothing_else_can(
    logsluice: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"LegacyCRM,case {number} moved to the attic\n" for number in range(5))
    path = tmp_path / "in.csv"
    path.write_text("source,log_message\n" + rows, encoding="utf-8")
    alone = logsluice("classify", path)
    assert alone.stdout.count("Unclassified") == 5
    refused = logsluice("classify", path, "--llm")
    assert refused.exit_code == 3
    assert "GROQ_API_KEY" in refused.stderr
    with ChatServer() as server:
        server.respond = lambda request: labels((row["number"], "Workflow Error") for row in request.asked)
        monkeypatch.setenv("LOGSLUICE_LLM__BASE_URL", server.url)
        monkeypatch.setenv("LOGSLUICE_LLM__PROVIDER", "openai-compatible")
        monkeypatch.setenv("LOGSLUICE_LLM__MODEL", "m")
        asked = logsluice("classify", path, "--llm")
        assert asked.exit_code == 0, asked.stderr
        assert asked.stdout.count("Workflow Error,0.9,llm") == 5
        assert len(server.requests) == 1
        assert "attic" in server.requests[0].asked[0]["template"]

        server.respond = lambda request: error(401)
        path.write_text("source,log_message\nLegacyCRM,another matter\n", encoding="utf-8")
        failed = logsluice("classify", path, "--llm")
        assert failed.exit_code == 1
        assert "does not accept the key" in failed.stderr
