"""How often a label became which, and for which templates."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from consumer.lanes.history.labels import UNKNOWN, Places, Taxonomy
from pipeline.verdict import Verdict

NOT_KEPT = "(not kept)"
"""What stands for the label before where that is not known."""


class Cell(msgspec.Struct, frozen=True):
    """So many events had the label ``before`` and have ``after`` now."""

    before: str
    after: str
    events: int


class Change(msgspec.Struct, frozen=True):
    """So many events of a template had another label before; ``source`` is that of one of them."""

    template: str
    source: str
    before: str
    after: str
    events: int


class Changes:
    """Counts events by their labels before and after. Templates beyond ``most_templates`` are counted together."""

    def __init__(self, taxonomy: Taxonomy, most_templates: int) -> None:
        self._taxonomy = taxonomy
        self._most = most_templates
        self._cells = Counter[tuple[int, int]]()
        self._templates = Counter[tuple[int, int, str]]()
        self._sources: dict[tuple[int, int, str], str] = {}

    def count(
        self, before: Places, verdicts: Sequence[Verdict], sources: Sequence[str], after: Places | None = None
    ) -> None:
        """Count events. ``after`` has the labels that stand already in place of those of the verdicts, if any."""
        stands = after.tolist() if after is not None else [UNKNOWN] * len(verdicts)
        by_id = dict(zip(map(id, verdicts), zip(verdicts, sources, strict=True), strict=True))
        counts = Counter(zip(before.tolist(), stands, map(id, verdicts), strict=True))
        for (was, standing, address), count in counts.items():
            verdict, source = by_id[address]
            now = self._taxonomy.place(verdict.label) if standing == UNKNOWN else standing
            self._cells[was, now] += count
            if was not in (now, UNKNOWN):
                key = (was, now, verdict.template)
                if key not in self._templates and len(self._templates) >= self._most:
                    key = (was, now, "")
                self._templates[key] += count
                self._sources.setdefault(key, source)

    def cells(self) -> list[Cell]:
        """Return every pair of labels that came, the most frequent first."""
        return [
            Cell(self._label(was), self._label(now), count)
            for (was, now), count in sorted(self._cells.items(), key=lambda each: (-each[1], each[0]))
        ]

    def templates(self, most: int) -> list[Change]:
        """Return the templates with the most events that changed, the most frequent first."""
        ordered = sorted(self._templates.items(), key=lambda each: (-each[1], each[0][2]))[:most]
        return [
            Change(key[2], self._sources[key], self._label(key[0]), self._label(key[1]), count)
            for key, count in ordered
        ]

    def _label(self, place: int) -> str:
        return NOT_KEPT if place == UNKNOWN else self._taxonomy.labels[place]
