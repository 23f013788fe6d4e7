"""What is counted of two bundles, by event, and what is kept of their differences."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.samples import Sample

from consumer.telemetry.comparison import ANOTHER, KEPT, MOST_SERIES, Comparison, Opinion
from pipeline.verdict import Tier, Verdict

LABELS = ("Error", "Security Alert", "Unclassified")


def comparison(labels: tuple[str, ...] = LABELS) -> Comparison:
    made = Comparison(CollectorRegistry(), labels)
    made.begin("next@0000000", labels, 10_000)
    return made


def series(of: Comparison) -> dict[tuple[str, str, str], float]:
    return {
        (each.labels["label"], each.labels["shadow"], each.labels["agrees"]): each.value
        for metric in of._events.collect()
        for each in totals(metric)
    }


def totals(metric: Metric) -> list[Sample]:
    """Return the samples of a counter, without the times of their making."""
    return [sample for sample in metric.samples if sample.name.endswith("_total")]


def verdict(
    template: str, label: str = "Error", tier: Tier = "embedding", rule: str | None = None
) -> Verdict:
    return Verdict(label, 0.9, tier, template, rule)


def test_every_pair_of_labels_is_there_at_zero() -> None:
    found = series(Comparison(CollectorRegistry(), LABELS))
    assert found == {(a, b, "yes" if a == b else "no"): 0 for a in LABELS for b in LABELS}


def test_a_larger_shadow_taxonomy_adds_its_series_and_a_vast_one_has_few() -> None:
    made = Comparison(CollectorRegistry(), LABELS)
    made.begin("next@0000000", (*LABELS, "Frobnication"), 100)
    assert series(made)["Error", "Frobnication", "no"] == 0
    many = tuple(f"label {number}" for number in range(200))
    made = comparison(many)
    assert len(series(made)) <= MOST_SERIES
    made.put(verdict("x", many[0]), Opinion(many[7], 0.9, "embedding"))
    made.count([(verdict("x", many[0]), "app", 3)])
    assert series(made)[many[0], ANOTHER, "no"] == 3


EVENT = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(LABELS),
    st.sampled_from(["rules", "embedding", "memory", "llm", "none"]),
)


@given(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(LABELS)),
    st.lists(st.tuples(EVENT, st.integers(1, 50)), max_size=20),
)
def test_each_event_is_counted_in_one_place(
    said: dict[str, str], batch: list[tuple[tuple[str, str, Tier], int]]
) -> None:
    made = comparison()
    for template, label in said.items():
        made.put(verdict(template), Opinion(label, 0.8, "embedding"))
    made.count([(verdict(template, label, tier), "app", count) for (template, label, tier), count in batch])
    expected: Counter[tuple[str, ...]] = Counter()
    for (template, label, tier), count in batch:
        if template not in said:
            expected["unknown",] += count
        elif tier in ("memory", "llm"):
            expected["given", "yes" if said[template] == label else "no"] += count
        else:
            expected[label, said[template], "yes" if said[template] == label else "no"] += count
    found: Counter[tuple[str, ...]] = Counter({key: int(value) for key, value in series(made).items()})
    for metric in made._given.collect():
        found.update({("given", each.labels["agrees"]): int(each.value) for each in totals(metric)})
    [unknown] = made._unknown.collect()
    found["unknown",] += int(totals(unknown)[0].value)
    assert +found == +expected


def test_the_differences_with_most_events_are_kept() -> None:
    made = comparison()
    for number in range(3 * KEPT):
        live = verdict(f"template {number}")
        made.put(live, Opinion("Security Alert", 0.8, "embedding"))
        made.count([(live, "app", 1)])
        made.count([(verdict("template 0"), "app", 1)])
    made.count([(verdict("template 1"), "latest", 5_000)])
    [first, second], other = made.differences(2)
    assert (first.template, first.source, first.shadow.label) == ("template 1", "latest", "Security Alert")
    assert (second.template, second.count) == ("template 0", 3 * KEPT + 1)
    assert other <= 2 * KEPT


def test_a_rule_tells_events_of_one_template_apart() -> None:
    made = comparison()
    made.put(verdict("x", "Security Alert", "rules", "alert"), Opinion("Security Alert", 1.0, "rules"))
    made.put(verdict("x"), Opinion("Error", 0.9, "embedding"))
    made.count([(verdict("x", "Security Alert", "rules", "alert"), "app", 2), (verdict("x"), "app", 3)])
    assert made.differences(5) == ([], 0)
    assert series(made)["Security Alert", "Security Alert", "yes"] == 2
    assert series(made)["Error", "Error", "yes"] == 3


def test_a_swap_of_the_live_bundle_forgets_differences_from_the_old_one() -> None:
    made = comparison()
    made.put(verdict("x"), Opinion("Security Alert", 1.0, "rules"))
    made.count([(verdict("x"), "app", 2)])
    assert made.differences(5)[0]
    made.add_labels((*LABELS, "Frobnication"))
    assert made.differences(5) == ([], 0)
    made.count([(verdict("x", "Security Alert"), "app", 2)])
    assert made.differences(5) == ([], 0)
