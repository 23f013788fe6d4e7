from consumer.telemetry.health import STALLED_AFTER_S, Health


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_it_is_ready_when_nothing_stands_in_the_way() -> None:
    health = Health()
    assert health.unready_reasons() == {}
    health.set_unready("broker", "not reached yet")
    health.set_unready("group", "joining")
    health.set_unready("broker", "refuses us")
    assert health.unready_reasons() == {"broker": "refuses us", "group": "joining"}
    health.clear("broker")
    health.clear("never named")
    assert health.unready_reasons() == {"group": "joining"}


def test_what_is_returned_is_a_copy() -> None:
    health = Health()
    health.unready_reasons()["x"] = "y"
    assert health.unready_reasons() == {}


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
