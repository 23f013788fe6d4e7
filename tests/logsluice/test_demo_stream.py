"""The demo's stream and its summary: a believable shop, most of it labelled, and an incident that shows."""

import re
from collections import Counter
from random import Random

import msgspec
import pytest

from logsluice import Classifier
from logsluice.cli.demo_screen import PARTS, Tally, alert_lines
from logsluice.cli.demo_stream import DemoStream, Script, fill, read_script
from pipeline.verdict import UNCLASSIFIED


@pytest.fixture(scope="module")
def script() -> Script:
    return read_script()


def test_each_line_can_be_filled_and_lies_within_the_demo(script: Script) -> None:
    used = set()
    for line in script.lines:
        used |= set(re.findall(r"\{([a-z]+)\}", line.text))
        assert 0 <= line.start < line.end <= 1, line
        assert line.weight > 0, line
        assert not re.search(r"\{[a-z]+\}", fill(line.text, script.values, Random(1))), line
    assert used == script.values.keys()


def test_its_addresses_are_those_set_aside_for_documentation(script: Script) -> None:
    addresses = re.findall(r"\d+\.\d+\.\d+\.\d*", str(script.values) + str(script.lines))
    assert addresses
    assert all(re.match(r"192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|10\.", address) for address in addresses)


def test_the_same_seed_gives_the_same_events(script: Script) -> None:
    calm = msgspec.structs.replace(script, values={**script.values, "now": ["now"]})
    first, second = (DemoStream(calm, seed=7).events(200, 0.5) for _ in range(2))
    assert first == second
    assert DemoStream(calm, seed=8).events(200, 0.5) != first


def decoded(script: Script, place: float, count: int = 400) -> list[tuple[str, str]]:
    events = [msgspec.json.decode(event) for event in DemoStream(script).events(count, place)]
    return [(event["source"], event["log_message"]) for event in events]


def test_most_of_it_is_labelled_and_the_incident_is_what_people_look_for(script: Script) -> None:
    classifier = Classifier()
    counts = {}
    for place in (0.0, 0.5, 1.0):
        sources, messages = zip(*decoded(script, place), strict=True)
        counts[place] = Counter(verdict.label for verdict in classifier.label(messages, sources))
    total = sum(counts.values(), Counter[str]())
    assert total[UNCLASSIFIED] < total.total() / 10
    assert len(total) >= 9
    for label in ("Security Alert", "Critical Error", "Workflow Error", "Error"):
        assert counts[0.5][label] > 2 * max(counts[0.0][label], counts[1.0][label]), (label, counts)


def labelled(label: str, source: str = "s", template: str = "t") -> bytes:
    said = {"label": label, "tier": "rules", "template": template}
    return msgspec.json.encode({"source": source, "log_message": "m", "classification": said})


def test_what_has_become_more_is_what_to_alert_on() -> None:
    tally = Tally()
    for part in range(PARTS):
        for label, count in (
            ("Error", 10),
            ("HTTP Status", 10 * part + 1),
            ("Workflow Error", 60 if part == 5 else 3),
        ):
            for _ in range(count):
                tally.take(labelled(label), part / PARTS)
    assert [(alert.label, alert.before, alert.worst) for alert in tally.alerts(PARTS)] == [
        ("Workflow Error", 3, 60)
    ]
    assert tally.out == tally.labels.total()


def test_an_alert_names_the_source_that_most_of_it_comes_from() -> None:
    tally = Tally()
    for number in range(30):
        tally.take(labelled("Security Alert", "sshd", f"failed for user{number % 10}"), 0.5)
    for _ in range(8):
        tally.take(labelled("Security Alert", "gateway", "blocked"), 0.5)
    (alert,) = tally.alerts(10)
    assert (alert.source, alert.template) == ("sshd", "failed for user0")
    text = "\n".join(line.plain for line in alert_lines([alert]))
    assert 'logsluice_events_labelled_total{label="Security Alert"}' in text


def test_a_quiet_demo_has_nothing_to_alert_on() -> None:
    assert list(alert_lines(Tally().alerts(30))) == []
