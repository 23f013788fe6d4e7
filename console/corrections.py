"""Corrections: what people say of templates, published to the verdicts topic as `logsluice correct` does."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from consumer.errors import ConsumerError
from consumer.kafka.one_shot import publish_all
from consumer.records.outgoing import OutgoingRecord
from consumer.records.verdict import VerdictKey, VerdictValue, person_verdict, taxonomy_of, verdict_record
from consumer.settings import Settings
from pipeline.bundle import Bundle

DEADLINE_S = 6.0
"""Within the ten seconds in which containers are stopped."""


class RefusedCorrectionError(ConsumerError):
    """The broker refuses the record of a correction."""


class Correction(msgspec.Struct, frozen=True):
    """Which events a correction is about: those of a template, from a source or, with ``*``, from all of them."""

    template: str
    source: str


class Corrections:
    """Gives corrections and takes them back. Safe to use from several threads.

    ``labels`` are those that may be given. ``clock`` gives seconds since the epoch.
    """

    def __init__(self, settings: Settings, bundle: Bundle, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._taxonomy = taxonomy_of(bundle)
        self._clock = clock
        self.labels = bundle.labels

    def give(self, corrections: Iterable[Correction], label: str, author: str) -> None:
        """Publish corrections, and return when the broker has acknowledged all of them.

        Raises:
            RefusedCorrectionError: the broker refuses one.
            BrokerError: it does not answer in time; whether they hold is not known then.
        """
        value = person_verdict(label, int(self._clock() * 1000), author)
        self._publish([self._record(each, self._taxonomy, value) for each in corrections])

    def undo(self, corrections: Sequence[Correction], taxonomies: Iterable[str]) -> None:
        """Take corrections back, under whatever labels they were given, and return when the broker has acknowledged it.

        ``taxonomies`` names the label sets under which they are known to have been given, besides the present one.

        Raises:
            RefusedCorrectionError: the broker refuses it.
            BrokerError: it does not answer in time; whether they still hold is not known then.
        """
        names = dict.fromkeys((self._taxonomy, *taxonomies))
        self._publish([self._record(each, name, None) for each in corrections for name in names])

    def _record(self, correction: Correction, taxonomy: str, value: VerdictValue | None) -> OutgoingRecord:
        key = VerdictKey(taxonomy, correction.source, correction.template, "person")
        return verdict_record(self._settings.verdicts_topic, key, value)

    def _publish(self, records: Sequence[OutgoingRecord]) -> None:
        refused = publish_all(self._settings, records, DEADLINE_S)
        if refused:
            raise RefusedCorrectionError(
                f"{self._settings.verdicts_topic} refuses the correction: {refused[0].why}"
            )
