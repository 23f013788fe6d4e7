"""Fitting: what is held out, how opinions are weighed, and where the threshold comes to lie."""

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.classifier import Probabilities, pooled
from training.fit import Embeddings, Indices, fit, judge
from training.rows import Row

WORDS = {"Red": ("rose", "blood", "brick", "ruby"), "Blue": ("sky", "sea", "ink", "jeans")}
VERBS = ("opened", "closed", "moved", "painted", "sold", "kept")
KINDS = ("hpc", "web", "desktop", "phone")


def rows_of(kinds: tuple[str, ...] = ("",), sources: tuple[str, ...] = ("",)) -> list[Row]:
    """Return rows that a word of each tells apart, their kinds and sources in turn."""
    return [
        Row(label, sources[number % len(sources)], f"{word} was {verb}", kinds[number % len(kinds)])
        for label, words in WORDS.items()
        for number, (word, verb) in enumerate((word, verb) for verb in VERBS for word in words)
    ]


class Embedded:
    """Embeddings that half tell the labels apart, and a record of what each was learnt from."""

    def __init__(self, rows: list[Row], noise: float = 1.0) -> None:
        random = np.random.default_rng(3)
        truth = np.array([1.0 if row.label == "Red" else -1.0 for row in rows])
        self.embeddings: Embeddings = random.normal(truth[:, None], noise, (len(rows), 6)).astype(np.float32)
        self.asked: list[set[int]] = []

    def __call__(self, indices: Indices) -> Embeddings:
        self.asked.append({int(index) for index in indices})
        return self.embeddings


@pytest.mark.parametrize(
    ("rows", "group"),
    [
        (rows_of(kinds=KINDS, sources=("a", "b", "c", "d", "e")), "kind"),
        (rows_of(sources=("a", "b", "c", "d")), "source"),
        (rows_of(sources=("a", "b")), "template"),
    ],
)
def test_a_fold_is_judged_on_what_it_has_not_seen(rows: list[Row], group: str) -> None:
    embedded = Embedded(rows)
    fit(rows, embedded, 0.9, 1, lambda what: None, folds=2)
    *folds, whole = embedded.asked
    assert whole == set(range(len(rows)))
    assert len(folds) == 2
    assert folds[0] | folds[1] == whole
    for fold in folds:
        seen = {getattr(rows[index], group) for index in fold}
        held_out = {getattr(rows[index], group) for index in whole - fold}
        assert held_out
        assert not seen & held_out


def test_each_step_is_reported() -> None:
    steps: list[str] = []
    rows = rows_of(kinds=KINDS)
    fit(rows, Embedded(rows), 0.9, 1, steps.append, folds=2)
    assert steps == ["fold 1 of 2", "fold 2 of 2", "the whole"]


def test_a_fit_is_deterministic_and_knows_its_rows() -> None:
    rows = rows_of(kinds=KINDS)
    embedded = Embedded(rows)
    (first, trust), (second, same) = (fit(rows, embedded, 0.9, 1, lambda what: None, 2) for _ in range(2))
    assert trust == same
    templates = [row.template for row in rows]
    probabilities = first.predict_proba(templates, embedded.embeddings)
    np.testing.assert_array_equal(probabilities, second.predict_proba(templates, embedded.embeddings))
    right = [first.labels[best] == row.label for best, row in zip(probabilities.argmax(1), rows, strict=True)]
    assert np.mean(right) > 0.95
    assert trust.accuracy > 0.8


def test_fragments_are_thought_rarer_than_the_corpus_has_them() -> None:
    fragments = [Row("Unclassified", "", f"{word}={number}") for word in "abcdef" for number in range(4)]
    without_kinds = [*rows_of(), *fragments]
    of_the_corpus = [Row(row.label, "", row.template, KINDS[i % 4]) for i, row in enumerate(without_kinds)]
    shares = []
    for rows in (without_kinds, of_the_corpus):
        embedded = Embedded(rows)
        classifier, _ = fit(rows, embedded, 0.9, 1, lambda what: None, folds=2)
        unsure = classifier.predict_proba(["rose c"], np.zeros((1, 6), dtype=np.float32))
        shares.append(unsure[0, classifier.labels.index("Unclassified")])
    assert shares[1] < 0.8 * shares[0]


def test_a_label_with_the_fewest_rows_that_are_taken_can_still_be_held_out() -> None:
    rows = [*rows_of(), *(Row("Rare", "", f"odd {word} here") for word in ("one", "two", "six"))]
    embedded = Embedded(rows)
    classifier, _ = fit(rows, embedded, 0.9, 1, lambda what: None)
    assert classifier.labels == ("Blue", "Rare", "Red")
    assert len(embedded.asked) == 4  # three folds, for there are but three rows of one label


