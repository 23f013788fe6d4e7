"""``/v1/explain``: the same explanation as on the command line, with what the store has of people's verdicts."""

from collections import Counter
from typing import Any

import pytest

from console.store.tally import Tally
from console.store.verdicts import VerdictChange
from console.store.writer import Batch
from tests.console.api.conftest import Api, said_by_person

LOGIN = "Failed password for invalid user admin from 203.0.113.9 port 52144 ssh2"
ODD, TEMPLATE = "flux capacitor 17 desynchronised", "flux capacitor <num> desynchronised"


def explained(api: Api, **query: str) -> dict[str, Any]:
    answer = api.client.get("/v1/explain", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert api.client.post("/v1/explain", json=query).json() == found
    return found


@pytest.mark.parametrize("source", ["sshd", "LegacyCRM"])
@pytest.mark.parametrize("message", [LOGIN, ODD, ""], ids=["login", "odd", "empty"])
def test_it_agrees_with_classify(api: Api, message: str, source: str) -> None:
    event = {"source": source, "log_message": message}
    [verdict] = api.client.post("/v1/classify", json={"events": [event]}).json()["verdicts"]
    found = explained(api, message=message, source=source)
    assert {name: found[name] for name in verdict} == verdict


def test_what_a_person_said_decides_and_is_named(api: Api) -> None:
    said = [said_by_person(template, "Error") for template in (TEMPLATE, "another")]
    changes = [VerdictChange(*each, 1) for each in said]
    api.writer.write(Batch(Tally([], Counter()), changes, ()), api.now_ms)
    found = explained(api, message=ODD)
    assert (found["label"], found["tier"]) == ("Error", "memory")
    assert [(each["author"], each["source"]) for each in found["heard"]] == [("ada", "*")]


def test_what_is_no_event_is_refused_in_a_sentence(api: Api) -> None:
    for query in ({}, {"message": "x", "severity": "loud"}):
        answer = api.client.get("/v1/explain", params=query)
        assert answer.status_code == 422
        assert answer.json()["error"]
