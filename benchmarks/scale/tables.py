"""What is printed: tables in Markdown, as docs/scaling.md has them."""

import math
import os
from collections.abc import Mapping, Sequence

import msgspec

from benchmarks.scale.assumptions import Assumptions
from benchmarks.scale.first_day import budget, capacity
from benchmarks.scale.processes import Together
from benchmarks.scale.restart import Read, per_verdict_s
from benchmarks.scale.sizes import Sizes
from benchmarks.scale.sizing import Bytes, Load, processes_for, size
from benchmarks.scale.traffic import draw, zipf

MANY = (100_000, 10_000_000)


class Table(msgspec.Struct, frozen=True):
    """A title, the names of the columns, the rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        rule = ["---", *["--:"] * (len(self.columns) - 1)]
        lines = [f"| {' | '.join(row)} |" for row in (self.columns, rule, *self.rows)]
        return "\n".join([f"{self.title}:", "", *lines, ""])


def assumptions(values: Mapping[str, float]) -> Table:
    """Return what the other tables rest on."""
    rows = [(what, f"{value:,.10g}") for what, value in values.items()]
    return Table("Assumed; each is an option", ("what", "value"), rows)


def bytes_of(found: Sizes) -> Table:
    """Return what was measured of one template, verdict and event."""
    taken = found.taken
    return Table(
        f"Measured over {found.templates:,} templates of {found.characters:.0f} characters",
        ("what", "measured"),
        (
            ("a template in the caches of the fast lane", f"{taken.cached:,.0f} bytes"),
            ("a verdict in memory", f"{taken.remembered:,.0f} bytes"),
            ("the record of a verdict, before compression", f"{taken.record:,.0f} bytes"),
            ("an event as it comes, and labelled", f"{taken.event:,.0f} and {taken.labelled:,.0f} bytes"),
            ("all of them masked, decided and remembered, without the encoder", f"{found.cpu_s:,.0f} s of a core"),
            ("a full call to the LLM, as reckoned before it is made", f"{found.tokens_per_call:,.0f} tokens"),
            ("a batch of known templates after a new verdict", f"{found.after_verdict:.1f} times one without"),
        ),
    )  # fmt: skip


def memory(taken: Bytes, assumed: Assumptions) -> Table:
    """Return what many templates take, and how long a start with them."""

    def row(what: str, each: float, unit: str = " GB") -> tuple[str, ...]:
        return (what, *(f"{many * each / 1e9:.2f}{unit}" for many in MANY))

    return Table(
        "So many templates in one process",
        ("", *(f"{many:,}" for many in MANY)),
        (
            row("in its caches", taken.cached),
            row("as many verdicts in its memory", taken.remembered),
            row("as many verdicts in their topic, before compression", taken.record),
            ("ready after a start, with as many verdicts to read", *(
                duration(assumed.ready_s + many * assumed.verdict_us / 1e6) for many in MANY
            )),
            (
                "encode them, after a start or for a new bundle",
                *(duration(many * (1 - assumed.by_rules) / assumed.encoder) for many in MANY),
            ),
        ),
    )  # fmt: skip


def sizing(loads: Sequence[Load], assumed: Assumptions, taken: Bytes) -> Table:
    """Return how many processes and partitions each load takes."""
    rows = []
    for load in loads:
        number = processes_for(load, assumed)
        moved = [f"{load.events_per_s * each / 1e6:,.0f}" for each in (taken.event, taken.labelled)]
        rows.append((f"{load.events_per_s:,.0f}", f"{number:,}", f"{max(4, 2 * number):,}", *moved))
    return Table(
        f"Sizing, at {assumed.load:.0%} of {assumed.rate:,.0f} events/s a process",
        ("events/s", "processes, a core each", "partitions", "MB/s in", "MB/s out, before compression"),
        rows,
    )


def templates(loads: Sequence[Load], assumed: Assumptions, taken: Bytes) -> Table:
    """Return how a process of each load fares: templates spread over all processes, or each source at one."""
    rows = []
    for load in loads:
        ways = ((False, assumed.max_templates), (False, None), (True, None))
        for found in dict.fromkeys(size(load, assumed, taken, by_source, room) for by_source, room in ways):
            rows.append(
                (
                    f"{load.events_per_s:,.0f}, {load.systems:,}, {load.templates:,}",
                    f"{found.met:,.0f}",
                    f"{found.max_templates:,}",
                    f"{found.memory_gb:.1f}",
                    f"{found.hit_rate:.2f}",
                    f"{found.carries:,.0f}",
                    duration(found.starts.late_s),
                    duration(found.starts.caught_up_s),
                )
            )
    return Table(
        "One process of these",
        ("events/s, systems, templates", "templates it meets", "`MAX_TEMPLATES`", "GB", "found in its caches",
         "events/s it carries", "late after a start, at most", "caught up after"),
        rows,
    )  # fmt: skip


def first_day(loads: Sequence[Load], assumed: Assumptions, tokens_per_call: float) -> Table:
    """Return what an LLM is asked."""
    rows = []
    for load in loads:
        traffic = zipf(load.systems, load.templates, assumed.exponent)
        found = budget(traffic, load.events_per_s, assumed, tokens_per_call)
        calls = found.first_day / assumed.templates_per_call
        a_minute = (found.at_once_calls, found.in_a_day_calls)
        rows.append(
            (
                f"{load.events_per_s:,.0f}, {load.templates:,}",
                f"{found.first_day:,.0f}",
                f"{calls:,.0f}",
                f"{calls * tokens_per_call / 1e6:,.1f}",
                *(f"{math.ceil(each):,} calls, {each * tokens_per_call / 1e3:,.1f}" for each in a_minute),
                duration(found.default_hours * 3_600),
            )
        )
    return Table(
        f"The LLM on the first day, asked of {assumed.unsure:.0%} of the templates",
        ("events/s, templates", "asked", "calls", "million tokens", "a minute, thousand tokens: nothing waits too long",
         "a minute, thousand tokens: through in a day", "the default budget is through after"),
        rows,
    )  # fmt: skip


def check(assumed: Assumptions) -> Table:
    """Return the formulas next to a million events that are drawn and looked up in the service's own cache."""
    traffic = zipf(20, 100_000, assumed.exponent)
    drawn = draw(traffic, 1_000_000, 20_000)
    return Table(
        "Check: a million events of 20 systems and 100,000 templates, and a cache of 20,000",
        ("", "drawn", "by formula"),
        (
            ("templates that came", f"{drawn.distinct:,}", f"{traffic.distinct(1_000_000):,.0f}"),
            ("found in the cache", f"{drawn.hit_rate:.3f}", f"{traffic.hit_rate(20_000):.3f}"),
        ),
    )


