"""What the service answers at /top."""

import json
from collections.abc import Iterator

import pytest

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


def count_templates(metrics: Metrics) -> None:
    refused = Verdict("Error", 0.9, "embedding", "Card <num> of Jane refused")
    strange = Verdict("Unclassified", 0.3, "none", "flux at <hex> & more", best_guess="Error")
    metrics.count_labelled(["till"] * 3 + ["reactor"], [refused] * 3 + [strange])


def test_top_answers_with_the_templates_of_a_label(server: HttpServer, metrics: Metrics) -> None:
    count_templates(metrics)
    status, body = get(server, "/top?label=Error&limit=5")
    assert status == 200
    templates = [{"label": "Error", "count": 3, "source": "till", "template": "Card <num> of Jane refused"}]
    assert json.loads(body) == {"templates": templates, "other": 0}
    assert "4111" not in body


def test_top_answers_with_all_labels_where_none_is_named(server: HttpServer, metrics: Metrics) -> None:
    assert json.loads(get(server, "/top")[1]) == {"templates": [], "other": 0}
    count_templates(metrics)
    status, body = get(server, "/top")
    assert status == 200
    assert [(each["label"], each["count"]) for each in json.loads(body)["templates"]] == [
        ("Error", 3),
        ("Unclassified", 1),
    ]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("label=Eror", "label is one of Error, Unclassified"),
        ("label=", "label is one of Error, Unclassified"),
        ("label=%ff", "label is one of Error, Unclassified"),
        ("limit=0", "limit is a number from 1 to 1000"),
        ("limit=1001", "limit is a number from 1 to 1000"),
        ("limit=-1", "limit is a number from 1 to 1000"),
        ("limit=ten", "limit is a number from 1 to 1000"),
        ("limit=%C2%B2", "limit is a number from 1 to 1000"),
        (f"limit={'9' * 5_000}", "limit is a number from 1 to 1000"),
        ("label=Error&label=Unclassified", "/top takes label=... and limit=..., each once"),
        ("labels=Error", "/top takes label=... and limit=..., each once"),
    ],
)
def test_top_says_what_it_takes(server: HttpServer, query: str, sentence: str) -> None:
    status, body = get(server, f"/top?{query}")
    assert (status, json.loads(body)) == (400, {"error": sentence})
