import threading
import time

from chat_server import HANG, ChatServer

from consumer.llm.blocking import BlockingPool
from consumer.llm.pool import Call, Decision, LlmPool, Undecided
from consumer.llm.prompt import Prompter, Question
from consumer.llm.providers import ChatProvider
from consumer.llm.settings import LlmSettings

QUESTION = Question("it stopped", "app")


def open_pool(server: ChatServer, calls: list[Call]) -> BlockingPool:
    settings = LlmSettings(provider="openai-compatible", base_url=server.url, model="m")
    provider = ChatProvider(settings)
    return BlockingPool(
        LlmPool(settings, Prompter({"Error": "Something failed."}), provider, calls.append), provider
    )


def test_a_caller_without_an_event_loop_is_answered_again_and_again(server: ChatServer) -> None:
    with open_pool(server, calls := []) as pool:
        assert pool.decide([QUESTION], 10) == {QUESTION: Decision("Error")}
        assert pool.decide([QUESTION], 10) == {QUESTION: Decision("Error")}
    assert [call.outcome for call in calls] == ["answered", "answered"]
    assert not [thread for thread in threading.enumerate() if thread.name == "llm-pool"]


def test_a_caller_may_do_other_things_meanwhile(server: ChatServer) -> None:
    with open_pool(server, []) as pool:
        assert pool.submit([QUESTION], 10).result(10) == {QUESTION: Decision("Error")}


def test_what_is_under_way_can_be_abandoned(server: ChatServer) -> None:
    hanging = threading.Event()

    def respond(request: object) -> object:
        hanging.set()
        return HANG

    server.respond = respond  # type: ignore[assignment]
    with open_pool(server, calls := []) as pool:
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
    with open_pool(server, []) as pool:
        deciding = pool.submit([QUESTION], 60)
    assert deciding.result(0) == {QUESTION: Undecided("abandoned")}
    assert time.monotonic() - started < 10
