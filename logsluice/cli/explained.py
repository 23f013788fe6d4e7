"""An explanation as lines of a terminal: colours there, the same text without them in a pipe."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from files.terminal import printable
from logsluice.cli.labelled_line import colour, cut_to
from logsluice.cli.times import local_time
from logsluice.cli.verdicts import source_in_words
from pipeline.explanation import Classified, Explanation, Heard, Masked, Matched, TierSaid, Word

_LONGEST = 2_000
_INDENT = 11
_BAR = 24
_MOST = 12
_AROUND = 40
_NEAR = 100


def lines_of(found: Explanation) -> Iterator[Text]:
    """Yield the lines that explain the label of an event."""
    for line in _lines(found):
        line.rstrip()
        yield line


def _lines(found: Explanation) -> Iterator[Text]:
    sure = f"{found.confidence:.2f}"
    yield Text.assemble(
        _label(found.label, bold=True),
        f"  {sure}  " if found.best_guess is None else "  ",
        "no tier is sure" if found.tier == "none" else f"by {found.tier}",
        f", rule {found.rule}" if found.rule else "",
        *(("; best guess ", _label(found.best_guess), f" {sure}") if found.best_guess else ()),
        (f"   {found.bundle}", "dim"),
    )
    yield Text()
    yield _line("template", _template(found))
    if found.masked:
        yield _line("masked", _masked(found.masked))
    if found.classified.reads != found.template:
        yield _line("read as", Text(printable(" ".join(found.classified.reads.split()), _LONGEST)))
    if found.source or found.severity:
        yield _line(
            "from", Text(", ".join(printable(each) for each in (found.source, found.severity) if each))
        )
    yield _line("route", Text(", ".join(found.route)))
    for said in found.tiers:
        yield Text()
        yield _line(said.tier, _said(said), "bold")
        if said.tier == "rules":
            yield from _rules(found)
        elif said.tier == "memory":
            yield from (_line("", _heard(each)) for each in (found.heard or ())[:_MOST])
        elif said.tier == "embedding":
            yield from _classified(found.classified)


def _line(name: str, text: Text, style: str = "") -> Text:
    return Text.assemble((name.ljust(_INDENT), style or "dim"), text)


def _label(label: str, bold: bool = False) -> Text:
    return Text(printable(label), f"{'bold ' if bold else ''}color({colour(label)})")


def _template(found: Explanation) -> Text:
    text = Text(printable(found.template, _LONGEST), "bold")
    text.highlight_regex(r"<[a-z_]+>", "cyan")
    return text


def _masked(parts: Iterable[Masked]) -> Text:
    shown = [f"{each.masked} {printable(each.text, 60)}" for each in parts]
    more = f", and {len(shown) - _MOST} more" if len(shown) > _MOST else ""
    return Text(", ".join(shown[:_MOST]) + more)


def _said(said: TierSaid) -> Text:
    words = {"decided": "decided ", "would say": "not asked, would say ", "unsure": "not sure of "}
    parts: list[str | Text | tuple[str, str]] = []
    if said.label is not None and said.confidence is not None:
        mark = "green" if said.outcome == "decided" else "dim"
        parts = [(words[said.outcome], mark), _label(said.label), f" {said.confidence:.2f}: "]
    return Text.assemble(*parts, printable(said.sentence))


def _rules(found: Explanation) -> Iterator[Text]:
    for each in found.rules[:_MOST]:
        for_whom = ", ".join(printable(one) for one in (each.source, each.severity) if one)
        yield _line(
            "",
            Text.assemble(
                f"{each.place:>3} {printable(each.name)} ",
                _label(each.label),
                (f", for {for_whom} only" if for_whom else "", "" if each.applies else "yellow"),
            ),
        )
        yield _line("", Text.assemble("    ", _span(each, found.message)))
    if len(found.rules) > _MOST:
        yield _line("", Text(f"and {len(found.rules) - _MOST} more rules"))


def _span(rule: Matched, message: str) -> Text:
    """Return what a rule matches, and a little of what stands around it."""
    text = message if rule.example is None else rule.example
    before, after = text[max(0, rule.start - _AROUND) : rule.start], text[rule.end : rule.end + _AROUND]
    return Text.assemble(
        ("…" if rule.start > _AROUND else "") + printable(before),
        (printable(text[rule.start : rule.end]), "bold underline"),
        printable(after) + ("…" if rule.end + _AROUND < len(text) else ""),
    )


def _heard(said: Heard) -> Text:
    who = "a person" if said.by == "person" else "the LLM"
    author = f" ({printable(said.author)})" if said.author else ""
    when = local_time(said.at_ms, "%Y-%m-%d %H:%M")
    return Text.assemble(
        _label(said.label),
        f" {said.confidence:.2f}, {who}{author}, {when}, for {source_in_words(said.source)}",
    )


def _classified(found: Classified) -> Iterator[Text]:
    wide = max(len(each.label) for each in found.probabilities)
    for each in found.probabilities:
        bar = "█" * round(_BAR * each.probability)
        over = each.probability >= found.threshold
        yield _line(
            "",
            Text.assemble(
                _label(each.label),
                " " * (wide - len(each.label)),
                (f" {each.probability:.4f} ", "" if over else "dim"),
                (bar, f"color({colour(each.label)})"),
            ),
        )
    words = found.words
    if words is not None:
        for name, chosen in (
            ("for", [each for each in words.words if each.pull > 0]),
            ("against", [each for each in words.words[::-1] if each.pull <= 0]),
        ):
            if chosen:
                yield _line(name.rjust(_INDENT - 1), _pulls(chosen))
        yield _line(
            "",
            Text.assemble(
                "by its words alone ",
                _label(words.by_words.label),
                f" {words.by_words.probability:.2f}, by its meaning alone ",
                _label(words.by_embedding.label),
                f" {words.by_embedding.probability:.2f}, by templates that share its words ",
                _label(words.by_neighbours.label),
                f" {words.by_neighbours.probability:.2f}",
            ),
        )
    for place, near in enumerate(found.near):
        text = Text.assemble(
            f"{near.alike:.2f} ", _label(near.label), f" {cut_to(printable(near.template), _NEAR)}"
        )
        yield _line("" if place else "near".rjust(_INDENT - 1), text)


def _pulls(words: Iterable[Word]) -> Text:
    return Text("  ".join(f"{printable(each.text)} {each.pull:+.2f}" for each in words))
