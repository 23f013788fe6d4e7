"""What the pages compute before anything is drawn."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from console.embeddings import Embeddings
from console.pages.neighbours import MOST, SHORTLIST, neighbours
from console.pages.now import LEAST_MINUTES, changes, rates_of, without_start
from console.store.rows import Counts, TemplateRow
from pipeline.features import encoder_text

MINUTE_MS = 60_000


def row(template: str) -> TemplateRow:
    return TemplateRow(
        id=template,
        template=template,
        label="Error",
        tier="embedding",
        rule=None,
        confidence=0.5,
        best_guess=None,
        sources=(),
        events=1,
        first_seen_ms=0,
        last_seen_ms=0,
        is_new=False,
        bundle="",
        corrected=False,
        model_label=None,
    )


class Counted:
    """An encoder that notes what it is asked: texts with the same last word point the same way."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        directions = {"up": (1.0, 0.0), "near": (0.9, 0.436), "down": (0.0, 1.0)}
        return np.array([directions[text.split()[-1]] for text in texts], dtype=np.float32)


def test_neighbours_share_words_and_meaning_and_the_nearest_is_first() -> None:
    embeddings = Embeddings(Counted())
    own = row("link lost up")
    others = [
        own,
        row("link lost near"),
        row("link is up"),
        row("link lost down"),
        row("disk full on some host up"),
    ]
    found = neighbours(own, others, embeddings)
    assert [each.row.template for each in found] == ["link is up", "link lost near"]


def test_the_encoder_is_asked_for_few_and_for_each_once() -> None:
    encoder = Counted()
    embeddings = Embeddings(encoder)
    others = [row(f"link {chr(97 + place % 26) * (2 + place // 26)} lost up") for place in range(300)]
    assert len(neighbours(row("link lost up"), others, embeddings)) == MOST
    assert len(encoder.asked) == 1 + SHORTLIST
    neighbours(row("link lost up"), others, embeddings)
    assert len(encoder.asked) == 1 + SHORTLIST


def test_the_oldest_embeddings_are_forgotten() -> None:
    encoder = Counted()
    embeddings = Embeddings(encoder, kept=2)
    for template in ("a up", "b up", "c up", "b up", "a up"):
        assert embeddings.of([template]).shape == (1, 2)
    assert encoder.asked == [encoder_text(each) for each in ("a up", "b up", "c up", "a up")]


@pytest.mark.parametrize(("second", "last"), [(30, 2.0), (5, 1.0)])
def test_the_minute_that_goes_on_counts_by_its_seconds_once_it_has_some(second: int, last: float) -> None:
    counts = Counts(0, 60, {"Error": [0] * 118 + [60, 60]})
    rates = rates_of(counts, 119 * MINUTE_MS + second * 1000)
    assert rates["Error"][-1] == last
    assert rates["Error"][-2:] != [0, 0]


def test_a_stream_that_has_just_begun_is_shown_from_its_start() -> None:
    rates = {"Error": [0.0] * 57 + [1.0, 2.0, 3.0], "User Action": [0.0] * 40 + [1.0] + [0.0] * 19}
    assert {len(values) for values in without_start(rates).values()} == {20}
    assert len(without_start({"Error": [0.0] * 59 + [1.0]})["Error"]) == LEAST_MINUTES
    assert without_start({}) == {}


def test_what_has_changed_is_a_ratio_to_the_hour_before() -> None:
    [error, action] = changes(Counts(0, 60, {"User Action": [0, 0, 1, 2], "Error": [1, 1, 4, 5]}))
    assert (error.label, error.now, error.before, error.ratio) == ("Error", 9, 2, 4.5)
    assert (action.ratio, action.share) == (None, 0.25)
