"""Corrections over HTTP: given and taken back, and every reason why not, in a sentence."""

from typing import Any

import pytest

from console.corrections import RefusedCorrectionError
from console.store.tally import Tally
from console.store.verdicts import VerdictChange
from console.store.writer import Batch
from consumer.errors import BrokerError
from tests.console.api.conftest import Api, said_by_person

ODD = "odd <num>"


def give(api: Api, **body: Any) -> Any:
    return api.client.post("/v1/corrections", json=body)


def test_one_template_is_given_a_label(api: Api) -> None:
    api.fill()
    answer = give(api, template_id=api.id_of("odd"), label="Error")
    assert answer.status_code == 200, answer.text
    [said] = answer.json()["corrections"]
    assert (said["template"], said["source"], said["label"]) == (ODD, "*", "Error")
    assert api.corrections.said == [(ODD, "*", "Error", "console")]


def test_many_are_given_a_label_for_one_source(api: Api) -> None:
    api.fill()
    ids = [api.id_of("odd"), api.id_of("disk"), api.id_of("odd")]
    assert give(api, template_ids=ids, label="Error", source="app").status_code == 200
    assert [said[:3] for said in api.corrections.said] == [
        (ODD, "app", "Error"),
        ("disk <num> died", "app", "Error"),
    ]


def test_one_is_taken_back_under_every_set_of_labels(api: Api) -> None:
    api.fill()
    id = api.id_of("odd")
    assert api.client.delete(f"/v1/corrections/{id}").status_code == 200
    assert api.corrections.said == [(ODD, "*", None, "")]
    change = VerdictChange(*said_by_person(ODD, "Error"), 1)
    api.writer.write(Batch(Tally(), (change,), ()), api.now_ms)
    [given] = api.client.get("/v1/corrections").json()["corrections"]
    assert (given["template_id"], given["label"], given["author"]) == (id, "Error", "ada")
    [gone] = api.client.delete(f"/v1/corrections/{id}").json()["corrections"]
    assert (gone["template"], gone["label"]) == (ODD, None)
    assert api.corrections.said[1:] == [(ODD, "*", None, "earlier")]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"label": "Securty Alert"}, 422, "did you mean 'Security Alert'?"),
        ({"label": ""}, 422, "no label"),
        ({"label": "Error", "template_id": None}, 422, "no template is named"),
        ({"label": "Error", "template_id": "x"}, 422, "template_id"),
        ({"label": "Error", "template_id": "0" * 16}, 404, "no template 0000"),
        ({"label": "Error", "template_ids": ["0" * 16] * 1_001}, 422, "template_ids"),
        ({"label": "Error", "other": 1}, 422, "other"),
        ({"label": 7}, 422, "label"),
    ],
)
def test_what_cannot_be_given_is_refused_in_a_sentence(
    api: Api, body: dict[str, Any], status: int, says: str
) -> None:
    api.fill()
    answer = give(api, **{"template_id": api.id_of("odd"), **body})
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert api.corrections.said == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(RefusedCorrectionError("the topic refuses it"), 409), (BrokerError("no answer in time"), 503)],
)
def test_what_the_broker_says_is_said(api: Api, error: Exception, status: int) -> None:
    api.fill()
    id = api.id_of("odd")
    api.corrections.error = error
    for answer in (give(api, template_id=id, label="Error"), api.client.delete(f"/v1/corrections/{id}")):
        assert (answer.status_code, answer.json()) == (status, {"error": str(error)})
