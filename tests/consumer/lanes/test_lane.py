"""The lane's loop: what it takes, commits, takes again and counts, with a group and a publisher of the test's own."""

from tests.consumer.lanes.loop import Group, Processor, Published, offsets, run


def test_every_record_is_published_once_and_committed_and_the_group_left() -> None:
    group, processor, publisher = Group(200), Processor(), Published()
    metrics = run(group, processor, publisher, turns=6)
    assert offsets(publisher.rows) == list(range(200))
    assert (group.committed, processor.committed, group.left) == (200, 200, True)
    assert metrics.registry.get_sample_value("logsluice_events_consumed_total", {"lane": "fast"}) == 200
    assert metrics.registry.get_sample_value("logsluice_dead_letters_total", {"reason": "too_large"}) == 1


def test_more_work_than_fits_is_taken_again_in_smaller_batches_that_grow() -> None:
    group, processor, publisher = Group(100), Processor(most=4), Published()
    run(group, processor, publisher, turns=3)
    assert offsets(publisher.rows) == list(range(12))
    assert group.committed == 12
    assert group.asked == [64, 4, 8]
    processor.most = 1_000
    run(group, processor, publisher, turns=6)
    assert offsets(publisher.rows) == list(range(100))


def test_what_is_not_committed_of_a_batch_that_the_group_has_given_away_is_taken_again() -> None:
    group, processor, publisher = Group(64), Processor(), Published(lost=[1])
    metrics = run(group, processor, publisher, turns=4)
    assert offsets(publisher.rows) == list(range(64))
    assert metrics.registry.get_sample_value("logsluice_events_consumed_total", {"lane": "fast"}) == 64


def test_offsets_behind_the_last_record_are_committed_when_nothing_comes() -> None:
    group = Group(10, control_records=0)
    publisher = Published()
    run(group, Processor(), publisher, turns=2)
    assert group.committed == 10
    group._end = 11  # a producer has ended its transaction
    run(group, Processor(), publisher, turns=2)
    assert group.committed == 11