def skew(assumed: Assumptions) -> Table:
    """Return what caches are worth where there are more templates than they hold, by how uneven these are."""
    rows = []
    for exponent in (0.8, 1.0, 1.2, 1.5):
        traffic = zipf(100, 1_000_000, exponent)
        carries = capacity(traffic, assumed, assumed.max_templates)
        rows.append((f"{exponent}", f"{traffic.hit_rate(assumed.max_templates):.3f}", f"{carries:,.0f}"))
    return Table(
        f"A million templates of 100 systems, and MAX_TEMPLATES={assumed.max_templates}",
        ("exponent", "found in the caches", "events/s a process carries"),
        rows,
    )


def restart(reads: Sequence[Read]) -> Table:
    """Return what was measured of the verdicts topic, and what ten million take at that."""
    rows = []
    for read in reads:
        in_topic = f"{read.verdicts * read.topic_bytes / 1e6:,.1f}"
        rows.append((f"{read.verdicts:,}", in_topic, f"{read.wall_s:.1f}", f"{read.cpu_s:.2f}"))
    few, many = reads
    each_s, most = per_verdict_s(few, many), MANY[-1]
    rows.append((
        f"{most:,}, by formula", f"{most * many.topic_bytes / 1e6:,.0f}", "",
        f"{few.cpu_s + (most - few.verdicts) * each_s:,.0f}, at {each_s * 1e6:.1f} µs a verdict",
    ))  # fmt: skip
    return Table(
        "Verdicts that a process reads before it is ready",
        ("verdicts", "MB in the topic", "seconds", "processor seconds"),
        rows,
    )


def processes(measured: Sequence[Together]) -> Table:
    """Return what several processes did."""
    one = measured[0]
    rows = [
        (
            f"{each.processes}",
            f"{each.rate:,.0f}",
            f"{each.rate / one.rate:.2f}",
            f"{each.cpu_us:.1f} µs",
            f"{each.cpu_us / one.cpu_us:.2f}",
        )
        for each in measured
    ]
    return Table(
        f"Processes of one group, which share {os.cpu_count()} cores with the broker",
        ("processes", "events/s of all", "as a multiple", "processor time of an event", "as a multiple"),
        rows,
    )


def duration(seconds: float) -> str:
    """Return a length of time in words."""
    if math.isinf(seconds):
        return "never"
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
