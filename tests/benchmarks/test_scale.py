import math
from statistics import mean

import msgspec
import pytest

from benchmarks.scale.assumptions import PERFORMANCE, Assumptions, measured
from benchmarks.scale.first_day import budget, capacity, start, work_s
from benchmarks.scale.restart import Read, per_verdict_s
from benchmarks.scale.sizes import cached_bytes, events_of, remembered_bytes, verdict_records
from benchmarks.scale.sizing import Bytes, Load, met_by_one, processes_for, size
from benchmarks.scale.tables import Table, duration, first_day, sizing, templates
from benchmarks.scale.traffic import draw, zipf
from pipeline.bundle import default_bundle, read_bundle
from pipeline.masking import mask

ASSUMED = Assumptions(rate=10_000, encoder=100, resident_mb=300, ready_s=2)
TAKEN = Bytes(cached=600, remembered=400, record=250, event=150, labelled=450)


@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.3])
def test_the_formulas_agree_with_events_that_are_drawn_and_looked_up(exponent: float) -> None:
    traffic = zipf(5, 10_000, exponent)
    drawn = draw(traffic, 100_000, 2_000)
    assert traffic.distinct(100_000) == pytest.approx(drawn.distinct, rel=0.02)
    assert traffic.hit_rate(2_000) == pytest.approx(drawn.hit_rate, abs=0.01)


@pytest.mark.parametrize(("systems", "number"), [(1, 1), (1, 49), (7, 700), (1_000, 10_000_000)])
def test_all_templates_are_there_and_their_shares_are_one(systems: int, number: int) -> None:
    traffic = zipf(systems, number, 1.0)
    assert traffic.templates == number
    assert float(traffic.shares @ traffic.counts) == pytest.approx(1)


def test_events_with_is_the_inverse_of_distinct() -> None:
    traffic = zipf(3, 30_000, 1.0)
    assert traffic.distinct(traffic.events_with(9_000)) == pytest.approx(9_000)
    assert math.isinf(traffic.events_with(30_000))


def test_a_cache_whose_generation_holds_all_forgets_nothing() -> None:
    traffic = zipf(1, 1_000, 1.0)
    assert traffic.hit_rate(2_000) == 1.0
    assert traffic.hit_rate(1_998) < 1.0
    assert capacity(traffic, ASSUMED, 2_000) == pytest.approx(ASSUMED.rate)


def test_what_is_forgotten_is_encoded_again() -> None:
    """Of 100 events 10 are forgotten and 9 of those no rule's: 90 ms to encode, 10 ms for the rest."""
    traffic = zipf(1, 1_000, 1.0)
    room = next(room for room in range(2, 2_000, 20) if traffic.hit_rate(room) >= 0.9)
    assert capacity(traffic, ASSUMED, room) == pytest.approx(1_000, rel=0.02)


def test_a_process_is_late_by_what_it_encodes_at_first_and_catches_up() -> None:
    traffic = zipf(1, 1_000, 1.0)
    found = start(traffic, 5_000, ASSUMED, 200_000)
    assert 0 < found.late_s < 1_000 * 0.9 / ASSUMED.encoder
    assert work_s(traffic, found.caught_up_s * 5_000, ASSUMED, 200_000) == pytest.approx(
        found.caught_up_s, rel=0.05
    )


def test_a_process_that_forgets_more_than_it_can_encode_never_catches_up() -> None:
    found = start(zipf(1, 100_000, 1.0), 5_000, ASSUMED, 1_000)
    assert (found.late_s, found.caught_up_s) == (math.inf, math.inf)


def test_the_budget_of_a_day_asks_of_each_unsure_template_once() -> None:
    found = budget(zipf(10, 16_000, 1.0), 10_000, ASSUMED, tokens_per_call=2_000)
    assert found.first_day == pytest.approx(0.12 * 16_000)
    assert found.in_a_day_calls * 16 * 60 * 24 == pytest.approx(found.first_day)
    assert found.at_once_calls > found.in_a_day_calls
    # 8,000 tokens a minute are four calls of sixteen.
    assert found.default_hours == pytest.approx(0.12 * 16_000 / 64 / 60, rel=0.01)


def test_by_source_a_process_meets_its_own_systems_alone() -> None:
    load = Load(1_000_000, systems=400, templates=4_000)
    assert met_by_one(load, 100, by_source=False, exponent=1.0).templates == 4_000
    assert met_by_one(load, 100, by_source=True, exponent=1.0).templates == 40
    assert met_by_one(load, 800, by_source=True, exponent=1.0).templates == 10  # two processes share a system


def test_a_size_has_room_for_all_that_it_meets_and_for_every_verdict() -> None:
    load = Load(60_000, systems=100, templates=10_000_000)
    assert processes_for(load, ASSUMED) == 10
    spread, by_source = (size(load, ASSUMED, TAKEN, way, None) for way in (False, True))
    assert (spread.max_templates, by_source.max_templates) == (20_000_000, 2_400_000)
    assert (spread.hit_rate, by_source.hit_rate) == (1.0, 1.0)
    assert by_source.memory_gb == pytest.approx(0.3 + 1_000_000 * 600e-9 + 1_200_000 * 400e-9)


def test_a_verdict_more_costs_the_slope_between_two_measurements() -> None:
    assert per_verdict_s(Read(1_000, 70, 1.0, 0.5), Read(3_000, 70, 1.5, 0.9)) == pytest.approx(0.0002)


def test_the_page_of_performance_has_the_figures_that_the_tables_start_from() -> None:
    figures = measured(PERFORMANCE.read_text(encoding="utf-8"))
    assert min(figures.values()) > 0
    assert msgspec.convert(figures, Assumptions).rate == figures["rate"]


def test_a_page_without_a_row_names_the_option_to_give() -> None:
    with pytest.raises(ValueError, match="no row 'resident memory when ready': give --resident-mb"):
        measured(
            "| `logsluice run`, warm | 41,400 events/s |\n| templates never seen before, batched | 261/s |\n"
        )


def test_bytes_are_measured_over_events_that_are_each_of_a_template_of_its_own() -> None:
    bundle = read_bundle(default_bundle())
    events = [*events_of(200)]
    known, cached = cached_bytes(bundle, events)
    assert known >= 195  # two may differ in values alone
    records = [*verdict_records(bundle, events)]
    characters = mean(len(mask(event.message)) for event in events)
    assert (
        characters < mean(len(record.key or b"") for record in records) < remembered_bytes(records) < cached
    )


def test_tables_are_markdown_and_say_never_where_it_never_ends() -> None:
    loads = [Load(1_000, 10, 1_000_000)]
    tight = msgspec.structs.replace(ASSUMED, max_templates=1_000)
    for table in (
        sizing(loads, tight, TAKEN),
        templates(loads, tight, TAKEN),
        first_day(loads, tight, 2_000),
    ):
        title, empty, *rows = str(table).splitlines()
        assert title.endswith(":")
        assert empty == ""
        assert {row.count("|") for row in rows} == {len(table.columns) + 1}
    assert "| never | never |" in str(templates(loads, tight, TAKEN))
    assert str(Table("T", ("a", "b"), [("1", "2")])) == "T:\n\n| a | b |\n| --- | --: |\n| 1 | 2 |\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1.23, "1.2 s"), (90, "90 s"), (180, "3.0 min"), (9_000, "2.5 h"), (math.inf, "never")],
)
def test_durations_are_in_a_unit_that_one_can_read(seconds: float, words: str) -> None:
    assert duration(seconds) == words
