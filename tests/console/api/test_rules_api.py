"""Rules that suggest themselves: of one label alone, without a counter-example, and matching what they were made of."""

import re2

from tests.console.api.conftest import Api
from tests.console.store.events import labelled

DECLINED = "Payment <num> of {}: card was declined by issuer <num>"


def test_words_of_one_label_are_suggested_and_no_others(api: Api) -> None:
    for who in ("shop", "web", "app"):
        api.write(*[labelled(DECLINED.format(who), "Workflow Error", confidence=0.95)] * 5)
        api.write(labelled(f"worker {who} could not reach the database <ip>", "Error", confidence=0.97))
        api.write(labelled(f"user {who} asked for the new report <num>", "User Action", confidence=0.6))
        api.write(
            labelled(f"{who} said login has failed at last", "Security Alert", tier="rules", confidence=1)
        )
    api.write(labelled("it said: worker could not reach the database <ip>", "Critical Error", confidence=0.5))
    found = api.client.get("/v1/rules/suggestions").json()["suggestions"]
    [rule] = found
    assert rule["label"] == "Workflow Error"
    assert rule["words"] == "card was declined by issuer"
    assert (rule["templates"], rule["events"]) == (3, 15)
    assert sorted(rule["match"]) == [DECLINED.format(who) for who in ("app", "shop", "web")]
    assert all(re2.search(rule["pattern"], text) for text in rule["match"])


def test_nothing_is_suggested_of_nothing(api: Api) -> None:
    assert api.client.get("/v1/rules/suggestions").json() == {"suggestions": []}
