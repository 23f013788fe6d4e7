import threading
import time

from consumer.llm.blocking import BlockingPool, open_pool
from consumer.llm.decisions import Call, Decision, Undecided
from consumer.llm.prompt import Question
from consumer.llm.settings import LlmSettings
from tests.support.chat_server import HANG, ChatServer, Request, Response

QUESTION = Question("it stopped", "app")


def pool_on(server: ChatServer, calls: list[Call]) -> BlockingPool:
    settings = LlmSettings(provider="openai-compatible", base_url=server.url, model="m")
    return open_pool(settings, {"Error": "something failed"}, calls.append)


def test_a_caller_without_an_event_loop_is_answered_again_and_again(server: ChatServer) -> None:
    calls: list[Call] = []
    with pool_on(server, calls) as pool:
        assert pool.decide([QUESTION], 10) == {QUESTION: Decision("Error")}
        assert pool.decide([QUESTION], 10) == {QUESTION: Decision("Error")}
    assert [call.outcome for call in calls] == ["answered", "answered"]
    assert not [thread for thread in threading.enumerate() if thread.name == "llm-pool"]


def test_a_caller_may_do_other_things_meanwhile(server: ChatServer) -> None:
    with pool_on(server, []) as pool:
        assert pool.submit([QUESTION], 10).result(10) == {QUESTION: Decision("Error")}
        state = pool.state()
    assert (state.circuit, state.wait_s, state.refusal) == ("closed", 0, None)
    assert state.budget_left == {"requests_per_minute": 29, "tokens_per_minute": 7_250}


def test_what_is_under_way_can_be_abandoned(server: ChatServer) -> None:
    hanging = threading.Event()

    def respond(request: Request) -> Response:
        hanging.set()
        return HANG

    server.respond = respond
    calls: list[Call] = []
    with pool_on(server, calls) as pool:
        deciding = pool.submit([QUESTION], 60)
        assert hanging.wait(10)
        pool.abandon()
        assert deciding.result(10) == {QUESTION: Undecided("abandoned")}
        assert server.dropped.wait(10)
        server.respond = ChatServer().respond
        assert pool.decide([QUESTION], 10) == {QUESTION: Decision("Error")}
    assert [call.outcome for call in calls] == ["abandoned", "answered"]


def test_closing_abandons_what_is_under_way(server: ChatServer) -> None:
    server.respond = lambda request: HANG
    started = time.monotonic()
    with pool_on(server, []) as pool:
        deciding = pool.submit([QUESTION], 60)
    assert deciding.result(0) == {QUESTION: Undecided("abandoned")}
    assert time.monotonic() - started < 10


def test_what_was_submitted_a_moment_ago_is_abandoned_too(server: ChatServer) -> None:
    server.respond = lambda request: HANG
    with pool_on(server, []) as pool:
        for _ in range(20):
            deciding = pool.submit([QUESTION], 60)
            pool.abandon()
            assert deciding.result(10) == {QUESTION: Undecided("abandoned")}
