"""What is written without the library is what the library writes."""

import csv
import io
from typing import Literal

from hypothesis import example, given
from hypothesis import strategies as st

from files.csv_writer import csv_writer
from files.table import Results
from tests.support.long_scenarios import examples

cells = st.lists(
    st.text(st.sampled_from("ab \",;\t|\r\n\\\0'é\u2028"), max_size=6) | st.text(max_size=6), max_size=4
)
values = st.sampled_from([None, "", "Error", "a,b", 'c "d"', "HTTP; status"]) | st.floats()


@examples(1_500)
@given(st.lists(st.tuples(cells, st.tuples(values, values, values)), max_size=4), st.sampled_from(",;\t| .a"))
@example([([""], ("", None, None)), (["a,b"], (0.5, None, None))], ",")
@example([([" a", "b\r"], ("x", 1e-7, None))], ";")
def test_rows_are_those_of_the_library(rows: list[tuple[list[str], Results]], delimiter: str) -> None:
    output, expected = io.StringIO(newline=""), io.StringIO(newline="")
    write = csv_writer(output, delimiter)
    for row, results in rows:
        write(row, results)
        quoting: Literal[0, 1] = csv.QUOTE_ALL if any("\r" in cell for cell in row) else csv.QUOTE_MINIMAL
        writer = csv.writer(expected, delimiter=delimiter, lineterminator="\n", quoting=quoting)
        writer.writerow([*row, *results])
    assert output.getvalue() == expected.getvalue()
