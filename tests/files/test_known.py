"""Rows that the native core writes, against those that Python writes: the same bytes and notes, whatever the lines."""

import io
import itertools
import json
from collections.abc import Callable
from dataclasses import astuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from files import blocks, csv_table, known
from files.known import write_known
from files.line_table import Shape
from files.table import Format
from pipeline.native import KnownTexts, load_core
from pipeline.verdict import Verdict
from tests.support.long_scenarios import examples
from tests.support.native_core import needs_core, quick_cascade
from tests.support.tables import table_of
from training.sample import sample_events

pytestmark = needs_core
LEARNT = 5
HEADER = 'source¦log_message¦"a note"\n'
USUAL = "".join(f"app¦job {number} is done¦\n" for number in range(LEARNT))
SIGNS = '¦,;\t|"\r\n\\ é\0\x0b\u2028'
WORDS = ["app", "quiet", "bob logged in", "status: 503", "7", "12 ms", "a12é", "\ud7ff", "it is 5 long"]
PIECES = st.sampled_from([*SIGNS, *WORDS, '""', "¦¦", '¦"', '"¦', '\\"', "\r\n", "\n\n"])
ROW = st.sampled_from(
    [
        "app¦job 17 is done¦\n",
        'app¦"bob logged in"¦x\r\n',
        'app¦"status¦ ""503"""¦\n',
        'app¦"two\nlines"¦y\n',
        'app¦"never closed¦\n',
        "app¦too¦many¦cells\n",
        "app¦status: 503\n",
        "\n",
    ]
)
CONTENT = st.lists(ROW | st.lists(PIECES, max_size=8).map("".join), max_size=25).map("".join)


def written(data: str, format: Format, native: bool, encoding: str = "utf-8") -> tuple[str, object, int]:
    """Return the output for a file, what was odd, and how many rows the core has written."""
    cascade = quick_cascade()
    output = io.StringIO(newline="")
    taken = 0

    class Counted(KnownTexts):
        """Counts the rows that the core takes."""

        def written(self, text: str, start: int, shape: Shape | None) -> tuple[int, int, str]:
            """Return what the core says."""
            nonlocal taken
            found = super().written(text, start, shape)
            taken += found[0]
            return found

    def opened(results: Callable[[Verdict], str]) -> KnownTexts:
        return Counted(load_core(), cascade, results)

    open_known = opened if native else None
    table = table_of(data.encode(encoding), "in", format, encoding)
    rows = [*write_known(table, output, cascade.label, 7, open_known)]
    assert rows == sorted(rows)
    return output.getvalue(), astuple(table.notes), taken


@examples(1_500)
@given(CONTENT, st.sampled_from(",;\t|"), st.integers(10, 120), st.booleans())
@example('app¦"job ""7""" is done¦\napp¦job 3 is done¦\n', ",", 60, True)
def test_any_csv_is_written_as_python_writes_it(
    content: str, delimiter: str, block: int, ends_in_line: bool
) -> None:
    data = (HEADER + USUAL + content + USUAL * 3).replace("¦", delimiter)
    assert_equal(data if ends_in_line else data[:-1], "csv", block)


@examples(600)
@given(CONTENT, st.integers(10, 120))
def test_any_text_is_written_as_python_writes_it(content: str, block: int) -> None:
    assert_equal((USUAL + content + USUAL * 3).replace("¦", ","), "text", block)


def assert_equal(data: str, format: Format, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (csv_table, known):
            patch.setattr(module, "LEARNT_ROWS", LEARNT)
        patch.setattr(blocks, "START_BYTES", block)
        patch.setattr(blocks, "BLOCK_BYTES", block)
        native, python = written(data, format, True), written(data, format, False)
    assert native[:2] == python[:2]
    assert python[2] == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("format", ["csv", "text"])
def test_a_long_file_is_written_alike_and_mostly_by_the_core(format: Format, encoding: str) -> None:
    events = [json.loads(value) for value in itertools.islice(sample_events(60), 3_000)]
    messages = [each["log_message"].encode(encoding, "replace").decode(encoding) for each in events] * 3
    body = "".join(json.dumps(each, ensure_ascii=False).replace('\\"', '""') + "\n" for each in messages)
    data = f"log_message\n{body}" if format == "csv" else body
    native = written(data, format, True, encoding)
    assert native[:2] == written(data, format, False, encoding)[:2]
    assert native[2] > 4_000


def test_a_delimiter_that_the_core_does_not_take_costs_nothing_but_time() -> None:
    data = "sep=§\n" + (HEADER + USUAL * 1_000).replace("¦", "§")
    native = written(data, "csv", True)
    assert native[:2] == written(data, "csv", False)[:2]
    assert native[2] == 0
