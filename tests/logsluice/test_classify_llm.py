"""``logsluice classify --llm``."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from tests.conftest import Command
from tests.support.chat_server import HANG, ChatServer, Request, Response, error, labels
from tests.support.classified import cells, read

pytestmark = pytest.mark.usefixtures("loaded_once")


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


ROWS = 40
SENTENCE = "rows stand as Unclassified: "


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with ChatServer() as server:
        monkeypatch.setenv("LOGSLUICE_LLM__BASE_URL", server.url)
        monkeypatch.setenv("LOGSLUICE_LLM__PROVIDER", "openai-compatible")
        monkeypatch.setenv("LOGSLUICE_LLM__MODEL", "m")
        monkeypatch.setenv("LOGSLUICE_LLM__DEADLINE_S", "1")
        yield server


def write_rows(word: str) -> None:
    """Write messages that only an LLM decides, of templates that no other test has asked about."""
    letters = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(ROWS)]
    rows = "".join(f"LegacyCRM,case of {word}-{each} moved to the {each} attic\n" for each in letters)
    Path("in.csv").write_text("source,log_message\n" + rows, encoding="utf-8")


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (error(500), "it answers with errors"),
        (HANG, "it does not answer in time"),
        (error(401), "does not accept the key"),
    ],
    ids=["500", "hang", "401"],
)
def test_an_llm_that_does_not_answer_is_given_up_and_every_row_is_written(
    logsluice: Command, server: ChatServer, monkeypatch: pytest.MonkeyPatch, response: Response, why: str
) -> None:
    monkeypatch.setattr("logsluice.asking._PATIENCE_S", 6.0)
    monkeypatch.setenv("LOGSLUICE_LLM__DEADLINE_S", "2")
    write_rows(f"w{len(why)}")
    server.respond = lambda request: response
    started = monotonic()
    result = logsluice("classify", "in.csv", "-o", "out.csv", "--llm")
    assert monotonic() - started < 60
    assert result.exit_code == 1
    *_, said = result.stderr.splitlines()
    assert f"the LLM has left {ROWS} of {ROWS} templates unanswered, and their {SENTENCE}" in said
    assert why in said
    rows = cells(read("out.csv"))[1:]
    assert [(row[2], row[4]) for row in rows] == [("Unclassified", "none")] * ROWS


def test_an_llm_that_cannot_be_reached_is_given_up(
    logsluice: Command, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows("unreached")
    monkeypatch.setenv("LOGSLUICE_LLM__BASE_URL", "http://127.0.0.1:9/v1")
    started = monotonic()
    result = logsluice("classify", "in.csv", "--llm")
    assert monotonic() - started < 60
    assert (result.exit_code, result.stdout.count("\n")) == (1, ROWS + 1)
    assert f"{SENTENCE}it cannot be reached" in result.stderr


def test_the_time_for_asking_is_over_when_it_was_said(logsluice: Command, server: ChatServer) -> None:
    write_rows("limited")
    server.respond = lambda request: error(429, (("retry-after", "30"),))
    started = monotonic()
    result = logsluice("classify", "in.csv", "--llm", "--llm-seconds", "3")
    assert monotonic() - started < 30
    assert result.exit_code == 1
    assert "it asks for fewer calls; asking may take 3 s in all, see --llm-seconds" in result.stderr
    assert result.stdout.count("\n") == ROWS + 1


def test_what_the_llm_answers_before_it_fails_is_written(logsluice: Command, server: ChatServer) -> None:
    write_rows("half")
    answered: list[Request] = []

    def respond(request: Request) -> Response:
        if answered:
            return error(500)
        answered.append(request)
        return labels((row["number"], "Workflow Error") for row in request.asked)

    server.respond = respond
    result = logsluice("classify", "in.csv", "--llm")
    assert result.exit_code == 1
    assert result.stdout.count("Workflow Error,0.9,llm") == 16
    assert "has left 24 of 40 templates unanswered" in result.stderr


def test_without_an_llm_its_sources_have_the_best_guess_of_the_classifier(logsluice: Command) -> None:
    message = "Quote 7781 cannot be sent to the customer: no approver is assigned"
    Path("in.csv").write_text(f"source,log_message\nLegacyCRM,{message}\n", encoding="utf-8")
    (row,) = cells(logsluice("classify", "in.csv").stdout)[1:]
    assert (row[2], row[4]) == ("Unclassified", "none")
    assert row[6] == "Workflow Error"
    assert 0 < float(row[3]) < 1
