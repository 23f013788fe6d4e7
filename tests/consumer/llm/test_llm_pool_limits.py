import json
import random

import pytest
from structlog.testing import capture_logs

from consumer.llm.decisions import Decision, Undecided
from tests.consumer.llm.asker import Asker, all_errors, first_then, questions
from tests.support.chat_server import HANG, ChatServer, Request, Response, completion, error


def test_nothing_asked_is_no_call(server: ChatServer) -> None:
    assert Asker(server)([]) == {}
    assert server.requests == []


def test_a_passing_failure_is_tried_again_with_full_jitter(server: ChatServer) -> None:
    server.respond = first_then([error(500), error(503), completion("x")._replace(cut=3)], all_errors)
    ask = Asker(server)
    jitter = random.Random(1)
    ask.jitter = jitter.random
    answers = ask(questions(3))
    assert set(answers.values()) == {Decision("Error")}
    assert ask.outcomes == ["server_error", "server_error", "connection", "answered"]
    again = random.Random(1)
    assert ask.time.slept == [again.random() * most for most in (1, 2, 4)]


def test_retry_after_is_honoured_by_all_calls(server: ChatServer) -> None:
    server.respond = first_then([error(429, (("retry-after", "7"),))], all_errors)
    ask = Asker(server, templates_per_call=1, max_concurrency=1)
    answers = ask(questions(3))
    assert set(answers.values()) == {Decision("Error")}
    assert ask.time.slept[0] >= 7
    assert ask.outcomes == ["rate_limited", "answered", "answered", "answered"]


@pytest.mark.parametrize("after", ["60", "86400", "99999999999"])
def test_a_retry_after_beyond_the_deadline_ends_the_batch_at_once(server: ChatServer, after: str) -> None:
    server.respond = lambda request: error(429, (("retry-after", after),))
    ask = Asker(server, templates_per_call=1, max_concurrency=1)
    answers = ask(questions(3))
    assert len(server.requests) == 1
    assert ask.time.slept == []
    first, *others = answers.values()
    assert isinstance(first, Undecided)
    assert (first.reason, first.retry_after_s) == ("rate_limited", min(float(after), 86_400))
    assert others == [Undecided("budget", min(float(after), 3_600))] * 2
    assert ask.pool.state().wait_s == min(float(after), 3_600)


@pytest.mark.parametrize("after", ["-1", "nan", "soon", "0"])
def test_a_retry_after_of_no_sense_is_passed_over(server: ChatServer, after: str) -> None:
    server.respond = first_then([error(429, (("retry-after", after),))], all_errors)
    ask = Asker(server)
    assert set(ask(questions(2)).values()) == {Decision("Error")}
    assert ask.time.slept == [1.0]


def test_no_retry_goes_beyond_the_deadline_of_the_batch(server: ChatServer) -> None:
    server.respond = lambda request: error(500)
    ask = Asker(server, deadline_s=10)
    answers = ask(questions(2), deadline_s=15)
    assert {answer.reason for answer in answers.values() if isinstance(answer, Undecided)} <= {
        "server_error",
        "circuit",
    }
    assert len(answers) == 2
    assert ask.time.now <= 15 - 7.5  # a call that began later might have ended too late


def test_a_server_that_hangs_costs_one_deadline(server: ChatServer) -> None:
    server.respond = first_then([HANG], all_errors)
    ask = Asker(server, deadline_s=0.5)
    assert set(ask(questions(2)).values()) == {Decision("Error")}
    assert ask.outcomes[0] == "timeout"
    assert ask.outcomes[-1] == "answered"


def test_the_circuit_opens_and_one_call_probes(server: ChatServer) -> None:
    at_once: list[int] = []

    def respond(request: Request) -> Response:
        if ask.time.now < 1:
            return error(500)
        at_once.append(server.at_once)
        return all_errors(request)

    server.respond = respond
    server.delay_s = 0.02
    ask = Asker(server, templates_per_call=1, max_concurrency=4)
    ask.jitter = lambda: 0.0
    answers = ask(questions(20))
    assert set(answers.values()) == {Decision("Error")}
    assert ask.outcomes.count("server_error") in range(8, 12)  # those under way when it opened end too
    assert ask.time.now >= 5
    assert at_once[1] == 1  # none began before the probe was over
    assert max(at_once) > 1
    assert ask.pool.state().circuit == "closed"


def test_the_log_says_once_when_the_llm_fails_and_when_it_recovers(server: ChatServer) -> None:
    server.respond = first_then([error(500)] * 9, all_errors)
    ask = Asker(server, templates_per_call=1, max_concurrency=1)
    with capture_logs() as entries:
        answers = ask(questions(3))
    assert set(answers.values()) == {Decision("Error")}
    assert [entry["event"] for entry in entries] == [
        "the LLM fails; it is asked again later",
        "the LLM answers again",
    ]
    assert (entries[0]["outcome"], entries[0]["wait_s"]) == ("server_error", 5.0)


