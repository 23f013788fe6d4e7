import asyncio

import pytest

from consumer.llm.decisions import Answers, Call, Decision, Undecided
from consumer.llm.pool import LlmPool
from consumer.llm.prompt import Prompter, Question
from consumer.llm.providers import ChatProvider
from consumer.llm.settings import LlmSettings
from pipeline.examples import Example
from tests.consumer.llm.asker import LABELS, Asker, Spy, first_then, questions
from tests.support.chat_server import HANG, ChatServer, Response, labels


def test_each_template_is_asked_once_many_in_a_call_few_calls_at_once(server: ChatServer) -> None:
    server.delay_s = 0.02
    ask = Asker(server, max_concurrency=3)
    asked = questions(300)
    answers = ask(asked + asked[:50])
    assert answers == dict.fromkeys(asked, Decision("Error"))
    templates = [row["template"] for request in server.requests for row in request.asked]
    assert sorted(templates) == sorted(question.template for question in asked)
    assert len(server.requests) == 19
    assert server.most_at_once == 3


def test_the_same_template_of_two_sources_is_two_questions(server: ChatServer) -> None:
    server.respond = lambda request: labels(
        (row["number"], "Error" if row["source"] == "a" else "Security Alert") for row in request.asked
    )
    first, second = Question("it stopped", "a"), Question("it stopped", "b")
    assert Asker(server)([first, second]) == {first: Decision("Error"), second: Decision("Security Alert")}


def test_the_model_may_say_that_no_label_fits(server: ChatServer) -> None:
    server.respond = lambda request: labels([(1, "Unclassified")])
    (question,) = questions(1)
    assert Asker(server)([question]) == {question: Decision("Unclassified")}


def test_examples_and_redaction_reach_every_call(server: ChatServer) -> None:
    ask = Asker(server, templates_per_call=1, redact=["alpha"])
    ask(questions(2), examples=[Example("alpha job done", "Error")])
    assert len(server.requests) == 2
    for request in server.requests:
        assert "<redacted> job done" in request.body.decode()
        assert "alpha" not in request.body.decode()


def test_abandoning_keeps_what_is_known(server: ChatServer) -> None:
    known, hanging = questions(2)

    async def run() -> Answers:
        settings = LlmSettings(
            provider="openai-compatible",
            base_url=server.url,
            model="m",
            templates_per_call=1,
            max_concurrency=1,
        )
        answered = asyncio.Event()
        async with ChatProvider(settings) as provider:
            pool = LlmPool(settings, Prompter(LABELS), provider, lambda call: answered.set())
            deciding = asyncio.create_task(pool.decide([known, hanging], 30))
            await asyncio.wait_for(answered.wait(), 10)
            pool.abandon()
            answers = await asyncio.wait_for(deciding, 10)
            assert pool.state().circuit == "closed"
            return answers

    server.respond = first_then([all_errors_of(1)], lambda request: HANG)
    assert asyncio.run(run()) == {known: Decision("Error"), hanging: Undecided("abandoned")}


def test_a_fault_of_ours_is_not_hidden(server: ChatServer) -> None:
    ask = Asker(server)

    def break_it(call: Call) -> None:
        raise ZeroDivisionError

    ask.calls = Spy(break_it)
    with pytest.raises(ZeroDivisionError):
        ask(questions(1))


def all_errors_of(count: int) -> Response:
    return labels((number, "Error") for number in range(1, count + 1))
