"""``logsluice classify`` as a filter: pipes in and out, and outputs that appear when they are whole."""

import gzip
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from files.table import RESULT_COLUMNS
from logsluice.cli import classify as classification
from tests.conftest import Command
from tests.support.classified import as_csv, as_json_lines, cells, read
from tests.support.kafka_server import wait_until
from tests.support.service_process import COMMAND

pytestmark = pytest.mark.usefixtures("loaded_once")


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
    assert (piped.returncode, piped.stderr) == (
        0,
        b"8 rows labelled; 1 row has no message, so the label says nothing\n",
    )
    assert piped.stdout == logsluice("classify", "in.csv").stdout_bytes


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


def test_an_input_that_fails_half_way_leaves_nothing_behind(logsluice: Command) -> None:
    packed = gzip.compress(b"log_message\n" + b"".join(b"request %d\n" % (n * n) for n in range(20_000)))
    Path("in.csv.gz").write_bytes(packed[: len(packed) // 2])
    result = logsluice("classify", "in.csv.gz", "-o", "out.csv")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("logsluice: in.csv.gz is gzip that is cut off or damaged")
    assert [path.name for path in Path().iterdir()] == ["in.csv.gz"]


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


def read_line(process: "subprocess.Popen[bytes]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


@pytest.mark.parametrize(
    ("header", "line", "answer"),
    [
        (
            "",
            "Mar  3 10:11:12 web sshd[71]: Failed password for root from 10.0.0.1 port 22 ssh2\n",
            ",rules,",
        ),
        ("source,message\n", "sshd,Failed password for root from 10.0.0.1 port 22 ssh2\n", ",rules,"),
        ("", '{"msg":"Failed password for root from 10.0.0.1 port 22 ssh2"}\n', '"tier":"rules"'),
    ],
    ids=["text", "csv", "jsonl"],
)
def test_a_slow_pipe_is_labelled_line_by_line(header: str, line: str, answer: str) -> None:
    with subprocess.Popen(
        [COMMAND, "classify", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(header.encode())
        for number in range(3):
            process.stdin.write(line.encode())
            process.stdin.flush()
            if number == 0 and "{" not in line:
                assert read_line(process).rstrip().endswith(",target_label,confidence,tier,rule,best_guess")
            # The next line is written only after the answer to this one: it must come without it.
            assert answer in read_line(process)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, b"", b"3 rows labelled\n")