def test_the_log_says_that_a_refused_llm_answers_again(server: ChatServer) -> None:
    server.respond = first_then([error(401)], all_errors)
    with capture_logs() as entries:
        Asker(server).batches([questions(1), questions(1), questions(1)])
    assert [entry["event"] for entry in entries] == ["the LLM answers again"]


def test_while_the_circuit_is_open_nothing_is_asked(server: ChatServer) -> None:
    server.respond = lambda request: error(500)
    ask = Asker(server, templates_per_call=1, max_concurrency=1)
    first, second = ask.batches([questions(30), questions(30)], deadline_s=3)
    reasons = {answer.reason for answer in first.values() if isinstance(answer, Undecided)}
    assert "circuit" in reasons
    assert {answer.reason for answer in second.values() if isinstance(answer, Undecided)} == {"circuit"}
    assert len(server.requests) == 8
    assert ask.pool.state().circuit == "open"
    assert ask.pool.state().wait_s > 0


def test_a_server_that_only_talks_opens_the_circuit_too(server: ChatServer) -> None:
    server.respond = lambda request: completion("Certainly! Here is a poem about logs.")
    ask = Asker(server, max_concurrency=1)
    ask(questions(160), deadline_s=8)
    assert ask.pool.state().circuit == "open"
    assert len(server.requests) < 20


def test_a_spent_budget_is_waited_for_within_the_deadline_only(server: ChatServer) -> None:
    ask = Asker(server, templates_per_call=1, max_concurrency=2, budget={"requests_per_minute": 3})
    answers = ask(questions(8), deadline_s=90)
    undecided = [answer for answer in answers.values() if isinstance(answer, Undecided)]
    assert [answer.reason for answer in undecided] == ["budget"] * 2
    assert all(0 < answer.retry_after_s <= 60 for answer in undecided)
    assert len(server.requests) == 6


def test_a_day_that_is_spent_is_not_waited_for(server: ChatServer) -> None:
    ask = Asker(server, templates_per_call=1, max_concurrency=1, budget={"requests_per_day": 2})
    answers = list(ask(questions(4)).values())
    assert ask.pool.state().budget_left["requests_per_day"] == 0
    assert answers == [Decision("Error")] * 2 + [Undecided("budget", 86_400.0)] * 2
    assert ask.time.slept == []


def test_what_a_call_used_takes_the_place_of_what_was_thought(server: ChatServer) -> None:
    small = json.dumps({"labels": [{"number": 1, "label": "Error"}]})
    server.respond = lambda request: completion(small, prompt_tokens=900, completion_tokens=100)
    ask = Asker(server, templates_per_call=1, max_concurrency=1, budget={"tokens_per_minute": 10_000})
    ask(questions(12), deadline_s=30)
    assert len(server.requests) == 10


def test_a_call_that_came_to_nothing_costs_a_request_and_no_tokens(server: ChatServer) -> None:
    server.respond = first_then([error(500), error(429)], all_errors)
    ask = Asker(server, budget={"tokens_per_minute": 1_000, "requests_per_minute": 10})
    ask.jitter = lambda: 0.0
    assert set(ask(questions(1)).values()) == {Decision("Error")}
    assert ask.time.now == 0
    assert ask.pool.state().budget_left == {"requests_per_minute": 7, "tokens_per_minute": 250}


def test_a_call_that_came_too_late_costs_what_was_thought(server: ChatServer) -> None:
    server.respond = lambda request: HANG
    ask = Asker(server, deadline_s=0.1, budget={"tokens_per_minute": 700})
    (answer,) = ask(questions(1), deadline_s=50).values()
    assert answer == Undecided("budget", 60.0 - ask.time.now)
    assert ask.outcomes == ["timeout"]


def test_the_observer_learns_what_each_call_took_and_cost(server: ChatServer) -> None:
    def respond(request: Request) -> Response:
        ask.time.now += 2
        return completion(json.dumps({"labels": [{"number": 1, "label": "Error"}]}), 1_000, 200)

    server.respond = respond
    ask = Asker(server, budget={"prompt_price": 0.1, "completion_price": 0.5})
    ask(questions(2))
    (call,) = ask.calls
    assert (call.outcome, call.seconds, call.templates, call.decided) == ("answered", 2, 2, 1)
    assert (call.prompt_tokens, call.completion_tokens) == (1_000, 200)
    assert call.cost == pytest.approx(0.0002)
