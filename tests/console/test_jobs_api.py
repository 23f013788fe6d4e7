"""Jobs over HTTP: begun, watched, cancelled, fetched, and forgotten when their hour is over or others need the room."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from console.uploads.jobs import KEPT_S
from tests.console.conftest import Console, MakeConsole
from tests.support.classified import EVENTS, as_csv, cells, expected
from tests.support.kafka_server import wait_until

ROW = "backup,Nightly backup finished in 340 s\n"
LONG = "source,log_message\n" + ROW * 5_000
"""More rows than are labelled in one go."""


@pytest.fixture
def console() -> Iterator[Console]:
    with ExitStack() as stack:
        yield Console(stack, {})


def start(console: Console, content: str = as_csv(), name: str = "app.csv") -> str:
    answer = console.client.post("/v1/jobs", files={"file": (name, content)})
    assert answer.status_code == 202, answer.text
    job: str = answer.json()["id"]
    assert answer.headers["location"] == f"/v1/jobs/{job}"
    return job


def look(console: Console, job: str) -> dict[str, Any]:
    answer = console.client.get(f"/v1/jobs/{job}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def wait(console: Console, job: str, is_there: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
    wait_until(lambda: is_there(look(console, job)), what, 20.0)
    return look(console, job)


def wait_for_end(console: Console, job: str) -> dict[str, Any]:
    return wait(console, job, lambda found: found["state"] in ("done", "failed"), f"{job} has ended")


def used(console: Console) -> float:
    return console.metric("logsluice_console_spool_bytes")


def test_a_job_gives_the_labelled_file_and_says_what_is_in_it(console: Console) -> None:
    job = start(console)
    found = wait_for_end(console, job)
    assert (found["state"], found["error"], found["name"], found["format"]) == (
        "done",
        None,
        "app.csv",
        "csv",
    )
    assert (found["rows"], found["share"], found["seconds_left"]) == (len(EVENTS), 1.0, None)
    counts = Counter((row[0], row[2]) for row in expected())
    assert {(each["label"], each["tier"]): each["events"] for each in found["counts"]} == counts
    assert found["notes"] == ["1 row has no message, so the label says nothing"]
    for _ in range(2):  # as often as one likes
        answer = console.client.get(found["result"])
        assert [row[2:] for row in cells(answer.text)[1:]] == expected()
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''app-labelled.csv"


def test_rows_are_shown_by_label_and_tier(console: Console) -> None:
    job = start(console)
    wait_for_end(console, job)
    rows = console.client.get(f"/v1/jobs/{job}/rows").json()
    assert [each["row"] for each in rows] == [*range(1, len(EVENTS) + 1)]
    assert [(each["source"], each["log_message"]) for each in rows] == [(e.source, e.message) for e in EVENTS]
    security = console.client.get(f"/v1/jobs/{job}/rows", params={"label": "Security Alert"}).json()
    assert [each["row"] for each in security] == [2]
    rules = console.client.get(f"/v1/jobs/{job}/rows", params={"tier": "rules", "limit": 2}).json()
    assert [each["tier"] for each in rules] == ["rules"] * 2
    assert console.client.get(f"/v1/jobs/{job}/rows", params={"label": "none"}).json() == []


def test_a_running_job_says_how_far_it_is_and_how_long_it_may_take(console: Console) -> None:
    console.gate.hold()
    job = start(console, LONG)
    console.now += 2
    console.gate.let.release(10)
    found = wait(console, job, lambda found: found["rows"] > 1_650, "10 chunks are labelled")
    assert found["state"] == "running"
    assert found["rows_per_second"] == pytest.approx(found["rows"] / 2)
    assert 0 < found["share"] <= 1
    assert found["seconds_left"] == pytest.approx(2 * (1 - found["share"]) / found["share"])
    assert found["result"] is None
    answer = console.client.get(f"/v1/jobs/{job}/result")
    assert (answer.status_code, "the job is running" in answer.json()["error"]) == (409, True)
    shown = console.client.get(f"/v1/jobs/{job}/rows").json()
    assert len(shown) == 50  # of one label and tier


def test_a_job_that_is_cancelled_is_gone_with_its_files(console: Console) -> None:
    console.gate.hold()
    jobs = [start(console, LONG) for _ in range(3)]  # two run, one waits
    assert used(console) >= 3 * len(LONG)
    for job in jobs:
        assert console.client.delete(f"/v1/jobs/{job}").status_code == 204
        assert console.client.get(f"/v1/jobs/{job}").status_code == 404
        assert console.client.delete(f"/v1/jobs/{job}").status_code == 404
    console.gate.let.release(2)
    wait_until(lambda: used(console) == 0, "the files are gone")


def test_others_are_answered_and_labelled_while_a_long_file_is(console: Console) -> None:
    console.gate.hold()
    job = start(console, LONG)
    assert console.client.get("/healthz").json()["status"] == "ok"
    with ThreadPoolExecutor(1) as other:
        given = {"events": [{"log_message": "up"}]}
        answer = other.submit(console.client.post, "/v1/classify", json=given)
        wait_until(lambda: console.classifier.waiting == 2, "a chunk of each is there")
        console.gate.let.release(2)
        assert answer.result(20).status_code == 200
    assert look(console, job)["state"] == "running"


def test_two_files_at_once_both_go_on(console: Console) -> None:
    console.gate.hold()
    jobs = start(console, LONG), start(console, LONG)
    wait_until(lambda: console.classifier.waiting == 2, "a chunk of each is there")

    def both_have_come_as_far() -> bool:
        console.gate.let.release(1)
        return all(look(console, job)["rows"] >= 800 for job in jobs)

    wait_until(both_have_come_as_far, "both have come as far")
    assert {look(console, job)["state"] for job in jobs} == {"running"}


def test_a_job_that_fails_says_why(console: Console) -> None:
    job = start(console, "source,log_message\na,\n")
    found = wait_for_end(console, job)
    assert (found["state"], found["result"]) == ("failed", None)
    assert found["error"].startswith("no row of app.csv has a message")
    answer = console.client.get(f"/v1/jobs/{job}/result")
    assert (answer.status_code, answer.json()["error"]) == (422, found["error"])


def test_what_cannot_be_labelled_begins_no_job(console: Console) -> None:
    answer = console.client.post("/v1/jobs", files={"file": ("a.csv", "a,b\n1,2\n")})
    assert (answer.status_code, "only 'a', 'b'" in answer.json()["error"]) == (422, True)
    assert (used(console), console.metric("logsluice_console_jobs")) == (0, 0)


def test_a_result_is_kept_for_an_hour(console: Console) -> None:
    job = start(console)
    wait_for_end(console, job)
    console.now += KEPT_S - 1
    assert console.client.get(f"/v1/jobs/{job}/result").status_code == 200
    console.now += 1
    answer = console.client.get(f"/v1/jobs/{job}/result")
    assert (answer.status_code, "kept for an hour" in answer.json()["error"]) == (404, True)
    assert used(console) == 0


def test_jobs_are_bounded_in_number(make_console: MakeConsole) -> None:
    console = make_console(jobs=2)
    done = start(console)
    wait_for_end(console, done)
    console.gate.hold()
    running = start(console, LONG)
    waiting = start(console, LONG)  # takes the place of the one that is done
    assert console.client.get(f"/v1/jobs/{done}").status_code == 404
    answer = console.client.post("/v1/jobs", files={"file": ("a.csv", as_csv())})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "LOGSLUICE_CONSOLE__JOBS" in answer.json()["error"]
    for job in (running, waiting):
        assert look(console, job)["state"] in ("running", "waiting")


def test_uploads_and_results_are_bounded_together(make_console: MakeConsole) -> None:
    console = make_console(jobs_size=int(1.5 * len(LONG)) + 3 * len(as_csv()))
    done = start(console)
    wait_for_end(console, done)
    console.gate.hold()
    running = start(console, LONG)
    answer = console.client.post("/classify", files={"file": ("a.csv", LONG)})
    assert (answer.status_code, "LOGSLUICE_CONSOLE__JOBS_SIZE" in answer.json()["error"]) == (503, True)
    assert console.client.get(f"/v1/jobs/{done}").status_code == 404  # it made room, and there was not enough
    console.gate.let.release(1_000)
    found = wait_for_end(console, running)
    assert (found["state"], "LOGSLUICE_CONSOLE__JOBS_SIZE" in found["error"]) == ("failed", True)
    assert console.client.delete(f"/v1/jobs/{running}").status_code == 204
    assert used(console) == 0


def test_nobody_finds_a_job_by_guessing(console: Console) -> None:
    job = start(console)
    assert len(job) >= 22
    for other in ("", "1", job[:-1], "../" + job, "%00"):
        assert console.client.get(f"/v1/jobs/{other}").status_code in (404, 405)
