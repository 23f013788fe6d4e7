"""Rows: from the corpus and from a user's CSV to what a model is trained on."""

import io
from random import Random

import pytest

from files.errors import InputFileError
from files.labelled import Reading
from files.table import Columns
from pipeline.masking import mask
from training.corpus import Template
from training.rows import (
    MIN_TEMPLATES,
    Row,
    TrainingDataError,
    check_enough,
    digest,
    distinct,
    read_rows,
    rows_of_corpus,
)


def rows_of(content: str | bytes) -> list[Row]:
    data = content if isinstance(content, bytes) else content.encode()
    return read_rows(io.BytesIO(data), "mine.csv", Reading(), print)


def refusal(content: str | bytes) -> str:
    with pytest.raises(InputFileError) as caught:
        rows_of(content)
    return str(caught.value).removeprefix("mine.csv")


def test_messages_become_templates_each_once() -> None:
    content = (
        "\ufeffsource,log_message,comment,target_label\r\n"
        "db,query took 17 ms,x,Slow\r\n"
        'db,"query took 9 ms",,Slow\r\n'
        'shop," basket, of\nuser 5 ",, Sale \r\n'
    )
    assert rows_of(content) == [
        Row("Slow", "db", mask("query took 17 ms")),
        Row("Sale", "shop", mask("basket, of\nuser 5")),
    ]


def test_the_source_is_optional() -> None:
    assert rows_of("target_label,log_message\nSlow,query slow\n") == [Row("Slow", "", "query slow")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", " is empty: it needs a header line"),
        ("up,label\nup,Up\n", " has no column 'log_message' or 'message' or 'msg', only 'up', 'label'"),
        ("log_message,x\nup,Up\n", " has no column 'target_label' or 'label', only 'log_message', 'x'"),
        (
            "log_message,target_label\nup,Up\n  ,Up\n",
            ", line 3: there is no message; fill it in or drop the row",
        ),
        ("log_message,target_label\nup,\n", ", line 2: there is no label; fill it in or drop the row"),
        ("log_message,target_label\nup\n", ", line 2: there is no label; fill it in or drop the row"),
        ('{"message":"up","label":"A"}\n{"message":"up"}\n', ", line 2: there is no label; fill it in"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(content: str | bytes, sentence: str) -> None:
    assert refusal(content).startswith(sentence)


def test_labels_that_differ_in_case_or_spaces_are_named() -> None:
    notes: list[str] = []
    content = b"log_message,label\nup,Up\ndown,up\nleft, Up \nright,Side ways\nwest,side  Ways\n"
    rows = read_rows(io.BytesIO(content), "mine.csv", Reading(), notes.append)
    assert [row.label for row in rows] == ["Up", "up", "Up", "Side ways", "side  Ways"]
    assert [note.partition(", and are")[0] for note in notes] == [
        "mine.csv: the labels 'Up', 'up' differ only in case or spaces",
        "mine.csv: the labels 'Side ways', 'side  Ways' differ only in case or spaces",
    ]


def test_a_row_may_stand_for_several_lines() -> None:
    content = b"message,label,n,count\nup,A,1,9\nup,B,3,1\n"
    assert [row.label for row in rows_of(content)] == ["A"]
    counted = Reading(Columns(lines="n"))
    assert [row.label for row in read_rows(io.BytesIO(content), "x.csv", counted, print)] == ["B"]


def test_of_one_template_the_label_of_most_rows_stands_and_of_equals_the_first() -> None:
    rows = [
        Row("A", "x", "t"),
        Row("B", "y", "t"),
        Row("C", "z", "u"),
        Row("B", "z", "t"),
        Row("D", "z", "u"),
    ]
    assert distinct(rows) == [Row("B", "x", "t"), Row("C", "z", "u")]
    assert distinct(distinct(rows)) == distinct(rows)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ("", r"^there is only the label \(none\): a classifier needs two or more$"),
        ("AAAA", "^there is only the label A: a classifier needs two or more$"),
        ("AAABBC", r"^too few distinct templates, after masking, of: B \(2\), C \(1\); each label needs 3"),
    ],
)
def test_too_little_to_learn_from_is_refused(labels: str, sentence: str) -> None:
    with pytest.raises(TrainingDataError, match=sentence):
        check_enough([Row(label, "", str(number)) for number, label in enumerate(labels)])


def test_just_enough_is_enough() -> None:
    check_enough([Row(label, "", str(number)) for number, label in enumerate("AB" * MIN_TEMPLATES)])


CORPUS = [
    Template("Error", "db", "read of {path} failed after {duration}", "hpc"),
    Template("User Action", "shop", "{user} bought {int} items at {ts}", "web"),
    Template("Error", "db", "code {code} from {ip}", "hpc"),
]


def test_the_corpus_is_filled_and_masked_again() -> None:
    rows = rows_of_corpus(CORPUS, seed=1)
    assert [(row.label, row.source, row.kind) for row in rows] == [
        (template.label, template.system, template.kind) for template in CORPUS
    ]
    for row in rows:
        assert "{" not in row.template
        assert mask(row.template) == row.template
    assert rows[0].template.startswith("read of <path> failed after <")


def test_the_same_seed_gives_the_same_rows() -> None:
    assert rows_of_corpus(CORPUS, seed=5) == rows_of_corpus(CORPUS, seed=5)
    drawn = {tuple(row.template for row in rows_of_corpus(CORPUS, seed)) for seed in range(8)}
    assert len(drawn) > 1  # values of one placeholder differ in kind, and so in what is left of them


def test_the_digest_is_of_what_rows_say_and_not_of_their_order() -> None:
    rows = rows_of_corpus(CORPUS, seed=1)
    shuffled = Random(2).sample(rows, len(rows))
    assert digest(shuffled) == digest(rows)
    others = [
        Row("X", "db", "t"),
        Row("Error", "app", "t"),
        Row("Error", "db", "u"),
        Row("Error", "db", "t"),
    ]
    assert len({digest([row]) for row in others} | {digest(rows), digest(rows[:2]), digest([])}) == 7
