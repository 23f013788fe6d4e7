"""`logsluice serve`: started, asked by clients good and bad over real connections, stopped."""

import http.client
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from console.server import listen
from console.uploads.upload import START_BYTES
from tests.console.served import Served, read_until
from tests.support.classified import as_csv, cells, expected
from tests.support.kafka_server import wait_until
from tests.support.service_process import PYTHON, run_command

PUT = b"PUT /classify?name=a.csv HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = PUT + b"Transfer-Encoding: chunked\r\n\r\n"
ROW = b"sshd,Failed password for root from 203.0.113.9 port 52144 ssh2\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A console without a broker, and a bound for uploads that a test can reach."""
    environment = {"LOGSLUICE_CONSOLE__MAX_FILE_SIZE": "20MB", "LOGSLUICE_BOOTSTRAP_SERVERS": ""}
    with Served(tmp_path_factory.mktemp("served"), environment) as served:
        yield served
        assert "Traceback" not in served.output


def used(served: Served) -> float:
    text = httpx2.get(f"{served.address}/metrics").text
    name = "logsluice_console_spool_bytes "
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_it_labels_a_file_and_says_that_there_is_no_broker(served: Served) -> None:
    answer = httpx2.post(f"{served.address}/classify", files={"file": ("app.csv", as_csv())})
    assert [row[2:] for row in cells(answer.text)[1:]] == expected()
    assert '"event": "no broker' in served.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_a_signal_with_a_file_in_hand(tmp_path: Path, number: signal.Signals) -> None:
    with Served(tmp_path, {}) as served:
        with served.connect() as connection:
            connection.sendall(CHUNKED + chunk(b"source,log_message\n" + ROW))
            assert b"Security Alert" in read_until(connection, b"Security Alert")
            assert served.stop(number) == 0
        at = {entry["event"]: datetime.fromisoformat(entry["timestamp"]) for entry in served.log()}
        # It says so when it is asked to, and then gives the file some time to come to its end.
        assert at["stopped"] - at["stopping"] > timedelta(seconds=1)
        assert "Traceback" not in served.output


