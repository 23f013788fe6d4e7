"""The labels that events had before: as they were published, or as another bundle gives them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from confluent_kafka import Message

from consumer.lanes.fast import FastProcessor
from consumer.lanes.history.labels import UNKNOWN, KnownLabels, Places, Taxonomy
from consumer.records.rows import Rows


class Before(Protocol):
    """Says what labels events had."""

    def of(self, batch: Sequence[Message], messages: Sequence[Message], event_ids: Sequence[bytes]) -> Places:
        """Return the labels of the events of a batch of records: the record and the id of each event, in order."""


class AsPublished:
    """The labels in topics of labelled events."""

    def __init__(self, known: KnownLabels) -> None:
        self._known = known

    def of(self, batch: Sequence[Message], messages: Sequence[Message], event_ids: Sequence[bytes]) -> Places:
        """See `Before`."""
        return self._known.of(messages, event_ids)


class ByBundle:
    """The labels that another bundle gives."""

    def __init__(self, processor: FastProcessor, taxonomy: Taxonomy) -> None:
        self._processor = processor
        self._taxonomy = taxonomy

    def of(self, batch: Sequence[Message], messages: Sequence[Message], event_ids: Sequence[bytes]) -> Places:
        """See `Before`."""
        rows = Rows()
        taken = 0
        while taken < len(batch):
            result = self._processor.decide(batch[taken:])
            rows.extend(Rows.of(result.rows).events().labelled())
            taken += result.taken
        places = [self._taxonomy.place(verdict.label) for verdict in rows.verdicts if verdict is not None]
        ids = ids_of(rows)
        if ids != event_ids:  # an event that only one of the bundles can bear
            by_id = dict(zip(ids, places, strict=True))
            places = [by_id.get(each, UNKNOWN) for each in event_ids]
        return np.array(places, np.int16)


def ids_of(rows: Rows) -> list[bytes]:
    """Return the ids of labelled events: in the last of the headers of each."""
    return [headers[-1][1] or b"" for headers in rows.headers]
