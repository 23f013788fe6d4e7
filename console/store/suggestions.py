"""Rules that suggest themselves: words that stand together in templates of one label, and in no template of another."""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

LOOKED_AT = 2_000
"""Templates that are looked at: the most frequent of those whose label is sure."""
SURE = 0.9
LEAST_TEMPLATES, LEAST_WORDS, MOST_WORDS, LEAST_CHARS = 3, 2, 5, 10
CHECKED, EXAMPLES = 200, 3
_MASK = re.compile(r"\S*<[a-z_]+>\S*")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that would decide what costs more now. ``pattern`` is RE2, ``match`` has templates that it matches.

    ``templates`` and ``events`` are those of the templates that were looked at. No template of the store with these
    words has another label.
    """

    label: str
    pattern: str
    words: str
    templates: int
    events: int
    match: tuple[str, ...]


def suggestions(connection: sqlite3.Connection, limit: int) -> list[Suggestion]:
    """Return the rules that would decide most events, those first; of words that lie within each other the longest."""
    found = connection.execute(
        "SELECT template, label.name, events FROM templates t JOIN texts USING (number) "
        "JOIN names label ON label.id = t.label JOIN names tier ON tier.id = t.tier "
        "WHERE tier.name NOT IN ('rules', 'none') AND (confidence >= ? OR person) AND model IN (0, t.label) "
        "ORDER BY events DESC, number LIMIT ?",
        [SURE, LOOKED_AT],
    ).fetchall()
    with_words: defaultdict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for text, label, events in found:
        for words in set(_runs(text)):
            with_words[words].append((text, label, events))
    candidates = [
        (sum(events for _, _, events in those), len(words), words)
        for words, those in with_words.items()
        if len(those) >= LEAST_TEMPLATES and len({label for _, label, _ in those}) == 1
    ]
    chosen: list[Suggestion] = []
    covered: set[str] = set()
    for events, _, words in sorted(candidates, reverse=True)[:CHECKED]:
        those = with_words[words]
        texts = [text for text, _, _ in those]
        if covered.issuperset(texts) or _has_counter_example(connection, words, those[0][1]):
            continue
        covered.update(texts)
        pattern = r"\b" + re.escape(words).replace(r"\ ", " ") + r"\b"
        chosen.append(Suggestion(those[0][1], pattern, words, len(those), events, tuple(texts[:EXAMPLES])))
        if len(chosen) == limit:
            break
    return chosen


def _runs(template: str) -> Iterator[str]:
    """Yield the runs of words between masks, single spaces between them: a mask would be another text in a message."""
    for piece in _MASK.split(template):
        words = piece.split(" ")
        for start in range(len(words)):
            for end in range(start + LEAST_WORDS, min(start + MOST_WORDS, len(words)) + 1):
                run = " ".join(words[start:end])
                if (
                    len(run) >= LEAST_CHARS
                    and run.replace(" ", "").isalpha()
                    and run.isascii()
                    and run == run.strip()
                ):
                    yield run


def _has_counter_example(connection: sqlite3.Connection, words: str, label: str) -> bool:
    # The search does not mind case and the rule does: so some are refused that need not be.
    found = connection.execute(
        "SELECT 1 FROM search CROSS JOIN templates t ON t.number = search.rowid "
        "WHERE search MATCH ? AND t.label != (SELECT id FROM names WHERE name = ?) LIMIT 1",
        [f'"{words}"', label],
    )
    return found.fetchone() is not None
