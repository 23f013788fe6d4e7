"""The account of ``make faults``: what is off in it is found out."""

import pytest

from faults.account import Account
from faults.stream import broken

GOOD = Account(events=10, labelled=8, pending=0, dead=2, missing=0, duplicated=0, invented=0, out_of_order=0)


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"labelled": 7, "missing": 1}, "missing"),
        ({"duplicated": 1}, "duplicated"),
        ({"invented": 1}, "invented"),
        ({"out_of_order": 1}, "out_of_order"),
        ({"labelled": 7, "pending": 1}, "pending"),
    ],
)
def test_an_account_that_is_off_is_found_out(found: dict[str, int], word: str) -> None:
    assert broken(GOOD) == []
    off = Account(**{name: getattr(GOOD, name) for name in GOOD.__struct_fields__} | found)
    assert any(word in each for each in broken(off))
