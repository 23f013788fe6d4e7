"""A call of the Kafka client that may not return, made so that its caller can say so, or give it up."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from math import inf
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY_S = 1.0


class CallTimeoutError(Exception):
    """A call has not returned in time, and is left alone."""


def call_with_timeout(call: Callable[[], T], while_waiting: Callable[[], None], timeout_s: float = inf) -> T:
    """Make a call in a thread of its own and return or raise what it does.

    ``while_waiting`` is called every second until then. Where that raises, the call is left alone. The timeout is
    counted in those seconds and not by the clock: a process that was frozen meanwhile hears its answer before it
    gives up.

    With the coordinator of its group away, librdkafka may wait without end when offsets are sent to a transaction,
    whatever timeout it is given (https://github.com/confluentinc/librdkafka/issues/5456), when a commit was under way,
    and when a consumer is closed after that.

    Raises:
        CallTimeoutError: it has not returned within ``timeout_s`` seconds.
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except Exception as error:  # raised where the answer is taken
            answer.set_exception(error)

    Thread(target=run, name="client-call", daemon=True).start()
    looks = 0
    while not wait([answer], timeout=LOOK_EVERY_S).done:
        while_waiting()
        looks += 1
        if looks * LOOK_EVERY_S >= timeout_s:
            raise CallTimeoutError(f"no answer within {timeout_s:.0f} s")
    return answer.result()