def test_rows_come_back_while_others_are_not_sent_yet(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(CHUNKED + chunk(b"source,log_message\n" + ROW))
        assert read_until(connection, b"Security Alert").startswith(b"HTTP/1.1 200 ")
        connection.sendall(chunk(b"web,User mia logged in from 192.0.2.144\n"))
        assert b"User Action" in read_until(connection, b"User Action")
        connection.sendall(chunk(b""))
        assert read_until(connection, b"0\r\n\r\n").endswith(b"0\r\n\r\n")


def test_a_client_that_reads_nothing_before_it_has_sent_all_is_answered(served: Served) -> None:
    content = b"source,log_message\n" + ROW * 250_000  # more than all buffers between us hold
    with served.connect() as connection:
        connection.sendall(PUT + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(content) + content)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.read().count(b"Security Alert") == 250_000
    assert used(served) == 0


def test_an_answer_that_goes_wrong_in_the_middle_is_cut_off(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(CHUNKED + chunk(b"source,log_message\na,\n"))
        assert read_until(connection, b"\na,").startswith(b"HTTP/1.1 200 ")
        connection.sendall(chunk(b""))
        assert not read_until(connection, b"0\r\n\r\n").endswith(b"0\r\n\r\n")
    wait_until(lambda: used(served) == 0, "its file is gone")


@pytest.mark.parametrize("sent", ["form", "job", "stream"])
def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(served: Served, sent: str) -> None:
    files = served.open_files
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nsource,log_message\n'
    start = {
        "form": b"POST /classify HTTP/1.1\r\n",
        "job": b"POST /v1/jobs HTTP/1.1\r\n",
        "stream": PUT.replace(b"Host: localhost\r\n", b""),
    }[
        sent
    ] + b"Host: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999999\r\n\r\n"
    with served.connect() as connection:
        connection.sendall(start + (b"" if sent == "stream" else form) + b"log_message\n" + ROW * 50_000)
        if sent != "stream":
            wait_until(lambda: used(served) > 1_000_000, "a part of it has arrived")
        else:
            read_until(connection, b"Security Alert")
    wait_until(lambda: used(served) == 0 and served.open_files <= files, "all of it is gone")


def test_a_file_whose_sender_has_left_is_not_labelled_on(served: Served) -> None:
    words = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyz"]
    rows = "".join(f"app,the {one} of the {two} was seen by nobody\n" for one in words[:60] for two in words)
    place = urlsplit(served.address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    boundary = (
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nsource,log_message\n'
    )
    connection.request(
        "POST",
        "/classify",
        boundary + rows + "\r\n--b--\r\n",
        {"Content-Type": "multipart/form-data; boundary=b"},
    )
    wait_until(lambda: used(served) > 0, "it is being labelled")
    connection.close()
    # Labelling 36,000 templates that were never seen takes minutes; a chunk of them seconds.
    wait_until(lambda: used(served) == 0, "it was given up", 60.0)


@pytest.mark.parametrize("way", ["too large", "wrong columns", "another site", "a path that is not there"])
def test_who_is_refused_early_reads_why_though_he_is_still_sending(served: Served, way: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    body += (b"a,b\n" if way == "wrong columns" else b"source,log_message\n") + ROW * START_BYTES
    size = 500_000_000 if way == "too large" else 15_000_000
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(size)}
    if way == "another site":
        headers["Origin"] = "http://evil.example"
    place = urlsplit(served.address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    path = "/v1/nothing" if way == "a path that is not there" else "/classify"
    connection.request("POST", path, iter([body, *[ROW * 1_000] * 150]), headers)
    answer = connection.getresponse()
    expected_status = {"too large": 413, "wrong columns": 422, "another site": 403}.get(way, 413)
    assert answer.status == expected_status
    assert answer.read().startswith(b'{"error":')
    connection.close()


def test_two_files_at_once_are_both_labelled(served: Served) -> None:
    answers: list[httpx2.Response] = []

    def send() -> None:
        content = b"source,log_message\n" + ROW * 20_000
        answers.append(
            httpx2.post(f"{served.address}/classify", files={"file": ("a.csv", content)}, timeout=60)
        )

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.text.count("Security Alert") for answer in answers] == [20_000] * 2


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["--host", "0.0.0.0"], {}, 3, "set LOGSLUICE_CONSOLE__TOKEN"),
        (["--host", "::"], {}, 3, "set LOGSLUICE_CONSOLE__TOKEN"),
        ([], {"LOGSLUICE_CONSOLE__HOST": "0.0.0.0"}, 3, "set LOGSLUICE_CONSOLE__TOKEN"),
        (
            [],
            {"LOGSLUICE_CONSOLE__TOKEN": "short"},
            3,
            "LOGSLUICE_CONSOLE__TOKEN: a token has 16 characters or more",
        ),
        ([], {"LOGSLUICE_CONSOLE__PROT": "1"}, 3, "did you mean LOGSLUICE_CONSOLE__PORT?"),
        (["--port", "70000"], {}, 2, "70000 is not in the range"),
        (["--host", "192.0.2.1"], {}, 1, "cannot listen on 192.0.2.1:8080"),
        ([], {"LOGSLUICE_BUNDLE": "nowhere"}, 5, "nowhere is not a bundle"),
    ],
)
def test_what_is_wrong_at_the_start_is_a_sentence_and_an_exit_code(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], code: int, said: str
) -> None:
    port = [] if arguments else ["--port", "0"]
    ended = run_command(tmp_path, environment, "serve", *arguments, *port)
    assert (ended.returncode, said in ended.stderr) == (code, True), ended.stderr
    assert "short" not in ended.stderr.replace("shorter", "")
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run_command(tmp_path, {}, "serve", "--port", port)
    assert (ended.returncode, f"cannot listen on 127.0.0.1:{port}" in ended.stderr) == (1, True), ended.stderr


def test_a_connection_whose_other_end_is_gone_is_found_out() -> None:
    with listen("127.0.0.1", 0) as bound:
        bound.listen()
        with socket.create_connection(bound.getsockname()), closing(bound.accept()[0]) as accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.parametrize("command", [["serve"], ["demo", "--console"]])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, command: list[str]) -> None:
    code = f"import sys; sys.modules['uvicorn'] = None; from logsluice.cli.main import main; main({command})"
    ended = subprocess.run(
        [PYTHON, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 1
    assert "this needs uvicorn, which is not installed: pip install 'logsluice[console]'" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.long
@pytest.mark.timeout(600)
def test_an_upload_of_200_megabytes_takes_less_than_500_of_memory(tmp_path: Path) -> None:
    content = tmp_path / "large.csv"
    with content.open("wb") as file:
        file.write(b"source,log_message\n")
        for number in range(1, 200_000_000 // (100 * len(ROW))):
            file.write(ROW.replace(b"52144", b"%05d" % (number % 100_000)) * 100)
    with Served(tmp_path, {}) as served, content.open("rb") as file:
        with httpx2.stream(
            "POST", f"{served.address}/classify", files={"file": ("large.csv", file)}, timeout=500
        ) as answer:
            assert answer.status_code == 200
            received = sum(len(piece) for piece in answer.iter_bytes())
        assert received > content.stat().st_size
        assert served.peak_bytes < 500_000_000
        assert used(served) == 0
