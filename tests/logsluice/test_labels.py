"""Labels as people type them."""

import contextlib

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.records.verdict import VerdictKey, VerdictValue
from logsluice.cli.correct import affected_sources
from logsluice.cli.labels import known_label
from pipeline.memory import ANY_SOURCE

LABELS = ("Security Alert", "HTTP Status", "Error", "Unclassified")


@pytest.mark.parametrize(
    "text", ["security alert", "SECURITY ALERT", "Security-Alert", "security_alert", " Securityalert"]
)
def test_a_label_is_known_whatever_its_case_and_spaces(text: str) -> None:
    assert known_label(text, LABELS, "default@1") == "Security Alert"


def test_an_unknown_label_is_an_error_that_names_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(click.BadParameter) as error:
        known_label("Securty Alert", LABELS, "default@1")
    assert error.value.message.startswith(
        "'Securty Alert' is not a label of default@1. Did you mean 'Security Alert'?"
    )
    assert error.value.message.endswith(f"There are: {', '.join(LABELS)}.")


@given(st.text())
def test_any_text_is_a_label_or_an_error(text: str) -> None:
    with contextlib.suppress(click.BadParameter):
        assert known_label(text, LABELS, "default@1") in LABELS


def test_a_correction_for_every_source_shows_the_sources_with_verdicts_of_their_own() -> None:
    value = VerdictValue("Error", 0.9, "model", 1, 0)
    known = {
        VerdictKey("t", "sshd", "disk <num>", "model"): value,
        VerdictKey("t", "app", "disk <num>", "person"): value,
        VerdictKey("t", "other", "another template", "model"): value,
        VerdictKey("t", ANY_SOURCE, "disk <num>", "person"): value,
    }
    every = VerdictKey("t", ANY_SOURCE, "disk <num>", "person")
    assert affected_sources(known, every) == [ANY_SOURCE, "app", "sshd"]
    assert affected_sources(known, VerdictKey("t", "app", "disk <num>", "person")) == ["app"]
