"""The learnt templates near to one: found as a full comparison finds them, and what they say of its label."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from pipeline.neighbours import NEAREST, Neighbours, index
from training.words import learn_words, matrix

LEARNT = [
    ("disk failed on bay", 0),
    ("disk failed on shelf", 0),
    ("user logged in from host", 1),
    ("user logged out from host", 1),
    ("fan failed on shelf", 0),
]
TEMPLATES = [template for template, _ in LEARNT]
WORDS = learn_words(TEMPLATES)


def neighbours(rarity: tuple[float, float] = (1.0, 1.0)) -> Neighbours:
    table = matrix(WORDS, TEMPLATES)
    labels = [label for _, label in LEARNT]
    return index(
        (table.columns, table.rows, table.values),
        labels,
        len(WORDS.known),
        np.array(rarity, dtype=np.float32),
    )


def shares(template: str, near: Neighbours | None = None) -> npt.NDArray[np.float64]:
    return (near or neighbours()).shares(*WORDS.of(template))


@given(st.lists(st.sampled_from(" ".join(TEMPLATES).split()), max_size=8))
def test_cosines_are_those_of_the_whole_vectors(words: list[str]) -> None:
    template = " ".join(words)
    wanted = matrix(WORDS, TEMPLATES).dense() @ matrix(WORDS, [template]).dense()[0]
    np.testing.assert_allclose(neighbours().cosines(*WORDS.of(template)), wanted, atol=2e-3)


def test_a_template_like_a_learnt_one_gets_its_label_and_one_like_none_gets_no_opinion() -> None:
    assert shares("user logged in from host")[1] > 0.95
    assert shares("disk failed on shelf")[0] > 0.95
    np.testing.assert_allclose(shares("certificate renewed"), [0.5, 0.5], atol=0.05)


def test_a_label_that_is_rare_where_logs_run_counts_less() -> None:
    template = "user logged in"
    assert shares(template, neighbours((1.0, 0.1)))[1] < shares(template)[1]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=60))
def test_of_many_the_nearest_count_and_of_equals_the_first(learnt: list[tuple[int, int]]) -> None:
    labels = np.array([label for _, label in learnt], dtype=np.uint8)
    near = Neighbours(
        labels,
        ends=np.array([0, len(learnt)], dtype=np.int32),
        rows=np.arange(len(learnt), dtype=np.int32),
        weights=np.array([tenths / 5 for tenths, _ in learnt], dtype=np.float16),
        rarity=np.ones(3, dtype=np.float32),
    )
    cosines = near.weights.astype(float)
    nearest = np.argsort(-cosines, kind="stable")[:NEAREST]
    counts = np.bincount(labels[nearest], np.exp(12 * (cosines[nearest] - 1)), minlength=3) + 1e-3
    np.testing.assert_allclose(near.shares(np.array([0]), np.array([1.0])), counts / counts.sum())


def test_terms_that_most_templates_have_are_left_out() -> None:
    rows = np.repeat(np.arange(100), 2)
    columns = np.tile([0, 1], 100)
    columns[1::2] = 1 + np.arange(100)  # each has the first term and one of its own
    near = index((columns, rows, np.full(200, 0.7)), [0] * 100, 101, np.ones(1))
    assert near.ends[1] == 0
    assert len(near.rows) == 100
