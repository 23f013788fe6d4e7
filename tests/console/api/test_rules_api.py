"""Rules over HTTP: suggested from what the store has, and added to a bundle that may be changed."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import re2

from console.store.tally import Tally
from console.store.verdicts import VerdictChange
from console.store.writer import Batch
from pipeline.bundle import RULES, default_bundle, read_bundle
from tests.console.api.conftest import Api, said_by_person
from tests.console.store.events import labelled
from training.suggesting.corpus import corpus_messages

DECLINED = "Payment <num> of {}: card was declined by issuer <num>"
RULE = {
    "name": "card-declined",
    "label": "Workflow Error",
    "pattern": r"\bcard\s+was\s+declined\b",
    "match": ["Payment 17 of shop: card was declined by issuer 17"],
    "no_match": ["card accepted"],
}


@pytest.fixture(scope="module")
def api_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Path]]:
    directory = tmp_path_factory.mktemp("rules")
    bundle = directory / "bundle"
    shutil.copytree(default_bundle(), bundle)
    made = Api(directory, bundle=bundle, trusted_header="X-User")
    made.client.headers["X-User"] = "ada"
    yield made, bundle
    made.close()


def test_words_of_one_label_are_suggested_and_no_others(api: Api) -> None:
    for who in ("shop", "web", "app"):
        api.write(*[labelled(DECLINED.format(who), "Workflow Error", confidence=0.95)] * 5)
        api.write(labelled(f"worker {who} could not reach the database <ip>", "Error", confidence=0.97))
        api.write(labelled(f"user {who} asked for the new report <num>", "User Action", confidence=0.6))
        api.write(
            labelled(
                f"{who} said login has failed at last", "Security Alert", tier="rules", rule="r", confidence=1
            )
        )
    api.write(labelled("it said: worker could not reach the database <ip>", "Critical Error", confidence=0.5))
    [found] = api.client.get("/v1/rules/suggestions").json()["suggestions"]
    rule = found["rule"]
    assert rule["label"] == "Workflow Error"
    assert "card was declined by issuer" in " ".join(found["words"])
    assert (found["templates"], found["events"], found["changes"]) == (3, 15, {})
    assert len(rule["match"]) == 3
    assert all(re2.search(rule["pattern"], text) for text in rule["match"])
    assert not any(re2.search(rule["pattern"], text) for text in rule["no_match"])
    assert api.client.get("/v1/rules/suggestions", params={"min_events": 16}).json() == {"suggestions": []}


def test_nothing_is_suggested_of_nothing(api: Api) -> None:
    assert api.client.get("/v1/rules/suggestions").json() == {"suggestions": []}


def test_the_bundle_that_is_built_in_is_not_changed(api: Api) -> None:
    before = (default_bundle() / RULES).read_bytes()
    answer = api.client.post("/v1/rules", json=RULE)
    assert answer.status_code == 409
    assert "logsluice rules copy" in answer.json()["error"]
    assert (default_bundle() / RULES).read_bytes() == before


def test_a_rule_is_added_sealed_and_says_who_added_it(api_of_module: tuple[Api, Path]) -> None:
    api, directory = api_of_module
    before = read_bundle(directory)
    answer = api.client.post("/v1/rules", json=RULE)
    assert answer.status_code == 200, answer.text
    after = read_bundle(directory)
    assert answer.json() == {"rule": "card-declined", "bundle": after.version, "digest": after.digest}
    assert [rule.name for rule in after.rules.rules] == [
        *(rule.name for rule in before.rules.rules),
        "card-declined",
    ]
    assert "# accepted by ada at 20" in (directory / RULES).read_text(encoding="utf-8")
    again = api.client.post("/v1/rules", json=RULE)
    assert (again.status_code, read_bundle(directory).digest) == (422, after.digest)
    # What the new rule decides is not suggested again, though the store has not heard of it.
    for who in ("shop", "web", "app"):
        api.write(*[labelled(DECLINED.format(who), "Workflow Error", confidence=0.95)] * 5)
    assert api.client.get("/v1/rules/suggestions").json() == {"suggestions": []}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "x1", "pattern": "(?=a)"}, "RE2"),
        ({"name": "x2", "label": "Nonsense"}, "none of"),
        ({"name": "x3", "match": ["something else"]}, "does not match its own example"),
        ({"name": "x4", "no_match": RULE["match"]}, "no_match"),
        ({"name": "x5", "pattern": ".*"}, "empty message"),
        (
            {"name": "x6", "pattern": "login", "match": ["Multiple login failures for user 7"]},
            "taken by the rule",
        ),
    ],
    ids=["lookahead", "label", "match", "no_match", "everything", "shadowed"],
)
def test_a_rule_that_is_wrong_is_refused_and_nothing_changes(
    api_of_module: tuple[Api, Path], change: dict[str, object], sentence: str
) -> None:
    api, directory = api_of_module
    before = (directory / RULES).read_bytes()
    answer = api.client.post("/v1/rules", json=RULE | change)
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert (directory / RULES).read_bytes() == before
    read_bundle(directory)


def test_an_author_cannot_write_a_rule_into_the_comment(api_of_module: tuple[Api, Path]) -> None:
    api, directory = api_of_module
    rule = RULE | {"name": "odd-author", "pattern": "odd author", "match": ["an odd author"]}
    answer = api.client.post("/v1/rules", json=rule, headers={b"X-User": b"ada\x85- name: evil"})
    assert answer.status_code == 200, answer.text
    assert "evil" not in [each.name for each in read_bundle(directory).rules.rules]


def test_a_rule_that_the_corpus_contradicts_is_added_by_force_alone(
    api_of_module: tuple[Api, Path],
) -> None:
    api, directory = api_of_module
    before = (directory / RULES).read_bytes()
    rule = {"name": "broad", "label": "Error", "pattern": "[a-z]", "match": ["zzqy"]}
    answer = api.client.post("/v1/rules", json=rule)
    assert answer.status_code == 409
    sentence = answer.json()["error"]
    found = re.search(r"matches ([\d,]+) rows of the corpus with another label", sentence)
    assert found is not None
    rows = int(found[1].replace(",", ""))
    others = {each.label: each for each in corpus_messages() if each.label != "Error"}
    counts = re.findall(r"[(,] ?([A-Z][A-Za-z ]+?) ([\d,]+)(?=[,)])", sentence.split(", as ")[0])
    assert {label for label, _ in counts} == others.keys()
    assert sum(int(count.replace(",", "")) for _, count in counts) == rows > 1_000
    assert '"force": true' in sentence
    assert (directory / RULES).read_bytes() == before
    answer = api.client.post("/v1/rules", json=rule | {"force": True})
    assert answer.status_code == 200, answer.text
    added = (directory / RULES).read_text(encoding="utf-8")
    assert f"# forced: it matches {rows:,} rows of the corpus" in added
    assert "force:" not in added


def test_what_a_person_said_counts_more_than_what_was_published(api: Api) -> None:
    for who in ("shop", "web", "app"):
        template = DECLINED.format(who)
        api.write(*[labelled(template, "Error", confidence=0.95)] * 5)
        change = VerdictChange(*said_by_person(template, "Workflow Error"), 1)
        api.writer.write(Batch(Tally(), (change,), ()), api.now_ms)
    [found] = api.client.get("/v1/rules/suggestions").json()["suggestions"]
    assert (found["rule"]["label"], found["confidence"]) == ("Workflow Error", 1.0)
    assert found["changes"] == {"Error": 15}
