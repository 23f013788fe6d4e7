"""Rows: from the corpus and from a user's CSV to what a model is trained on."""

from pathlib import Path
from random import Random

import pytest

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


def rows_of(directory: Path, content: str | bytes) -> list[Row]:
    path = directory / "mine.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_rows(path)


def refusal(directory: Path, content: str | bytes) -> str:
    with pytest.raises(TrainingDataError) as caught:
        rows_of(directory, content)
    return str(caught.value).removeprefix(str(directory / "mine.csv"))


def test_messages_become_templates_each_once(tmp_path: Path) -> None:
    content = (
        "\ufeffsource,log_message,comment,target_label\r\n"
        "db,query took 17 ms,x,Slow\r\n"
        'db,"query took 9 ms",,Slow\r\n'
        'shop," basket, of\nuser 5 ",, Sale \r\n'
    )
    assert rows_of(tmp_path, content) == [
        Row("Slow", "db", mask("query took 17 ms")),
        Row("Sale", "shop", mask("basket, of\nuser 5")),
    ]


def test_the_source_is_optional(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "target_label,log_message\nSlow,query slow\n") == [Row("Slow", "", "query slow")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", " has no column log_message and no target_label; found: nothing"),
        ("message,label\nup,Up\n", " has no column log_message and no target_label; found: message, label"),
        ("log_message,label\nup,Up\n", " has no column target_label; found: log_message, label"),
        (
            "log_message,target_label\nup,Up\n  ,Up\n",
            ", line 3: there is no message; fill it in or drop the row",
        ),
        ("log_message,target_label\nup,\n", ", line 2: there is no label; fill it in or drop the row"),
        ("log_message,target_label\nup\n", ", line 2: there is no label; fill it in or drop the row"),
        ("log_message,target_label\ngr\xf6\xdfer,Up\n".encode("cp1252"), " cannot be read: 'utf-8' codec"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(
    tmp_path: Path, content: str | bytes, sentence: str
) -> None:
    assert refusal(tmp_path, content).startswith(sentence)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match=r"none\.csv cannot be read: .*No such file"):
        read_rows(tmp_path / "none.csv")


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
