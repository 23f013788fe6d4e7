"""Alerts passed on with the templates behind them, to receivers that take them and to those that do not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from console.alerts import passing
from tests.console.alerts.receiver import CUT, DRIP, ENDLESS, SILENT, Receiver, receiving, status
from tests.console.api.conftest import Api
from tests.console.store.events import labelled


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def api(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(passing, "PAUSE_S", 0.01)
    monkeypatch.setattr(passing, "TRY_S", 0.5)
    made = Api(tmp_path, webhook_url=receiver.url, public_url="https://logs.example.com")
    made.fill()
    yield made
    made.close()


def alert(name: str = "LogsluiceLabelBurst", **labels: str) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": name, "severity": "critical", **labels},
        "annotations": {"summary": f"Summary of {name}", "description": "3 < 4 & <!channel>"},
        "startsAt": "2026-11-29T01:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "5ef77f1f8a3ecfed",
    }


def send(api: Api, *alerts: dict[str, Any], state: str = "firing") -> Any:
    notification = {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": state,
        "receiver": "logsluice",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
    }
    return api.client.post("/alerts/webhook", json=notification)


def test_the_templates_behind_an_alert_go_with_it(api: Api, receiver: Receiver) -> None:
    api.write(labelled("`odd` <b> & *x*", "Security Alert", "sshd"))
    answer = send(api, alert(label="Security Alert", source="sshd"))
    assert (answer.status_code, answer.json()) == (200, {"passed_on": 1})
    assert receiver.text.splitlines() == [
        "*Summary of LogsluiceLabelBurst* (critical, firing)",
        "3 &lt; 4 &amp; &lt;!channel&gt;",
        "• 3 of `login failed for &lt;user&gt;` from sshd "
        f"<https://logs.example.com/templates/{api.id_of('login')}|look>",
        "• 1 of `'odd' &lt;b&gt; &amp; ∗x∗` from sshd, *new* "
        f"<https://logs.example.com/templates/{api.id_of('odd` <b>')}|look>",
        "<https://logs.example.com/templates?label=Security+Alert&source=sshd|all templates>",
    ]


def test_an_alert_on_new_templates_has_those(api: Api, receiver: Receiver) -> None:
    send(api, alert("LogsluiceTemplateNew", label="Unclassified"))
    assert "• 1 of `odd &lt;num&gt;` from app, *new*" in receiver.text


@pytest.mark.parametrize(
    "labels",
    [{"instance": "a:9464"}, {"label": "No such label"}, {"label": "Security Alert", "source": "none"}],
)
def test_an_alert_without_templates_is_passed_on_all_the_same(
    api: Api, receiver: Receiver, labels: dict[str, str]
) -> None:
    assert send(api, alert("LogsluiceNotReady", **labels)).status_code == 200
    assert "Summary of LogsluiceNotReady" in receiver.text
    assert "•" not in receiver.text


def test_the_source_other_stands_for_many(api: Api, receiver: Receiver) -> None:
    send(api, alert(label="Security Alert", source="other"))
    assert "• 3 of `login" in receiver.text


def test_a_resolved_alert_and_many_alerts(api: Api, receiver: Receiver) -> None:
    over = {**alert(label="Security Alert"), "status": "resolved"}
    assert send(api, over, state="resolved").status_code == 200
    assert "resolved" in receiver.text
    assert "•" not in receiver.text
    assert send(api, *[alert()] * 25).json() == {"passed_on": 25}
    assert "and 5 more alerts" in receiver.text


def test_json_has_all_of_it(tmp_path: Path, receiver: Receiver) -> None:
    api = Api(tmp_path, webhook_url=receiver.url, webhook_format="json")
    api.fill()
    send(api, alert(label="Critical Error"))
    [body] = receiver.bodies
    assert (body["version"], body["status"]) == (1, "firing")
    [passed] = body["alerts"]
    assert (passed["name"], passed["label"], passed["source"]) == (
        "LogsluiceLabelBurst",
        "Critical Error",
        None,
    )
    assert passed["templates"] == [
        {
            "template": "disk <num> died",
            "source": "kernel",
            "count": 2,
            "new": False,
            "url": f"http://127.0.0.1:8080/templates/{api.id_of('disk')}",
        }
    ]
    api.close()


@pytest.mark.parametrize("first", [status(500), status(503), status(429), CUT, b"no HTTP\r\n\r\n"])
def test_what_passes_is_tried_again(api: Api, receiver: Receiver, first: bytes) -> None:
    receiver.planned = [first, first]
    assert send(api, alert()).status_code == 200
    assert len(receiver.bodies) == 3
    assert outcomes(api) == {"passed_on": 1, "failed": 0}


@pytest.mark.parametrize(
    ("answer", "tries", "says"),
    [
        (status(500), 3, "it answers 500"),
        (status(404), 1, "it answers 404"),
        (status(302, "Location: http://127.0.0.1:1/\r\n"), 1, "it answers 302"),
        (CUT, 3, "cannot be reached"),
        (SILENT, 3, "has not answered"),
        (DRIP, 3, "has not answered"),
    ],
)
def test_what_is_not_taken_is_for_alertmanager_to_send_again(
    api: Api, receiver: Receiver, answer: bytes, tries: int, says: str
) -> None:
    receiver.planned = [answer] * 5
    found = send(api, alert())
    assert found.status_code == 502
    assert says in found.json()["error"]
    assert "secret-path" not in found.text
    assert len(receiver.bodies) == tries
    assert outcomes(api) == {"passed_on": 0, "failed": 1}


def test_an_answer_without_an_end_is_taken_by_its_status(api: Api, receiver: Receiver) -> None:
    receiver.planned = [ENDLESS]
    assert send(api, alert()).status_code == 200


def outcomes(api: Api) -> dict[str, float]:
    return {
        sample.labels["outcome"]: sample.value
        for family in text_string_to_metric_families(api.client.get("/metrics").text)
        for sample in family.samples
        if sample.name == "logsluice_console_alerts_total"
    }


@pytest.mark.parametrize("change", [{"version": "3"}, {"alerts": [{"status": "odd"}]}, {"alerts": None}])
def test_what_is_no_notification_is_422(api: Api, receiver: Receiver, change: dict[str, Any]) -> None:
    answer = api.client.post(
        "/alerts/webhook", json={"version": "4", "status": "firing", "alerts": [], **change}
    )
    assert answer.status_code == 422
    assert receiver.bodies == []


def test_without_a_url_it_says_so(tmp_path: Path) -> None:
    api = Api(tmp_path)
    answer = send(api, alert())
    assert answer.status_code == 503
    assert "LOGSLUICE_CONSOLE__WEBHOOK_URL" in answer.json()["error"]
    api.close()
