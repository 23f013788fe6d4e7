"""What `logsluice relabel` prints, at any width of a terminal."""

import io

import pytest
from rich.console import Console

from consumer.lanes.history.changes import NOT_KEPT, Cell, Change
from consumer.lanes.history.report import Deleted, NotLabelled, Report
from logsluice.cli.relabelled import show
from tests.support.default_model import bundle

LABELS = bundle().labels
CELLS = [
    Cell(was, now, 1_000_000 * (number + 1) + place)
    for number, was in enumerate([*LABELS, NOT_KEPT])
    for place, now in enumerate(LABELS)
]
REPORT = Report(
    bundle="default@2cff517",
    before="published in logs.labelled",
    topics=("logs.raw",),
    target="logs.relabelled",
    from_ms=0,
    to_ms=86_400_000,
    stopped=False,
    verdicts=0,
    events=sum(cell.events for cell in CELLS),
    published=5,
    published_before=3,
    refused=1,
    undecodable=12,
    not_kept=7,
    changed=9,
    cells=CELLS,
    templates=[
        Change("\x1b[31m[red]user[/red] " + "long " * 100, "an app", "System Notification", "Error", 412)
    ],
    not_labelled=[NotLabelled(f"logs.raw-0-{number}", "not_json") for number in range(13)],
    deleted=[Deleted("logs.raw", 2, 200)],
)


def printed(report: Report, width: int, templates: int = 20) -> str:
    output = io.StringIO()
    show(report, templates, Console(file=output, width=width, highlight=False))
    return output.getvalue()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_number_is_cut_and_no_line_is_too_long(width: int) -> None:
    text = printed(REPORT, width)
    assert max(map(len, text.splitlines())) <= width
    for number, was in enumerate([*LABELS, NOT_KEPT]):
        (row,) = [line for line in text.splitlines() if line.strip().startswith(f"{was}  ") and "," in line]
        cells = [int(each.replace(",", "")) for each in row.replace(was, "").split() if each != "·"]
        total, *others = cells
        assert total == sum(cell.events for cell in CELLS if cell.before == was)
        assert sum(others) == total
        assert number + 1 == total // 1_000_000 // len(LABELS)


def test_what_is_from_a_record_cannot_command_the_terminal() -> None:
    text = printed(REPORT, 200)
    assert "\x1b" not in text
    assert "?[31m[red]user[/red]" in text
    assert "412" in text
    assert "templates that changed most" not in printed(REPORT, 200, templates=0)


def test_what_is_missing_is_named() -> None:
    text = " ".join(printed(REPORT, 200).split())
    assert "12 cannot be decoded, 1 are refused by the broker: logs.raw-0-0 not_json," in text
    assert "and 3 more" in text
    assert "logs.raw-2 has no records before offset 200 any more" in text
    assert "5 of them in this run, 3 before it" in text
    assert "7 have no label before" in text
