"""A lane decides the next batch while one is published: what it may publish then, and what it takes again."""

import threading
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, Message

from consumer.errors import BrokerError
from consumer.kafka.offsets import Offsets
from consumer.kafka.publishing_thread import PublishingThread
from consumer.lanes.lane import MOST_WAIT_WHILE_PUBLISHING_S
from consumer.telemetry.health import Health
from tests.consumer.lanes.loop import Group, Processor, Published, labelled, offsets, run
from tests.support.consumed import consumed
from tests.support.kafka_server import wait_until


def test_what_was_decided_ahead_of_a_lost_batch_is_taken_again_behind_it() -> None:
    group, processor = Group(200), Processor()
    publisher = Published(lost=[2], before=lambda call: wait_until(lambda: processor.decided > call, "ahead"))
    metrics = run(group, processor, publisher, turns=9)
    assert offsets(publisher.rows) == list(range(200))
    assert group.committed == 200
    assert metrics.registry.get_sample_value("logsluice_events_consumed_total", {"lane": "fast"}) == 200


def test_nothing_is_published_behind_a_batch_whose_offsets_are_owed_until_the_group_was_looked_at() -> None:
    group, processor = Group(128), Processor()
    looks_at_publication: list[int] = []

    def before(call: int) -> None:
        looks_at_publication.append(len(group.asked))

    publisher = Published(before=before, owed=[1])
    run(group, processor, publisher, turns=6)
    assert offsets(publisher.rows) == list(range(128))
    assert looks_at_publication[1] >= 3, "the second batch was consumed twice"


@pytest.mark.parametrize("decides_ahead", [True, False])
def test_the_next_batch_is_decided_while_one_is_published_where_the_processor_allows_it(
    decides_ahead: bool,
) -> None:
    group, processor = Group(128), Processor(decides_ahead=decides_ahead)
    decided_by_then: list[int] = []

    def before(call: int) -> None:
        if decides_ahead and call == 1:
            wait_until(lambda: processor.decided == 2, "the second batch is decided")
        decided_by_then.append(processor.decided)

    run(group, processor, Published(before=before), turns=4)
    assert decided_by_then == ([2, 2] if decides_ahead else [1, 2])


def test_partitions_are_given_away_only_once_nothing_is_being_published() -> None:
    go_on, given = threading.Event(), []

    class Slow(Published):
        def before_revoke(self, partitions: Any, consumer: Any) -> None:
            given.append(len(self.rows))

    publisher = Slow(before=lambda call: wait_until(go_on.is_set, "the test lets it"))
    thread = PublishingThread(publisher, Health())
    rows = [labelled(consumed(b"x"))]
    thread.start(rows, Offsets(cast(Consumer, None), [], None))
    revoking = threading.Thread(target=thread.before_revoke, args=([], None))
    revoking.start()
    assert not given
    go_on.set()
    revoking.join(10)
    assert given == [1]
    assert len(thread.finish().rows) == 1
    thread.close()


def test_a_batch_that_can_never_be_published_ends_the_lane_and_commits_nothing_behind_it() -> None:
    def refused(call: int) -> None:
        if call == 2:
            raise BrokerError("refused")

    group, processor = Group(300), Processor()
    with pytest.raises(BrokerError, match="refused"):
        run(group, processor, Published(before=refused), turns=9)
    assert (group.committed, processor.committed, group.left) == (64, 64, True)


def test_what_was_still_published_when_an_error_ended_the_loop_is_counted() -> None:
    class Refused(Group):
        def consume(self, max_records: int, wait_s: float) -> list[Message]:
            if self.asked:
                raise BrokerError("consuming is refused")
            return super().consume(max_records, wait_s)

    group, processor, publisher = Refused(10), Processor(), Published()
    with pytest.raises(BrokerError, match="consuming is refused"):
        run(group, processor, publisher, turns=3)
    assert (offsets(publisher.rows), group.committed, processor.committed) == (list(range(10)), 10, 10)
    assert group.left


def test_the_next_batch_is_not_waited_for_long_while_one_is_published() -> None:
    waits: list[float] = []

    class Patient(Group):
        def consume(self, max_records: int, wait_s: float) -> list[Message]:
            waits.append(wait_s)
            return super().consume(max_records, wait_s)

    run(Patient(10), Processor(), Published(), turns=3, max_wait_s=60.0)
    assert waits == [60.0 - 1, MOST_WAIT_WHILE_PUBLISHING_S, 59.0]
