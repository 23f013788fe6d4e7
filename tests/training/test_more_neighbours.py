"""Corrections among the learnt templates: each is found as if it had been learnt with the others."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features import WordFeatures
from pipeline.neighbours import Neighbours, index
from training.more_neighbours import Appended, appended
from training.words import matrix

LEARNT = {"disk failed on bay": 0, "user logged in": 1, "user logged out": 1}
KNOWN = sorted({word for template in LEARNT for word in template.split()})
NEW = ["kiln", "glaze", "cone"]
EVERY = WordFeatures([*KNOWN, *NEW], np.ones(len(KNOWN) + len(NEW), dtype=np.float32))
WORDS = WordFeatures(KNOWN, EVERY.rarity[: len(KNOWN)])


def learnt() -> Neighbours:
    table = matrix(WORDS, [*LEARNT])
    entries = (table.columns, table.rows, table.values)
    return index(entries, [*LEARNT.values()], len(KNOWN), np.ones(3))


def more(corrections: dict[str, int]) -> Appended:
    labels = np.array([*corrections.values()], dtype=np.uint8)
    return appended(learnt(), matrix(EVERY, [*corrections]), labels)


def cosines(near: Neighbours, template: str) -> npt.NDArray[np.float64]:
    return near.cosines(*EVERY.of(template))


TEMPLATE = st.lists(st.sampled_from([*KNOWN, *NEW]), min_size=1, max_size=5, unique=True).map(" ".join)


@given(
    st.lists(TEMPLATE, min_size=1, max_size=6, unique_by=lambda each: frozenset(each.split())),
    TEMPLATE,
)
def test_corrections_are_compared_as_what_was_learnt_is(corrections: list[str], asked: str) -> None:
    found = more(dict.fromkeys(corrections, 2))
    assert found.neighbours.sound(len(EVERY.known), 3)
    assert (found.neighbours.labels[found.rows] == 2).all()
    wanted = matrix(EVERY, [*LEARNT, *corrections]).dense() @ matrix(EVERY, [asked]).dense()[0]
    got = cosines(found.neighbours, asked)
    np.testing.assert_allclose(got[: len(LEARNT)], wanted[: len(LEARNT)], atol=2e-3)
    np.testing.assert_allclose(got[found.rows], wanted[len(LEARNT) :], atol=2e-3)


def test_a_template_learnt_before_has_one_row_and_the_new_label() -> None:
    found = more({"user logged out": 2, "kiln glaze": 0})
    assert found.rows.tolist() == [2, 3]
    assert found.neighbours.labels.tolist() == [0, 1, 2, 0]


def test_what_is_common_stays_out() -> None:
    near = learnt()
    user = KNOWN.index("user")
    start, end = near.ends[user], near.ends[user + 1]
    entries = np.delete(np.arange(len(near.rows)), np.s_[start:end])
    ends = near.ends.copy()
    ends[user + 1 :] -= end - start
    without = Neighbours(near.labels, ends, near.rows[entries], near.weights[entries], near.rarity)
    found = appended(without, matrix(EVERY, ["user kiln"]), np.array([2], dtype=np.uint8)).neighbours
    assert cosines(found, "user").max() == 0
    assert cosines(found, "kiln")[3] > 0.7
