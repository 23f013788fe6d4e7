"""What the running process itself has to say of the events that went through: /top, and traces."""

import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from pipeline.bundle import default_bundle, read_bundle
from tests.deploy.conftest import SOURCE, Service
from tests.deploy.processes import shipping
from tests.support.kafka_server import wait_until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True)
def _events(service: Service, tmp_path: Path) -> None:
    with shipping(
        tmp_path, service.environment, "--rate", "20", "--source", SOURCE, "--label", "Security Alert"
    ):
        wait_until(lambda: bool(top(service)), "Security Alerts have gone through", 60)


def top(service: Service) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"label": "Security Alert", "limit": 5})
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/top?{query}", timeout=10) as response:
        templates: list[dict[str, Any]] = json.load(response)["templates"]
    return templates


def test_the_messages_behind_a_label_can_be_asked_for(service: Service) -> None:
    templates = top(service)
    assert 1 <= len(templates) <= 5
    assert {(each["label"], each["source"]) for each in templates} == {("Security Alert", SOURCE)}
    assert not any(character.isdigit() for each in templates for character in each["template"])


def test_traces_of_its_batches_reach_a_collector(service: Service) -> None:
    def batches() -> list[Span]:
        return [span for span in service.collector.spans if span.name == "batch"]

    wait_until(lambda: bool(batches()), "spans are sent", 60)
    attributes = {each.key: each.value for each in batches()[0].attributes}
    assert attributes["logsluice.lane"].string_value == "fast"
    assert attributes["logsluice.bundle"].string_value == read_bundle(default_bundle()).version
    assert attributes["messaging.batch.message_count"].int_value > 0
    stages = [span.name for span in service.collector.spans if span.parent_span_id == batches()[0].span_id]
    # A batch is worked through in parts, each with stages of its own.
    assert [*dict.fromkeys(stages)] == ["consume", "decode", "label", "encode", "publish", "flush", "commit"]
