"""The map of the console: when it is drawn, of what, and what it keeps. The encoder here is a small one."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zlib import crc32

import numpy as np
import pytest
import structlog

from console.map.atlas import FIRST, TemplateMap, stages
from console.map.drawing import columns, draw
from console.parts import Parts
from console.store.frequent import FrequentRow, most_frequent
from console.store.store import Store
from console.store.tally import Tally
from console.store.verdicts import VerdictChange
from console.store.writer import Batch
from consumer.log import configure_logging
from consumer.records.verdict import VerdictKey, VerdictValue, taxonomy_of
from pipeline.encoder import DIMENSION
from tests.console.store.events import NOW_MS, labelled, write, writer
from tests.support.default_model import bundle

PATIENCE_S = 240


class Encoder:
    """Texts that begin with the same word are near each other."""

    def __init__(self) -> None:
        self.encoded: list[str] = []
        self.error: Exception | None = None

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if self.error is not None:
            raise self.error
        self.encoded += texts
        return np.array([self._one(text) for text in texts], dtype=np.float32)

    def _one(self, text: str) -> np.ndarray:
        kind = np.random.default_rng(crc32(text.split()[0].encode())).normal(size=DIMENSION)
        own = kind + 0.05 * np.random.default_rng(crc32(text.encode())).normal(size=DIMENSION)
        vector: np.ndarray = own / np.linalg.norm(own)
        return vector


class World:
    """A store, an encoder, and the map over them."""

    def __init__(self, directory: Path) -> None:
        self.writer = writer(directory / "store.db")
        self.store = Store(directory / "store.db")
        self.encoder = Encoder()
        self.classifier = SimpleNamespace(
            cascade=SimpleNamespace(bundle=bundle(), embedding=SimpleNamespace(encoder=self.encoder)),
            version=bundle().version,
        )
        self.parts = cast(
            Parts, SimpleNamespace(classifier=self.classifier, store=self.store, clock=lambda: 1.0)
        )
        self.map = self.new_map()

    def new_map(self, most: int = 500, with_clusters: bool = False) -> TemplateMap:
        return TemplateMap(self.parts, most, with_clusters)

    def add(self, *templates: str, events: int = 1) -> None:
        write(self.writer, [(labelled(template), NOW_MS) for template in templates for _ in range(events)])

    def look(self, again: bool = False) -> int:
        """Look at the map as the page does, wait until it is drawn, and return how many maps there were."""
        self.map.draw_where_due(self.map.rows(), again)
        self.map.wait(PATIENCE_S)
        return self.map.state().version

    def close(self) -> None:
        self.map.close()
        self.store.close()
        self.writer.connection.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(World(tmp_path)) as world:
        yield world


def many(kind: str, count: int, first: int = 0) -> list[str]:
    return [f"{kind} number {number} word" for number in range(first, first + count)]


def test_nothing_is_drawn_of_nothing(world: World) -> None:
    assert world.look() == 0
    assert world.map.drawn is None
    assert world.map.state().drawing is None


def test_it_is_drawn_when_somebody_looks_and_again_when_much_has_changed(world: World) -> None:
    world.add(*many("disk", 40), *many("login", 40))
    assert world.look() == 1
    assert len(world.encoder.encoded) == 80
    assert world.look() == 1
    world.add(*many("disk", 8, first=40))
    assert world.look() == 1, "a tenth that is new is not much"
    world.add(*many("disk", 8, first=48))
    assert world.look() == 2
    assert len(world.encoder.encoded) == 96, "what was encoded once is kept"
    assert world.look(again=True) == 3
    world.classifier.version = "other@1234567"
    world.classifier.cascade.bundle = SimpleNamespace(version="other@1234567", labels=bundle().labels)
    assert world.look() == 4


def test_it_holds_the_most_frequent_templates_and_no_more(world: World) -> None:
    world.map = world.new_map(most=50)
    world.add(*many("rare", 60))
    world.add(*many("frequent", 30), events=5)
    assert world.look() == 1
    assert len(world.encoder.encoded) == 50
    assert sum("frequent" in text for text in world.encoder.encoded) == 30
    world.add(*many("other", 50), events=9)
    assert world.look() == 2
    assert len(world.map._vectors) == 50


def test_an_error_is_said_and_the_next_look_tries_again(world: World) -> None:
    configure_logging("json", "error")
    world.add(*many("disk", 20))
    world.encoder.error = MemoryError()
    assert world.look() == 0
    assert world.map.state().problem == "the map cannot be drawn; the log of the console says why"
    world.encoder.error = None
    assert world.look() == 1
    assert world.map.state().problem is None
    structlog.reset_defaults()


def test_a_console_that_stops_draws_no_more(world: World) -> None:
    world.add(*many("disk", 20))
    world.map.close()
    assert world.look() == 0
    assert world.encoder.encoded == []


@pytest.mark.timeout(300)  # loading scikit-learn is slow on a busy machine
def test_templates_that_mean_the_same_are_a_cluster_with_a_name(world: World) -> None:
    world.map = world.new_map(with_clusters=True)
    world.add(*many("disk", 40), *many("login", 30))
    world.look()
    data = columns(world.map.rows(), world.map.drawn)  # type: ignore[arg-type]
    assert [each["name"].split()[0] for each in data["clusters"]] == ["disk", "login"]
    kinds = {
        (template.split()[0], cluster)
        for template, cluster in zip(data["template"], data["cluster"], strict=True)
    }
    assert {each for each in kinds if each[1] >= 0} == {("disk", 0), ("login", 1)}


def test_without_scikit_learn_there_are_two_axes_and_no_clusters(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sklearn", "sklearn.manifold", "sklearn.cluster"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    world.add(*many("disk", 40), *many("login", 30))
    assert world.look() == 1
    state, drawn = world.map.state(), world.map.drawn
    assert (state.said, state.has_clusters, state.templates) == ("projected by PCA", False, 70)
    assert drawn is not None
    assert drawn.clusters == []
    assert {spot.cluster for spot in drawn.spots.values()} == {-1}
    by_kind = {
        kind: {round(drawn.spots[row.id].x, 1) for row in world.map.rows() if row.template.startswith(kind)}
        for kind in ("disk", "login")
    }
    assert not by_kind["disk"] & by_kind["login"]


def test_a_person_s_word_is_the_label_on_the_map(world: World) -> None:
    world.add("disk number 1 word", events=2)
    world.add("disk number 2 word")
    taxonomy = taxonomy_of(bundle())
    changes = [
        VerdictChange(VerdictKey(under, "*", template, "person"), VerdictValue(label, 1.0, "person", 2, 1), 1)
        for under, template, label in (
            (taxonomy, "disk number 1 word", "Critical Error"),
            ("another", "disk number 2 word", "Critical Error"),
        )
    ]
    world.writer.write(Batch(Tally(), changes, ()), NOW_MS)
    with world.store.read() as connection:
        rows = most_frequent(connection, 10, taxonomy)
    assert [(row.template, row.label, row.confidence, row.events) for row in rows] == [
        ("disk number 1 word", "Critical Error", 1.0, 2),
        ("disk number 2 word", "Error", 0.9, 1),
    ]


def test_what_the_store_has_no_more_is_not_on_the_map() -> None:
    rows = [
        FrequentRow(f"{number:016x}", f"text {number}", "Error", 0.5, "", "app", 9) for number in range(12)
    ]
    drawn = draw(rows, Encoder().encode([row.template for row in rows]), "b", with_clusters=False)
    changed = [
        rows[3]._replace(label="User Action", confidence=1.0),
        FrequentRow("f" * 16, "new", "Error", 0.5, "", "app", 9),
    ]
    found: dict[str, Any] = columns(changed, drawn)
    assert (found["id"], found["template"]) == ([rows[3].id], ["text 3"])
    assert (found["labels"], found["confidence"]) == (["User Action"], [100])


@pytest.mark.parametrize(
    ("rows", "is_there", "expected"),
    [
        (50, False, [50]),
        (2 * FIRST, False, [2 * FIRST]),
        (9_000, False, [FIRST, 9_000]),
        (9_000, True, [9_000]),
    ],
)
def test_a_large_map_begins_with_a_small_one(rows: int, is_there: bool, expected: list[int]) -> None:
    assert list(stages(rows, is_there)) == expected
