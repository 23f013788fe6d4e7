from consumer.llm.breaker import CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def fail(breaker: CircuitBreaker) -> None:
    breaker.failed(breaker.enter())


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(failures=3, wait_s=10, max_wait_s=35, clock=clock)
    for _ in range(3):
        fail(breaker)
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = CircuitBreaker(failures=3, clock=Clock())
    for _ in range(5):
        fail(breaker)
        fail(breaker)
        breaker.enter()
        breaker.succeeded()
    assert breaker.circuit == "closed"
    assert breaker.wait_s() == 0
    assert opened(Clock()).circuit == "open"


def test_after_the_wait_one_probe_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    assert breaker.wait_s() == 10
    clock.now += 10
    assert (breaker.circuit, breaker.wait_s(), breaker.probing) == ("half-open", 0, False)
    assert breaker.enter()
    assert (breaker.circuit, breaker.probing) == ("half-open", True)
    breaker.succeeded()
    assert (breaker.circuit, breaker.probing) == ("closed", False)
    fail(breaker)
    assert breaker.circuit == "closed"


def test_each_failed_probe_doubles_the_wait_up_to_a_limit() -> None:
    clock = Clock()
    breaker = opened(clock)
    waits = []
    for _ in range(4):
        waits.append(breaker.wait_s())
        clock.now += breaker.wait_s()
        fail(breaker)
    assert waits == [10, 20, 35, 35]
    clock.now += 35
    breaker.enter()
    breaker.succeeded()
    for _ in range(3):
        fail(breaker)
    assert breaker.wait_s() == 10


def test_a_call_under_way_when_it_opens_neither_prolongs_the_wait_nor_ends_the_probe() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=3, wait_s=10, clock=clock)
    calls = [breaker.enter() for _ in range(5)]
    for is_probe in calls[:3]:
        breaker.failed(is_probe)
    clock.now += 4
    breaker.failed(calls[3])
    assert breaker.wait_s() == 6
    clock.now += 6
    assert breaker.enter()
    breaker.failed(calls[4])
    assert (breaker.circuit, breaker.probing) == ("half-open", True)


def test_a_late_success_closes_it() -> None:
    breaker = opened(Clock())
    breaker.succeeded()
    assert breaker.circuit == "closed"


def test_a_probe_that_is_abandoned_leaves_the_next_one_free() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    breaker.left(breaker.enter())
    assert (breaker.circuit, breaker.probing, breaker.wait_s()) == ("half-open", False, 0)
