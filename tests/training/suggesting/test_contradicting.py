"""What the corpus says against a rule: rows of another label that it matches."""

from pipeline.rules import Rule
from training.suggesting.contradicting import contradiction
from training.suggesting.corpus import corpus_messages
from training.suggesting.seen import Known

CORPUS = [
    Known(text, text, label)
    for text, label in (
        ("parcel misrouted at dawn", "Error"),
        ("parcel misrouted at noon", "Error"),
        ("parcel greeted", "User Action"),
        ("parcel billed", "Error"),
        ("windmill waves", "User Action"),
    )
]


def rule(pattern: str, label: str = "Workflow Error") -> Rule:
    return Rule("one", label, pattern, ("parcel",))


def test_rows_of_another_label_are_counted_and_one_of_each_label_is_shown() -> None:
    found = contradiction(rule("parcel"), CORPUS)
    assert found is not None
    assert found.labels == {"Error": 3, "User Action": 1}
    assert found.examples == (CORPUS[0].message, CORPUS[2].message, CORPUS[1].message)
    assert str(found) == "it matches 4 rows of the corpus with another label (Error 3, User Action 1)"
    one = contradiction(rule("parcel", "Error"), CORPUS)
    assert str(one) == "it matches 1 row of the corpus with another label (User Action 1)"


def test_rows_of_its_own_label_and_rows_that_it_does_not_match_say_nothing() -> None:
    assert contradiction(rule("misrouted", "Error"), CORPUS) is None
    assert contradiction(rule("zeppelin"), CORPUS) is None
    assert contradiction(rule("parcel"), []) is None


def test_a_rule_for_everything_is_contradicted_by_every_other_row_of_the_corpus() -> None:
    corpus = corpus_messages()
    found = contradiction(rule("."), corpus)
    assert found is not None
    assert sum(found.labels.values()) == sum(each.label != "Workflow Error" for each in corpus)
