"""Pending records taken apart, and what becomes of each once it is known what the LLM says."""

from collections.abc import Mapping, Sequence

import msgspec
from confluent_kafka import Message

from consumer.lanes.isolation import SOUND_EVENT, apply_or_dead_letter
from consumer.llm.decisions import Decision, Undecided
from consumer.llm.prompt import Question
from consumer.records.dead_letter import dead_row
from consumer.records.formats.found import Bad, Opened, Origin
from consumer.records.formats.readers import Readers
from consumer.records.incoming import Headers, headers_of, topic_of
from consumer.records.outgoing import Row
from consumer.records.pending import Canary, Pending, read_canary, read_pending
from consumer.records.reasons import Reason, UndecodableError
from pipeline.event import Event
from pipeline.memory import Remembered
from pipeline.recogniser import Recogniser
from pipeline.rules import RuleSet
from pipeline.verdict import UNCLASSIFIED, Verdict

MAX_ATTEMPTS = 5
"""A template that spoils so many answers is asked about no more."""


class Item(msgspec.Struct, frozen=True, gc=False):
    """A pending record, taken apart."""

    message: Message
    event: Event
    value: bytes
    opened: Opened
    headers: Headers
    pending: Pending

    def dead(self, topic: str, reason: Reason, error: str = "") -> Row:
        """Return the event's outcome where it is dead."""
        return dead_row(topic, self.message, reason, error)


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """A pending event and the question about it."""

    item: Item
    question: Question

    @property
    def message(self) -> Message:
        """The pending record."""
        return self.item.message

    def dead(self, topic: str, reason: Reason, error: str = "") -> Row:
        """Return the event's outcome where it is dead."""
        return self.item.dead(topic, reason, error)


class PendingReader:
    """Reads the records of the pending topic. Not thread-safe."""

    def __init__(self, readers: Readers, dead_letter_topic: str) -> None:
        self._readers = readers
        self._dead_letter_topic = dead_letter_topic
        self._recogniser = Recogniser(RuleSet((), ()))

    def read(self, batch: Sequence[Message]) -> tuple[list[Waiting | Row], list[Canary]]:
        """Return for each record that holds an event its question or its dead letter, in order; and the canaries."""
        canaries = [(message, read_canary(message)) for message in batch]
        items = [self._item_or_dead(message) for message, canary in canaries if canary is None]
        questions = apply_or_dead_letter(self._asked, items, self._sound, self._dead_letter_topic)
        return questions, [canary for _, canary in canaries if canary is not None]

    def _sound(self) -> None:
        self._recogniser.recognise([SOUND_EVENT])

    def _item_or_dead(self, message: Message) -> Item | Row:
        found = read_pending(headers_of(message))
        try:
            if found is None:
                raise UndecodableError("not_pending")
            pending, headers = found
            # By the topic that it came from: that is what its format goes by.
            origin = Origin(topic_of(pending.event_id), headers, pending.timestamp_ms)
            opened, events = self._readers.read(message.value(), origin)
            if len(events) != 1:
                raise UndecodableError("not_pending")
            (event,) = events
            if isinstance(event, Bad):
                raise UndecodableError(event.reason)
            return Item(message, event.event, event.value, opened, headers, pending)
        except UndecodableError as error:
            return dead_row(self._dead_letter_topic, message, error.reason, error.detail)

    def _asked(self, items: Sequence[Item]) -> list[Waiting]:
        recognised = self._recogniser.recognise([item.event for item in items])
        return [
            Waiting(item, Question(template, item.event.source))
            for item, (_, template) in zip(items, recognised, strict=True)
        ]


def is_overdue(pending: Pending, max_age_s: float, now_ms: int) -> bool:
    """Return whether an event has waited for too long."""
    return now_ms - pending.since_ms >= max_age_s * 1000


def decided(
    each: Waiting,
    remembered: Remembered | None,
    answers: Mapping[Question, Decision | Undecided],
    confidence: float,
    overdue: bool,
) -> Verdict | Undecided:
    """Return the verdict of a pending event, or why it has to wait on.

    ``remembered`` is what memory knows, ``confidence`` what the model's labels state as theirs.
    """
    template, pending, answer = each.question.template, each.item.pending, answers.get(each.question)
    if remembered is not None:
        return Verdict(remembered.label, remembered.confidence, "memory", template)
    if isinstance(answer, Decision):
        if answer.label != UNCLASSIFIED:
            return Verdict(answer.label, confidence, "llm", template)
        return Verdict(UNCLASSIFIED, pending.confidence, "llm", template, best_guess=pending.best_guess)
    if answer is None or overdue or attempts(pending, answer) >= MAX_ATTEMPTS:
        return Verdict(UNCLASSIFIED, pending.confidence, "none", template, best_guess=pending.best_guess)
    return answer


def attempts(pending: Pending, answer: Undecided) -> int:
    """Return how often the LLM has been asked in vain, with this answer if asking again would do no better."""
    return pending.attempt + (answer.reason == "unreadable")
