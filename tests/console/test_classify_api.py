"""Files and events over HTTP: what comes back, and what is refused in a sentence."""

import gzip
import io
import json

import pytest

from tests.console.conftest import Console
from tests.console.sending import WAYS, Send, post, sentence
from tests.support.classified import COLUMNS, EVENTS, as_csv, as_json_lines, cells, expected

RESULTS = ["target_label", "confidence", "tier", "rule", "best_guess"]


@WAYS
def test_csv_comes_back_with_its_columns_and_the_results_behind_them(console: Console, send: Send) -> None:
    answer = send(console, as_csv(extra=True))
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
def test_json_lines_and_text_and_gzip_are_labelled_too(console: Console, send: Send) -> None:
    answer = send(console, gzip.compress(as_json_lines().encode()), "app.json.gz")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"].endswith("''app-labelled.jsonl")
    assert [json.loads(line)["target_label"] for line in answer.text.splitlines()] == [
        row[0] for row in expected()
    ]
    lines = "\n".join(event.message for event in EVENTS[:3])
    answer = send(console, lines, "app.log")
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
    console: Console, send: Send, content: bytes | str, name: str, parameters: dict[str, str], rows: int
) -> None:
    answer = send(console, content, name, **parameters)
    assert answer.status_code == 200, answer.text
    is_json = answer.headers["content-type"] == "application/x-ndjson"
    found = len(answer.text.splitlines()) if is_json else len(cells(answer.text)) - 1
    assert found == rows


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
