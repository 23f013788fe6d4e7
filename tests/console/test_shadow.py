"""The queue of what a shadow bundle would change: of the store's templates, on the page Review."""

import html
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from starlette.testclient import TestClient

from console.app import make_app
from console.classifier import Classifier
from console.corrections import Correction
from console.parts import Parts
from console.settings import AllSettings, ConsoleSettings
from console.shadow import ShadowLabels
from console.store.store import Store
from pipeline.bundle import read_bundle
from tests.console.store.events import labelled
from tests.support.changed_bundle import LINE, with_rule
from tests.support.classified import cascade
from tests.support.console_server import Filled
from tests.support.kafka_server import wait_until


@pytest.fixture
def directory(tmp_path: Path, small: Path) -> Path:
    """A bundle whose one rule calls `LINE` a Security Alert."""
    copy = tmp_path / "next"
    copytree(small, copy)
    with_rule(copy, "Security Alert")
    return copy


def test_the_differences_are_a_queue_and_a_correction_takes_one_out(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.shadow.AGAIN_S", 1.0)
    path = tmp_path / "store.db"
    live = read_bundle(directory)
    with (
        closing(Filled(path, cascade())) as filled,
        closing(Store(path)) as store,
        closing(Classifier(cascade())) as classifier,
    ):
        filled.write([labelled(LINE, "Error")] * 5)
        filled.write([labelled("by the same rule", "Security Alert", tier="rules", rule="frobnicator")] * 9)
        filled.write([labelled(f"once more {LINE}", "Error")] * 2)
        filled.write([labelled(f"alike {LINE}", "Security Alert")] * 20)
        with closing(ShadowLabels(directory, store, live)) as shadow:
            wait_until(lambda: len(shadow.opinions) == 4, "all templates are labelled", 60)
            settings = AllSettings.model_construct(console=ConsoleSettings())
            app = make_app(Parts(settings, classifier, lambda: 1.0, store=store, shadow=shadow))
            with TestClient(app, "http://127.0.0.1:8080") as client:

                def queue() -> list[str]:
                    page = html.unescape(client.get("/review?of=shadow").text)
                    return [
                        each
                        for each in (LINE, f"once more {LINE}", "by the same rule")
                        if f">{each}<" in page
                    ]

                page = client.get("/review?of=shadow").text
                assert queue() == [LINE, f"once more {LINE}"]
                assert page.index(f">{LINE}<") < page.index(f">once more {LINE}<")
                assert page.count('data-suggestion="Security Alert"') == 2
                assert "shadow: Security Alert" in page
                assert f"what {shadow.version} would change" in page
                assert "shadow:" not in client.get("/review").text
                filled.give([Correction(LINE, "*")], "Error", "me")
                assert queue() == [f"once more {LINE}"]

            with_rule(directory, "Error")
            version = read_bundle(directory).version
            wait_until(lambda: shadow.version == version and len(shadow.opinions) == 3, "it is swapped", 60)
            # The rule is not that of the live bundle any more, and does not match the template that this decided.
            assert {said.label for said in shadow.opinions.values()} == {"Error", "Unclassified"}


def test_a_shadow_that_cannot_be_read_leaves_the_console_as_it_is(tmp_path: Path, directory: Path) -> None:
    path = tmp_path / "store.db"
    with (
        closing(Filled(path, cascade())),
        closing(Store(path)) as store,
        closing(Classifier(cascade())) as classifier,
        closing(ShadowLabels(tmp_path / "nothing", store, read_bundle(directory))) as shadow,
    ):
        settings = AllSettings.model_construct(console=ConsoleSettings())
        app = make_app(Parts(settings, classifier, lambda: 1.0, store=store, shadow=shadow))
        with TestClient(app, "http://127.0.0.1:8080") as client:
            answer = client.get("/review?of=shadow")
            assert answer.status_code == 200
            assert "would change" not in answer.text
        assert shadow.version is None
