"""`from logsluice import Classifier`: what it exports, what it imports, and what it says of messages."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import logsluice
from logsluice import Classifier, Verdict, __version__, mask
from pipeline.bundle import default_bundle, read_bundle
from pipeline.errors import BundleError, ChecksumError

LOGIN = "Failed password for root from 203.0.113.7 port 4022 ssh2"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier()


def test_exported_names_are_these_and_no_others() -> None:
    assert sorted(logsluice.__all__) == ["Classifier", "Verdict", "__version__", "mask"]
    assert {name for name in vars(logsluice) if name[0].isupper()} <= {
        "Classifier",
        "Verdict",
        "TYPE_CHECKING",
        "Any",
    }
    assert set(logsluice.__all__) <= set(dir(logsluice))
    with pytest.raises(AttributeError, match="no attribute 'Clasifier'"):
        _ = logsluice.Clasifier


def test_fields_of_a_verdict_are_these() -> None:
    fields = ("label", "confidence", "tier", "template", "rule", "best_guess")
    assert Verdict.__struct_fields__ == fields


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_import_alone_loads_nothing_but_itself() -> None:
    loaded = run_python("import sys, logsluice; print(*sys.modules)").split()
    assert "logsluice" in loaded
    assert not {"numpy", "msgspec", "pipeline", "logsluice.classifier"} & set(loaded)


def test_labelling_loads_no_kafka_settings_or_command_line() -> None:
    code = f"""
from logsluice import Classifier
(verdict,) = Classifier().label(["{LOGIN}"])
import sys
print(verdict.label, *sorted({{name.partition(".")[0] for name in sys.modules}}), sep="|")
"""
    label, *loaded = run_python(code).strip().split("|")
    assert label == "Security Alert"
    assert "pipeline" in loaded
    assert not {"confluent_kafka", "pydantic_settings", "click", "consumer"} & set(loaded)


def test_verdicts_come_in_the_order_of_the_messages(classifier: Classifier) -> None:
    assert __version__
    assert classifier.version == read_bundle(default_bundle()).version
    verdicts = classifier.label([LOGIN, "GET /health HTTP/1.1 200 12", LOGIN])
    assert [verdict.label for verdict in verdicts] == ["Security Alert", "HTTP Status", "Security Alert"]
    assert verdicts[0].template == mask(LOGIN)
    assert {verdict.label for verdict in verdicts} <= set(classifier.labels)
    assert classifier.label([]) == []


def test_sources_are_one_for_all_or_one_for_each(classifier: Classifier) -> None:
    message = "Case escalation for ticket 7324 failed: assigned agent is inactive"
    routed, other = classifier.label([message, message], ["LegacyCRM", "sshd"])
    assert routed.tier == "none"
    assert other.tier != "none" or other.best_guess is not None
    assert classifier.label(iter([message]), "LegacyCRM") == [routed]


@pytest.mark.parametrize(
    ("messages", "sources", "error", "sentence"),
    [
        ("one string", "", TypeError, "put it into a list"),
        (["a", None], "", TypeError, r"messages\[1\] is NoneType"),
        ([b"bytes"], "", TypeError, r"messages\[0\] is bytes"),
        (["a"], [None], TypeError, r"sources\[0\] is NoneType"),
        (["a", "b"], ["x"], ValueError, "2 messages and 1 sources"),
    ],
)
def test_wrong_arguments_are_named(
    classifier: Classifier, messages: object, sources: object, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        classifier.label(messages, sources)  # type: ignore[arg-type]


def test_any_text_has_a_verdict(classifier: Classifier) -> None:
    odd = ["", " ", "\x00", "\ud800", "x" * 100_000, "日本語", "\x1b[31mred"]
    assert len(classifier.label(odd)) == len(odd)


def test_threads_share_a_classifier_and_get_the_same_verdicts(classifier: Classifier) -> None:
    messages = [f"disk sd{letter} reports {n} bad sectors" for n in range(50) for letter in "abc"]
    expected = Classifier().label(messages)
    answers: list[list[Verdict]] = []
    threads = [threading.Thread(target=lambda: answers.append(classifier.label(messages))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


def test_a_bundle_that_is_not_there_or_not_pinned_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle"):
        Classifier(tmp_path)
    with pytest.raises(ChecksumError, match="BUNDLE_DIGEST pins"):
        Classifier(digest="0" * 64)
