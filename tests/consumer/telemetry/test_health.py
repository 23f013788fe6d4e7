from consumer.telemetry.health import STALLED_AFTER_S, Health


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_it_is_ready_when_nothing_stands_in_the_way() -> None:
    health = Health()
    assert health.obstacles() == {}
    health.obstructed("broker", "not reached yet")
    health.obstructed("group", "joining")
    health.obstructed("broker", "refuses us")
    assert health.obstacles() == {"broker": "refuses us", "group": "joining"}
    health.clear("broker")
    health.clear("never named")
    assert health.obstacles() == {"group": "joining"}


def test_what_is_returned_is_a_copy() -> None:
    health = Health()
    health.obstacles()["x"] = "y"
    assert health.obstacles() == {}


def test_it_lives_as_long_as_the_loop_comes_round() -> None:
    clock = Clock()
    health = Health(clock)
    assert health.alive
    clock.now += STALLED_AFTER_S - 1
    assert health.alive
    clock.now += 1
    assert not health.alive
    health.beat()
    assert health.alive
