"""Where labelled events go: all to one topic, or those of some labels to another one, a share of them, or nowhere."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal
from zlib import crc32

import msgspec

MAX_ONE_IN = 1_000_000
_SAMPLE = re.compile(r"sample:([0-9]{1,7})")

Withheld = Literal["drop", "sample"]


class OutputRoute(msgspec.Struct, frozen=True):
    """Where the events of a label go: to ``topic``, or without one to nobody; one in ``one_in`` of them."""

    label: str
    topic: str | None = ""
    one_in: int = 1

    @property
    def publishes_all(self) -> bool:
        """Whether every event of this label is published."""
        return self.topic is not None and self.one_in == 1

    @property
    def withheld(self) -> Withheld:
        """Why an event of this label is not published, where it is not."""
        return "drop" if self.topic is None else "sample"


def parse_routes(parts: Iterable[str]) -> tuple[OutputRoute, ...]:
    """Return the routes that a setting names: ``label=topic``, ``label=drop`` or ``label=sample:100``.

    The topic of those that are sampled is empty: it is that of all other labels.

    Raises:
        ValueError: a part is none of these, or names a label twice.
    """
    routes: dict[str, OutputRoute] = {}
    for part in parts:
        label, equals, target = (piece.strip() for piece in part.rpartition("="))
        if not (label and equals and target):
            raise ValueError(f"{part!r} is not label=topic, label=drop or label=sample:100")
        if label in routes:
            raise ValueError(f"the label {label!r} is named twice")
        routes[label] = _route(label, target)
    return tuple(routes.values())


def _route(label: str, target: str) -> OutputRoute:
    if target == "drop":
        return OutputRoute(label, None)
    if not target.startswith("sample:"):
        return OutputRoute(label, target)
    sampled = _SAMPLE.fullmatch(target)
    if sampled is None or not 1 <= int(sampled[1]) <= MAX_ONE_IN:
        raise ValueError(f"{target!r} is not sample:N, one event in N, 1 to {MAX_ONE_IN}")
    return OutputRoute(label, "", int(sampled[1]))


def check_labels(routes: Iterable[OutputRoute], labels: Sequence[str], bundle: str) -> None:
    """Return if every route is of a label that a bundle has.

    Raises:
        ValueError: naming one that is not, and the nearest that is.
    """
    for route in routes:
        if route.label not in labels:
            near = difflib.get_close_matches(route.label, labels, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(labels)}"
            raise ValueError(f"the bundle {bundle} has no label {route.label!r}: {hint}")


def topics_of_routes(routes: Sequence[OutputRoute]) -> tuple[str, ...]:
    """Return the topics that routes name, each once."""
    return tuple(dict.fromkeys(route.topic for route in routes if route.topic))


def destination(routes: Mapping[str, OutputRoute], label: str, event_id: str, topic: str) -> str | None:
    """Return the topic of a labelled event, ``topic`` where no route says otherwise; None if it is not published.

    Which events of a label are sampled depends on the event's id alone, so that a redelivery decides alike.
    """
    route = routes.get(label)
    if route is None:
        return topic
    if route.topic is None or (route.one_in > 1 and crc32(event_id.encode()) % route.one_in):
        return None
    return route.topic or topic
