"""Files and events over HTTP: what comes back, and what is refused in a sentence."""

import gzip
import io
import json
from collections.abc import Iterator

import pytest
from httpx2 import Response

from console.uploads.upload import START_BYTES
from tests.console.conftest import Console, MakeConsole
from tests.support.classified import COLUMNS, EVENTS, as_csv, as_json_lines, cells, expected

RESULTS = ["target_label", "confidence", "tier", "rule", "best_guess"]


def post(console: Console, content: bytes | str, name: str = "app.csv", **parameters: str) -> Response:
    return console.client.post("/classify", files={"file": (name, content)}, params=parameters)


def put(console: Console, content: bytes | str, name: str = "app.csv", **parameters: str) -> Response:
    return console.client.put("/classify", content=content, params={"name": name, **parameters})


WAYS = pytest.mark.parametrize("send", [post, put], ids=["post", "put"])


def sentence(answer: Response) -> str:
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert "--" not in body["error"], "an option of the command line is none of the API"
    return str(body["error"])


@WAYS
def test_csv_comes_back_with_its_columns_and_the_results_behind_them(console: Console, send: object) -> None:
    answer = send(console, as_csv(extra=True))  # type: ignore[operator]
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''app-labelled.csv"
    header, *rows = cells(answer.text)
    assert header == [*COLUMNS, "extra", *RESULTS]
    assert [row[:2] for row in rows] == [[event.source, event.message] for event in EVENTS]
    assert [row[3:] for row in rows] == expected()


def test_the_path_may_end_with_a_slash_and_a_put_may_name_the_file_in_it(console: Console) -> None:
    whole = post(console, as_csv()).text
    slash = console.client.post("/classify/", files={"file": ("app.csv", as_csv())})
    assert (slash.status_code, slash.text) == (200, whole)
    named = console.client.put("/classify/day%201.csv", content=as_csv())
    assert (named.status_code, named.text) == (200, whole)
    assert named.headers["content-disposition"].endswith("''day%201-labelled.csv")


@WAYS
def test_json_lines_and_text_and_gzip_are_labelled_too(console: Console, send: object) -> None:
    answer = send(console, gzip.compress(as_json_lines().encode()), "app.json.gz")  # type: ignore[operator]
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"].endswith("''app-labelled.jsonl")
    assert [json.loads(line)["target_label"] for line in answer.text.splitlines()] == [
        row[0] for row in expected()
    ]
    lines = "\n".join(event.message for event in EVENTS[:3])
    answer = send(console, lines, "app.log")  # type: ignore[operator]
    assert cells(answer.text)[0] == ["log_message", *RESULTS]
    assert len(cells(answer.text)) == 4


@WAYS
@pytest.mark.parametrize(
    ("content", "name", "parameters", "rows"),
    [
        ("", "", {}, 0),
        ("log_message\n", "", {}, 0),
        ('sep=;\nsource;log_message\na;"x ""y"""\nb;"open\n', "app.csv", {}, 2),
        ("source,log_message\r\na,b\r\n".encode("utf-16"), "app.csv", {}, 1),
        ("log_message\nPr\xfcfung\n".encode("cp1252"), "app.csv", {}, 1),
        (b"\xff\x00\xfe broken \x80\n", "a", {}, 1),
        ('{"log_message": "\\ud800"}\n', "a", {}, 1),
        ('[{"msg": "a"}, {"msg": "b"}]', "a.json", {}, 2),
        ("what;who\nhello;me\n", "app.csv", {"message_column": "what", "source_column": "who"}, 1),
        ("x,y\n1,2\n", "app.csv", {"format": "text"}, 2),
        ("größe\n".encode("latin9"), "a.log", {"encoding": "latin9"}, 1),
    ],
)
def test_odd_files_are_labelled(
    console: Console, send: object, content: bytes | str, name: str, parameters: dict[str, str], rows: int
) -> None:
    answer = send(console, content, name, **parameters)  # type: ignore[operator]
    assert answer.status_code == 200, answer.text
    is_json = answer.headers["content-type"] == "application/x-ndjson"
    found = len(answer.text.splitlines()) if is_json else len(cells(answer.text)) - 1
    assert found == rows


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
        (b"\x1f\x8b\x08 not gzip", "x.gz", {}, 422, "gzip that is cut off or damaged"),
        (gzip.compress(b"up\n" * 99)[:-9], "x.gz", {}, 422, "gzip that is cut off or damaged"),
        ("x\n", "x", {"format": "xlsx"}, 422, "format: input should be 'csv', 'jsonl' or 'text'"),
    ],
)
def test_what_cannot_be_labelled_is_refused_in_a_sentence(
    console: Console,
    send: object,
    content: bytes | str,
    name: str,
    parameters: dict[str, str],
    status: int,
    said: str,
) -> None:
    answer = send(console, content, name, **parameters)  # type: ignore[operator]
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
    make_console: MakeConsole, send: object
) -> None:
    console = make_console(supported_formats=("csv",))
    for content, name, parameters in (
        ("up\n", "a.log", {}),
        ('{"log_message": "a"}\n', "a.csv", {}),
        ("log_message\na\n", "a.csv", {"format": "text"}),
    ):
        answer = send(console, content, name, **parameters)  # type: ignore[operator]
        assert answer.status_code == 415
        assert "this console takes csv" in sentence(answer)


