"""Where a labelled event goes by ``OUTPUT_ROUTES``, and what is no route."""

import pytest

from consumer.records.output_routes import (
    OutputRoute,
    check_labels,
    destination,
    parse_routes,
    topics_of_routes,
)

ROUTES = ("Security Alert=logs.security", "HTTP Status=sample:100", "User Action = drop", "A=B=logs.security")


def test_a_label_goes_to_a_topic_to_nobody_or_in_part() -> None:
    routes = parse_routes(ROUTES)
    assert routes == (
        OutputRoute("Security Alert", "logs.security"),
        OutputRoute("HTTP Status", "", 100),
        OutputRoute("User Action", None),
        OutputRoute("A=B", "logs.security"),
    )
    assert topics_of_routes(routes) == ("logs.security",)
    assert parse_routes([]) == ()


def test_an_event_goes_where_its_label_says() -> None:
    routes = {route.label: route for route in parse_routes(ROUTES)}
    goes = {
        label: destination(routes, label, "logs.raw-0-1", "logs.labelled") for label in (*routes, "Error")
    }
    assert goes["Security Alert"] == goes["A=B"] == "logs.security"
    assert goes["User Action"] is None
    assert goes["Error"] == "logs.labelled"


@pytest.mark.parametrize("one_in", [1, 2, 10, 100, 128])
@pytest.mark.parametrize("of_many", ["", ".{}"])
def test_a_sample_is_as_large_as_it_says_and_the_same_each_time(one_in: int, of_many: str) -> None:
    routes = {"Error": OutputRoute("Error", "", one_in)}
    ids = [f"logs.raw-3-{offset}{of_many.format(offset % 7)}" for offset in range(80_000, 130_000)]
    kept = [each for each in ids if destination(routes, "Error", each, "logs.labelled")]
    assert kept == [each for each in ids if destination(routes, "Error", each, "logs.labelled")]
    assert 0.85 * len(ids) < one_in * len(kept) < 1.15 * len(ids)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Security Alert", "is not label=topic"),
        ("=logs.security", "is not label=topic"),
        ("Error=", "is not label=topic"),
        ("Error=a,Error=b", "named twice"),
        ("Error=sample:0", "one event in N"),
        ("Error=sample:", "one event in N"),
        ("Error=sample:9999999", "one event in N"),
    ],
)
def test_what_is_no_route_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_routes(text.split(","))


def test_a_label_that_the_bundle_has_not_is_named() -> None:
    labels = ("Security Alert", "Error", "Unclassified")
    check_labels(parse_routes(["Error=drop", "Unclassified=logs.unsure"]), labels, "default@1")
    with pytest.raises(ValueError, match="'Security Alarm': did you mean Security Alert"):
        check_labels(parse_routes(["Security Alarm=drop"]), labels, "default@1")
