"""The console's API over a store that a test fills, with corrections that are noted instead of published."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import pytest
from starlette.testclient import TestClient

from console.app import make_app
from console.classifier import Classifier
from console.corrections import Correction, Corrections
from console.parts import Parts
from console.settings import AllSettings, ConsoleSettings
from console.store.store import Store
from consumer.records.verdict import VerdictKey, VerdictValue
from tests.console.store.events import labelled, write, writer
from tests.support.classified import cascade

ADDRESS = "http://127.0.0.1:8080"


class Noted:
    """Takes corrections as the broker would, or raises what a test wants."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self.said: list[tuple[str, str, str | None, str]] = []
        self.error: Exception | None = None

    def give(self, corrections: Iterable[Correction], label: str, author: str) -> None:
        self._note(corrections, label, author)

    def undo(self, corrections: Iterable[Correction], taxonomies: Iterable[str]) -> None:
        self._note(corrections, None, ",".join(taxonomies))

    def _note(self, corrections: Iterable[Correction], label: str | None, more: str) -> None:
        if self.error is not None:
            raise self.error
        self.said += [(each.template, each.source, label, more) for each in corrections]


class Api:
    """A console whose store a test fills; ``now_ms`` is the time of its clock."""

    def __init__(self, directory: Path, bundle: Path | None = None, **settings: object) -> None:
        self.now_ms = int(time.time() * 1000)
        self.writer = writer(directory / "store.db", warm_ms=self.now_ms)
        self.store = Store(directory / "store.db")
        self.corrections = Noted(tuple(cascade().bundle.labels))
        self.classifier = Classifier(cascade())
        parts = Parts(
            AllSettings.model_construct(console=ConsoleSettings(**settings), bundle=bundle),
            self.classifier,
            lambda: self.now_ms / 1000,
            store=self.store,
            corrections=cast(Corrections, self.corrections),
        )
        self.client = TestClient(make_app(parts), ADDRESS)

    def write(self, *records: bytes, ago_ms: int = 0) -> None:
        """Write records that are so old; what was never seen is new from now on."""
        write(self.writer, [(record, self.now_ms - ago_ms) for record in records], self.now_ms - ago_ms)

    def fill(self) -> None:
        """Write some events of three templates, of which the last is new."""
        self.write(
            *[labelled("login failed for <user>", "Security Alert", "sshd", tier="rules", confidence=1)] * 3,
            ago_ms=60_000,
        )
        self.write(
            *[labelled("disk <num> died", "Critical Error", "kernel", confidence=0.7)] * 2, ago_ms=60_000
        )
        self.write(
            labelled("odd <num>", "Unclassified", "app", tier="none", confidence=0.4, best_guess="Error")
        )

    def id_of(self, search: str) -> str:
        """Return the id of the template that is found."""
        [row] = self.client.get("/v1/templates", params={"search": search}).json()["templates"]
        return str(row["id"])

    def close(self) -> None:
        self.store.close()
        self.classifier.close()
        self.writer.connection.close()


def said_by_person(template: str, label: str, source: str = "*") -> tuple[VerdictKey, VerdictValue]:
    """Return what the verdicts topic holds of a correction."""
    return VerdictKey("earlier", source, template, "person"), VerdictValue(label, 1.0, "person", 2, 1, "ada")


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    made = Api(tmp_path)
    yield made
    made.close()