def test_a_label_that_one_system_alone_logs_leaves_each_fold_something_to_tell_apart() -> None:
    sources = ("a", "b", "c", "d")
    rows = [
        Row(row.label, "z" if row.label == "Red" else sources[place % 4], row.template)
        for place, row in enumerate(rows_of())
    ]
    embedded = Embedded(rows)
    classifier, trust = fit(rows, embedded, 0.9, 1, lambda what: None, folds=2)
    assert classifier.labels == ("Blue", "Red")
    assert all(len({rows[index].label for index in fold}) == 2 for fold in embedded.asked)
    assert trust.accuracy > 0.8


def opinion(truth: Indices, sureness: npt.NDArray[np.float64], labels: int = 3) -> Probabilities:
    """Return an opinion that gives each truth this probability, and the others equal parts of the rest."""
    table = np.repeat(((1 - sureness) / (labels - 1))[:, None], labels, axis=1)
    table[np.arange(len(truth)), truth] = sureness
    return table


@pytest.fixture(scope="module")
def truth() -> Indices:
    return np.random.default_rng(1).integers(0, 3, 400)


@pytest.fixture(scope="module")
def knowing(truth: Indices) -> Probabilities:
    """An opinion that is right where it is sure, and less and less often where it is not."""
    return opinion(truth, np.linspace(0.99, 0.05, len(truth)))


def noise(count: int) -> Probabilities:
    table: Probabilities = np.random.default_rng(2).dirichlet((1.0, 1.0, 1.0), count)
    return table


def test_who_knows_is_trusted_more_whichever_of_the_two_it_is(truth: Indices, knowing: Probabilities) -> None:
    for views, better in (((knowing, noise(400)), 0), ((noise(400), knowing), 1)):
        weights = judge(views, truth, 0.9).weights
        assert weights[better] > 3 * weights[1 - better]
        assert weights[1 - better] == pytest.approx(0.05, abs=0.05)


@pytest.mark.parametrize("precision", [0.8, 0.9, 0.99])
def test_from_the_threshold_on_as_many_are_right_as_was_asked(
    truth: Indices, knowing: Probabilities, precision: float
) -> None:
    views = (knowing, noise(400))
    trust = judge(views, truth, precision)
    calibrated = pooled(views, trust.weights)
    answered = calibrated.max(axis=1) >= trust.threshold
    right = calibrated.argmax(axis=1) == truth
    assert right[answered].mean() >= precision - 1 / answered.sum()  # the threshold is rounded
    assert 0.3 <= trust.threshold < 1
    assert trust.accuracy == pytest.approx(right.mean(), abs=1e-4)


def test_more_precision_is_less_coverage(truth: Indices, knowing: Probabilities) -> None:
    views = (knowing, noise(400))
    thresholds = [judge(views, truth, precision).threshold for precision in (0.7, 0.8, 0.9, 0.99)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[-1]
    curve = judge(views, truth, 0.9).curve
    assert [point.coverage for point in curve] == sorted((point.coverage for point in curve), reverse=True)
    assert curve[0].coverage > curve[-1].coverage


def test_an_opinion_that_is_never_right_answers_nothing(truth: Indices) -> None:
    wrong = opinion((truth + 1) % 3, np.full(len(truth), 0.9))
    assert judge((wrong, wrong), truth, 0.9).threshold == 1.0


@pytest.mark.parametrize("sureness", [0.4, 0.9, 0.99999])
def test_an_opinion_that_is_always_right_is_asked_for_no_more_than_the_precision(
    truth: Indices, sureness: float
) -> None:
    sure = opinion(truth, np.linspace(sureness - 0.01, sureness, len(truth)))
    trust = judge((sure, sure), truth, 0.9)
    assert (trust.accuracy, trust.curve[0].precision) == (1.0, 1.0)
    assert 0.3 <= trust.threshold <= 0.9


def test_the_weights_calibrate(truth: Indices) -> None:
    # Right in seven of ten, and always sure of 0.99: the pool learns to say about 0.7.
    boastful = opinion(np.where(np.arange(len(truth)) % 10 < 7, truth, (truth + 1) % 3), np.full(400, 0.99))
    trust = judge((boastful, boastful), truth, 0.9)
    assert pooled((boastful, boastful), trust.weights).max(axis=1).mean() == pytest.approx(0.7, abs=0.05)
