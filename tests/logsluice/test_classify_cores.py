"""``logsluice classify`` and the library by the native core and by Python alone: the same of everything."""

import csv
import itertools
import json
from pathlib import Path

import pytest

from benchmarks.streams import lines
from logsluice import Classifier
from pipeline import native
from pipeline.native import KnownTexts, known_texts
from tests.conftest import Command
from tests.support.native_core import needs_core
from training.sample import sample_events

pytestmark = [needs_core, pytest.mark.usefixtures("loaded_once")]
ROWS = 12_000


def events() -> list[tuple[str, str]]:
    """Return sources and messages: a few of the sample at any place of a stream whose lines differ in digits."""
    found = [json.loads(value) for value in itertools.islice(lines(), ROWS)]
    found[::50] = [json.loads(value) for value in itertools.islice(sample_events(60), ROWS // 50)]
    return [(each["source"], each["log_message"]) for each in found]


@pytest.mark.parametrize("name", ["in.csv", "in.log", "in.jsonl"])
def test_a_file_is_labelled_alike_by_both(
    name: str, logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        if name == "in.csv":
            csv.writer(file).writerows([("source", "log_message"), *events()])
        elif name == "in.log":
            file.writelines(message.replace("\n", " ") + "\n" for _, message in events())
        else:
            file.writelines(json.dumps({"message": message}) + "\n" for _, message in events())
    taken = []
    written = KnownTexts.written

    def counted(*arguments: object) -> tuple[int, int, str]:
        found = written(*arguments)  # type: ignore[arg-type]
        taken.append(found[0])
        return found

    monkeypatch.setattr(KnownTexts, "written", counted)
    outputs = {}
    for core in ("native", "python"):
        monkeypatch.setenv("LOGSLUICE_CORE", core)
        result = logsluice("classify", name, "-o", core)
        assert (result.exit_code, result.stderr) == (0, f"{ROWS:,} rows labelled\n")
        outputs[core] = Path(core).read_bytes()
        share = sum(taken) / ROWS
    assert outputs["native"] == outputs["python"]
    assert share > 0.6 or name == "in.jsonl"


def test_a_core_that_is_asked_for_and_not_there_is_an_error(
    logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("in.csv").write_text("log_message\nup\n")
    monkeypatch.setattr(native, "INTERFACE", 0)
    monkeypatch.setenv("LOGSLUICE_CORE", "native")
    result = logsluice("classify", "in.csv", "-o", "out.csv")
    assert (result.exit_code, Path("out.csv").exists()) == (3, False)
    assert "LOGSLUICE_CORE is native: logsluice-core is of another version" in result.stderr
    monkeypatch.setenv("LOGSLUICE_CORE", "auto")
    assert logsluice("classify", "in.csv").exit_code == 0


def test_the_library_labels_many_alike_with_the_core_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    sources, messages = zip(*events(), strict=True)
    native_one = Classifier()
    found = [native_one.label(messages, sources) for _ in range(2)]
    assert native_one._known is not None
    monkeypatch.setattr(native, "INTERFACE", 0)
    python_one = Classifier()
    assert known_texts(python_one._cascade) is None
    assert [python_one.label(messages, sources) for _ in range(2)] == found
    assert python_one._known is None
