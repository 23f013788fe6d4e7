"""What the service answers at /shadow."""

import json
from collections.abc import Iterator

import pytest

from consumer.telemetry.comparison import Opinion
from consumer.telemetry.health import Health
from consumer.telemetry.http import HttpServer
from consumer.telemetry.metrics import Metrics
from pipeline.verdict import Verdict
from tests.consumer.telemetry.test_http import get


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(("Error", "Unclassified"))


@pytest.fixture
def server(metrics: Metrics) -> Iterator[HttpServer]:
    server = HttpServer("127.0.0.1", 0, metrics, Health())
    yield server
    server.close()


def test_differences_from_a_shadow_bundle_are_shown_the_most_frequent_first(
    server: HttpServer, metrics: Metrics
) -> None:
    assert json.loads(get(server, "/shadow")[1]) == {"bundle": None, "differences": [], "other": 0}
    metrics.shadow.begin("next@0000000", ("Error", "Unclassified"), 1_000)
    for template, count in (("rare", 1), ("frequent", 9)):
        live = Verdict("Error", 0.9, "embedding", template)
        metrics.shadow.put(live, Opinion("Unclassified", 0.5, "none", "Error"))
        metrics.count_labelled(["app"] * count, [live] * count)
    status, body = get(server, "/shadow?limit=1")
    assert status == 200
    assert json.loads(body) == {
        "bundle": "next@0000000",
        "differences": [
            {
                "label": "Error",
                "tier": "embedding",
                "shadow": {"label": "Unclassified", "confidence": 0.5, "tier": "none", "best_guess": "Error"},
                "count": 9,
                "source": "app",
                "template": "frequent",
            }
        ],
        "other": 1,
    }


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1&limit=2", "label=Error", "limit=1001"])
def test_a_wrong_question_about_the_shadow_is_a_sentence(server: HttpServer, query: str) -> None:
    status, body = get(server, f"/shadow?{query}")
    assert status == 400
    assert set(json.loads(body)) == {"error"}
