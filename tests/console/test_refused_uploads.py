"""Files and forms that cannot be labelled: each is refused in a sentence, as early as can be."""

import gzip
from collections.abc import Iterator

import pytest

from console.uploads.upload import START_BYTES
from tests.console.conftest import Console, MakeConsole
from tests.console.sending import WAYS, Send, post, put, sentence
from tests.support.classified import as_csv


@WAYS
@pytest.mark.parametrize(
    ("content", "name", "parameters", "status", "said"),
    [
        (
            "a,b\n1,2\n",
            "x.csv",
            {},
            422,
            "x.csv has no column 'log_message' or 'message' or 'msg', only 'a', 'b'",
        ),
        ("a,b\n1,2\n", "x.csv", {"message_column": "c"}, 422, "no column 'c', only 'a', 'b'"),
        ("x\n", "x", {"encoding": "klingon"}, 422, "klingon is not an encoding"),
        (b"PK\x03\x04 and so on", "x.xlsx", {}, 415, "x.xlsx is a zip archive or a spreadsheet"),
        (b"PAR1", "x", {}, 415, "a Parquet file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "x.log", {}, 415, "x.log is a picture"),
        (b"\x7fELF\2\1", "x", {}, 415, "x is a program"),
        (b"\x1f\x8b\x08 not gzip", "x.gz", {}, 422, "gzip that is cut off or damaged"),
        (gzip.compress(b"up\n" * 99, mtime=0)[:-9], "x.gz", {}, 422, "gzip that is cut off or damaged"),
        ("x\n", "x", {"format": "xlsx"}, 422, "format: input should be 'csv', 'jsonl' or 'text'"),
    ],
)
def test_what_cannot_be_labelled_is_refused_in_a_sentence(
    console: Console,
    send: Send,
    content: bytes | str,
    name: str,
    parameters: dict[str, str],
    status: int,
    said: str,
) -> None:
    answer = send(console, content, name, **parameters)
    assert (answer.status_code, said in sentence(answer)) == (status, True), answer.text
    assert console.metric("logsluice_console_spool_bytes") == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("source,log_message\na,\n", "no row of x has a message"),
        ('{"a": 1}\n', "only 'a': name the right one with message_column"),
    ],
)
def test_a_file_without_any_message_is_refused_when_all_of_it_is_read(
    console: Console, content: str, said: str
) -> None:
    answer = post(console, content, "x")
    assert (answer.status_code, said in sentence(answer)) == (422, True)


@WAYS
def test_formats_that_are_not_supported_are_refused_by_name_and_by_content(
    make_console: MakeConsole, send: Send
) -> None:
    console = make_console(supported_formats=("csv",))
    for content, name, parameters in (
        ("up\n", "a.log", {}),
        ('{"log_message": "a"}\n', "a.csv", {}),
        ("log_message\na\n", "a.csv", {"format": "text"}),
    ):
        answer = send(console, content, name, **parameters)
        assert answer.status_code == 415
        assert "this console takes csv" in sentence(answer)


@WAYS
@pytest.mark.parametrize("chunked", [False, True], ids=["content-length", "chunked"])
def test_a_file_that_is_too_large_is_refused(make_console: MakeConsole, send: Send, chunked: bool) -> None:
    console = make_console(max_file_size=100_000)
    row = b"an event of a certain length\n"
    content = b"log_message\n" + row * 10_000
    if chunked:
        boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'

        def pieces() -> Iterator[bytes]:
            yield (boundary if send is post else b"") + content[:12]
            for start in range(12, len(content), 5_000):
                yield content[start : start + 5_000]

        headers = {"content-type": "multipart/form-data; boundary=b" if send is post else "text/csv"}
        method = "POST" if send is post else "PUT"
        answer = console.client.request(method, "/classify", content=pieces(), headers=headers)
    else:
        answer = send(console, content)
    assert answer.status_code == 413
    assert "LOGSLUICE_CONSOLE__MAX_FILE_SIZE" in sentence(answer)
    assert console.metric("logsluice_console_spool_bytes") == 0


@WAYS
def test_gzip_may_not_unpack_to_more_than_a_file_may_have(make_console: MakeConsole, send: Send) -> None:
    console = make_console(max_file_size=100_000)
    bomb = gzip.compress(b"log_message\n" + b"up\n" * 10_000_000)
    assert len(bomb) < 100_000
    console.gate.hold()  # it is refused before anything is labelled, where all of it is there
    if send is put:
        console.gate.let.release(1_000)
    answer = send(console, bomb, "bomb.csv.gz")
    assert answer.status_code in ((413,) if send is post else (200, 413))
    if answer.status_code == 413:
        assert "bomb.csv.gz has more than 100,000 bytes, unpacked" in sentence(answer)


@pytest.mark.parametrize(
    ("headers", "body", "status", "said"),
    [
        ({"content-type": "text/csv"}, as_csv(), 415, "send a form"),
        ({}, "", 415, "send a form"),
        ({"content-type": "multipart/form-data"}, "x", 400, "the form is damaged"),
        ({"content-type": "multipart/form-data; boundary=b"}, "", 422, "no file in a part named"),
        ({"content-type": "multipart/form-data; boundary=b"}, "no form at all", 400, "the form is damaged"),
        (
            {"content-type": "multipart/form-data; boundary=b"},
            '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nlog_message\nup\n',
            400,
            "ends in the middle",
        ),
        (
            {"content-type": "multipart/form-data; boundary=b"},
            '--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
            422,
            "no file in a part named",
        ),
        ({"content-encoding": "gzip"}, "x", 415, "without Content-Encoding"),
    ],
)
def test_a_form_that_is_none_is_refused(
    console: Console, headers: dict[str, str], body: str, status: int, said: str
) -> None:
    answer = console.client.post("/classify", content=body.encode(), headers=headers)
    assert (answer.status_code, said in sentence(answer)) == (status, True), answer.text


def test_a_form_may_have_other_parts_but_one_file(console: Console) -> None:
    both = [("x", (None, "1")), ("file", ("a.csv", as_csv()))]
    assert console.client.post("/classify", files=both).status_code == 200
    twice = [("file", ("a.csv", as_csv())), ("file", ("b.csv", as_csv()))]
    answer = console.client.post("/classify", files=twice)
    assert (answer.status_code, "several parts" in sentence(answer)) == (422, True)


def test_a_file_is_refused_by_its_start_before_the_rest_is_there(console: Console) -> None:
    boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'

    def pieces() -> Iterator[bytes]:
        yield boundary + b"a,b\n" + b"1,2\n" * START_BYTES
        for _ in range(100):
            yield b"1,2\n" * 1_000

    answer = console.client.post(
        "/classify", content=pieces(), headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 422
    assert "only 'a', 'b'" in sentence(answer)
