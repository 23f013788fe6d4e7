from random import Random

import pytest

from training.variations import varied


def drawn(text: str) -> set[str]:
    return {varied(text, Random(seed)) for seed in range(200)}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("nginx num : segfault at num ip hex", "num : segfault at num ip hex"),
        ("status unpacked libtiff6:amd64 num", "num"),
        ("Started redis", "Started"),
    ],
)
def test_names_are_drawn_at_random_and_the_rest_stays(text: str, kept: str) -> None:
    found = drawn(text)
    assert len(found) > 20
    assert all(kept in each for each in found)


def test_text_without_names_gets_at_most_fields_behind_it() -> None:
    text = "disk quota exceeded"
    found = drawn(text)
    assert text in found
    assert all(each == text or each.startswith(f"{text} ; level ") for each in found)


def test_the_same_random_numbers_give_the_same_text() -> None:
    assert varied("nginx is up", Random(3)) == varied("nginx is up", Random(3))
