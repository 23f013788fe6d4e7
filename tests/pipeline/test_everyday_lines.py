"""The most frequent lines of common systems, labelled as an on-call engineer would; and names do not decide."""

import csv
from pathlib import Path

import pytest

from pipeline.event import Event
from tests.support.default_model import new_cascade

LINES = Path(__file__).with_name("everyday_lines.csv")
NAMES = (
    "nginx",
    "python3",
    "postgres",
    "libtiff6",
    "zsh",
    "billing-agent",
    "kworker",
    "telegraf",
    "xqtd",
    "acme-sync",
)


def lines() -> list[tuple[str, str, str]]:
    with LINES.open(encoding="utf-8", newline="") as file:
        return [(row["source"], row["log_message"], row["target_label"]) for row in csv.DictReader(file)]


def labels_of(messages: list[str]) -> list[str]:
    return [
        verdict.label for verdict in new_cascade().label([Event("host", message) for message in messages])
    ]


def test_every_everyday_line_gets_the_label_an_engineer_would_give() -> None:
    rows = lines()
    found = labels_of([message for _, message, _ in rows])
    wrong = [
        f"{source}: {message} is {label}, not {given}"
        for (source, message, label), given in zip(rows, found, strict=True)
        if given != label
    ]
    assert not wrong, "\n".join(wrong)


def test_the_lines_are_a_hundred_or_more_of_forty_systems_or_more() -> None:
    assert len({message for _, message, _ in lines()}) >= 100
    assert len({source for source, _, _ in lines()}) >= 40


@pytest.mark.parametrize(
    "template",
    [
        "status unpacked {}:amd64 1.2.3-1",
        "{}[4711]: segfault at 10 ip 00007f3a5c1b2e40 sp 00007ffd1b2c3d40 error 4 in {}[400000+2b7000]",
        "Started {} worker process",
        "{} terminated unexpectedly, exit status 1",
        "connection to {} refused",
        "reloading configuration of {}",
        "{} is deprecated and will be removed in version 4.0",
        "session opened for user {} by login",
    ],
)
def test_the_name_in_a_line_does_not_decide_its_label(template: str) -> None:
    assert len(set(labels_of([template.replace("{}", name) for name in NAMES]))) == 1


@pytest.mark.parametrize(
    "message",
    [
        "Не удалось войти в систему: неверный пароль пользователя",
        "Anmeldung fehlgeschlagen, das Kennwort ist falsch",
        "La sauvegarde nocturne a échoué faute de place",
    ],
)
def test_a_line_in_another_language_is_left_unclassified(message: str) -> None:
    assert labels_of([message]) == ["Unclassified"]