@WAYS
@pytest.mark.parametrize("chunked", [False, True], ids=["content-length", "chunked"])
def test_a_file_that_is_too_large_is_refused(make_console: MakeConsole, send: object, chunked: bool) -> None:
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
        answer = send(console, content)  # type: ignore[operator]
    assert answer.status_code == 413
    assert "LOGSLUICE_CONSOLE__MAX_FILE_SIZE" in sentence(answer)
    assert console.metric("logsluice_console_spool_bytes") == 0


@WAYS
def test_gzip_may_not_unpack_to_more_than_a_file_may_have(make_console: MakeConsole, send: object) -> None:
    console = make_console(max_file_size=100_000)
    bomb = gzip.compress(b"log_message\n" + b"up\n" * 10_000_000)
    assert len(bomb) < 100_000
    console.gate.hold()  # it is refused before anything is labelled, where all of it is there
    if send is put:
        console.gate.let.release(1_000)
    answer = send(console, bomb, "bomb.csv.gz")  # type: ignore[operator]
    assert answer.status_code in ((413,) if send is post else (200, 413))
    if answer.status_code == 413:
        assert "bomb.csv.gz has more than 100,000 bytes, unpacked" in sentence(answer)


def test_names_are_never_paths(console: Console) -> None:
    for given, shown in (
        ("../../etc/passwd", "passwd-labelled.csv"),
        ("C:\\logs\\app.csv", "app-labelled.csv"),
        ("..", "file-labelled.csv"),
        ('a"\u202eb\n.csv', "a%22b-labelled.csv"),
        ("", "file-labelled.csv"),
        ("x" * 500 + ".csv", "x" * 96 + "-labelled.csv"),
    ):
        answer = console.client.put("/classify", content=as_csv(), params={"name": given})
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{shown}"
    traversal = console.client.put("/classify/..%2f..%2fetc%2fpasswd", content=as_csv())
    assert traversal.status_code in (200, 404)
    for path in ("/docs/assets/..%2fdocs.py", "/docs/assets/..%2f..%2fapp.py", "/docs/assets/docs.py"):
        assert console.client.get(path).status_code == 404


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


def test_events_as_json_get_verdicts_in_their_order(console: Console) -> None:
    events = [{"source": event.source, "log_message": event.message} for event in EVENTS]
    answer = console.client.post("/v1/classify", json={"events": events})
    assert answer.status_code == 200
    body = answer.json()
    assert body["bundle"].startswith("default@")
    found = [
        [
            str(each[name]) if each[name] is not None else ""
            for name in ("label", "confidence", "tier", "rule", "best_guess")
        ]
        for each in body["verdicts"]
    ]
    assert found == expected()
    assert "<ip>" in body["verdicts"][1]["template"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 422),
        ("{", 422),
        ('{"events": [{"source": "a"}]}', 422),
        ('{"events": [{"log_message": 1}]}', 422),
        ('{"events": [{"log_message": "Failed password for \\ud800 from 1.2.3.4 port 5"}]}', 200),
        ('{"events": []}', 200),
        (json.dumps({"events": [{"log_message": "a"}] * 10_001}), 422),
        (json.dumps({"events": [{"log_message": "a" * 10_000_001}]}), 413),
    ],
)
def test_events_that_are_none_are_refused(console: Console, body: str, status: int) -> None:
    answer = console.client.post("/v1/classify", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    if status != 200:
        sentence(answer)


def test_the_start_of_a_file_shows_its_columns_and_first_rows(console: Console) -> None:
    def preview(content: bytes | str, name: str = "", **parameters: str) -> dict[str, object]:
        answer = console.client.post("/v1/preview", content=content, params={"name": name, **parameters})
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    found = preview("a;message;Source\nx;hello;app\n" * 2, "x.csv")
    assert found["columns"] == ["a", "message", "Source"]
    assert (found["format"], found["message_column"], found["source_column"]) == ("csv", "message", "Source")
    assert found["rows"] == [
        {"source": "app", "log_message": "hello"},
        {"source": "Source", "log_message": "message"},
        {"source": "app", "log_message": "hello"},
    ]
    found = preview('{"msg": "hello", "k": 1}\n')
    assert (found["format"], found["columns"], found["message_column"]) == ("jsonl", ["msg", "k"], "msg")
    found = preview(gzip.compress(io.BytesIO(b"up\n" * 100_000).read())[:200])
    assert (found["format"], found["columns"], found["message_column"]) == ("text", [], None)
    answer = console.client.post("/v1/preview", content="a,b\n1,2\n", params={"name": "x.csv"})
    assert (answer.status_code, "only 'a', 'b'" in sentence(answer)) == (422, True)
