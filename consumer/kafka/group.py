"""A member of a consumer group: hands out records, and knows what may be committed."""

from collections.abc import Callable, Iterable, Sequence
from secrets import token_hex

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import make_consumer
from consumer.kafka.errors import FATAL, describe, is_about_login
from consumer.kafka.lag import LagGauge
from consumer.kafka.offsets import Offsets, offsets_behind, rewind
from consumer.kafka.patience import Patience
from consumer.kafka.timeouts import CallTimeoutError, call_with_timeout
from consumer.log import get_logger
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Lane, Metrics

POLL_S = 0.25
LEAVE_S = 5.0

BeforeRevoke = Callable[[Sequence[TopicPartition], Consumer], None]


class GroupMember:
    """Consumes topics in a group. Used by one thread; the client calls back only within `consume` and `rest`.

    What is published meanwhile is committed by another thread, on the consumer of its `Offsets`.
    """

    def __init__(
        self,
        settings: Settings,
        group: str,
        name: str,
        metrics: Metrics,
        lane: Lane,
        patience: Patience,
        before_revoke: BeforeRevoke,
    ) -> None:
        self._lane = lane
        self._patience = patience
        self._health: Health = patience.health
        self._before_revoke = before_revoke
        self._health.set_unready(f"{lane} lane", "joining the consumer group")
        self._lag = LagGauge(metrics, lane, patience.clock)
        self._by_token = settings.logs_in_by_token
        self._fatal: KafkaError | None = None
        self._broker_away = False
        self._resting = False
        self._handed_out: dict[tuple[str, int], int] = {}
        """Behind the last record handed out of each partition since it was assigned or rewound."""
        self._behind: list[TopicPartition] = []
        self._went_back: set[tuple[str, int]] = set()
        """Partitions that the broker reset to earlier records, of which the client's position knows nothing."""
        self._committed: dict[tuple[str, int], int] = {}
        self._consumer: Consumer = make_consumer(settings, group, self._on_error, f"{name}/{token_hex(4)}")

    def join(self, topics: Sequence[str]) -> None:
        """Join the group. The process is not ready until partitions are assigned."""
        self._topics = list(topics)
        self._consumer.subscribe(
            self._topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def consume(self, max_records: int, wait_s: float) -> list[Message]:
        """Return the next records, after a time at the latest.

        Raises:
            BrokerError: the broker refuses us, or the client is done for.
        """
        consumed = self._consumer.consume(max_records, wait_s)
        messages = [message for message in consumed if message.error() is None]
        if len(messages) < len(consumed):
            for error in (message.error() for message in consumed):
                if error is not None:
                    self._on_error(error)
        if messages:
            self._broker_is_back()
        elif self._broker_away:
            self._look_for_broker()
        if self._fatal is not None:
            raise BrokerError(f"consuming is refused: {describe(self._fatal)}")
        self._behind = offsets_behind(messages)
        for each in self._behind:
            place = (each.topic, each.partition)
            if each.offset <= self._handed_out.get(place, 0):
                self._went_back.add(place)
            self._handed_out[place] = each.offset
        self._lag.update(self._consumer)
        return messages

    def offsets(self) -> Offsets:
        """Return the offsets behind what was consumed last, to be committed when it is published."""
        return Offsets(self._consumer, self._behind, self._consumer.consumer_group_metadata())

    def offsets_reached(self) -> Offsets:
        """Return the offsets that the client has come to and that are not committed yet; for when nothing comes.

        They may lie behind the last record: a producer's transaction ends with a control record, which has an offset
        and is handed out to nobody. Only the client knows of it, by its position.
        """
        known = sorted(self._handed_out.keys() - self._went_back)
        try:
            positions = self._consumer.position([TopicPartition(*each) for each in known])
        except KafkaException:
            positions = []  # between two assignments
        ahead = [
            each for each in positions if each.offset > self._committed.get((each.topic, each.partition), -1)
        ]
        return Offsets(self._consumer, ahead, self._consumer.consumer_group_metadata())

    def on_committed(self, positions: Iterable[TopicPartition]) -> None:
        """Note what is committed."""
        self._committed |= {(each.topic, each.partition): each.offset for each in positions}

    def rewind(self, messages: Sequence[Message]) -> None:
        """Hand these records out again, where their partitions are still ours."""
        self._forget((message.topic() or "", message.partition() or 0) for message in messages)
        rewind(self._consumer, messages)

    def _forget(self, places: Iterable[tuple[str, int]]) -> None:
        for place in places:
            self._handed_out.pop(place, None)
            self._went_back.discard(place)

    def rest(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Wait with the partitions paused: the client stays in the group, and hears of rebalances."""
        until = self._patience.clock() + seconds
        self._resting = True
        self._consumer.pause(self._consumer.assignment())
        while not stopping() and (left := until - self._patience.clock()) > 0:
            self._health.beat()
            self._lag.update(self._consumer)
            self._poll_nothing(min(POLL_S, left))
        self._consumer.resume(self._consumer.assignment())
        self._resting = False

    def leave(self) -> None:
        """Leave the group. Where its coordinator is away, the client may wait for it without end, and is left alone."""
        try:
            call_with_timeout(self._consumer.close, self._health.beat, LEAVE_S)
        except CallTimeoutError:
            get_logger().warning(
                "the group could not be left: its coordinator does not answer", lane=self._lane
            )

    def _poll_nothing(self, timeout_s: float) -> None:
        """Let the client speak with the group; every partition is paused."""
        message = self._consumer.poll(timeout_s)
        error = message.error() if message is not None else None
        if error is not None:
            self._on_error(error)
        elif message is not None:
            raise BrokerError("a record came from a paused partition; start logsluice again")

    def _look_for_broker(self) -> None:
        """Ask the broker something: where no event comes, nothing else says that it is back."""
        try:
            self._consumer.list_topics(self._topics[0], timeout=1.0)
        except KafkaException:
            return
        self._broker_is_back()

    def _broker_is_back(self) -> None:
        self._broker_away = False
        self._health.clear("broker")

    def _on_error(self, error: KafkaError) -> None:
        """Take an error of the client; it recovers from most by itself, and keeps trying."""
        if self._by_token and is_about_login(error):
            self._on_no_token(error)
            return
        if error.code() in FATAL or error.code() == KafkaError._FATAL or error.fatal():
            self._fatal = error
        if (
            error.code() == KafkaError._ALL_BROKERS_DOWN and not self._broker_away
        ):  # the first reason says most
            self._broker_away = True
            self._health.set_unready("broker", "no broker can be reached")
        get_logger().warning("kafka", lane=self._lane, error=error.name(), detail=error.str())

    def _on_no_token(self, error: KafkaError) -> None:
        """Wait for a token that the broker takes, as for a broker that is away: who gives them may be away too."""
        if not self._broker_away:  # the client says it several times a second
            get_logger().warning("kafka", lane=self._lane, error=error.name(), detail=describe(error))
        self._broker_away = True
        self._health.set_unready("broker", f"cannot log in, and tries again: {describe(error)}")

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if self._resting:
            try:
                consumer.incremental_assign(partitions)
            except KafkaException:  # an assignor that assigns all partitions at once
                consumer.assign(partitions)
            consumer.pause(partitions)
        self._lag.begin(consumer, partitions)
        self._health.clear(f"{self._lane} lane")
        self._broker_is_back()
        get_logger().info("partitions assigned", lane=self._lane, partitions=_names(partitions))

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._before_revoke(partitions, self._consumer)
        gone = {(each.topic, each.partition) for each in partitions}
        self._forget(gone)
        self._committed = {place: offset for place, offset in self._committed.items() if place not in gone}
        # The client keeps a pause with a partition that goes, and would not consume it when it comes back.
        self._consumer.resume(partitions)
        self._lag.forget(partitions)
        get_logger().info("partitions revoked", lane=self._lane, partitions=_names(partitions))

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._health.set_unready(f"{self._lane} lane", "the group has dropped this process; joining it again")
        self._on_revoke(consumer, partitions)


def _names(partitions: Sequence[TopicPartition]) -> list[str]:
    return [f"{partition.topic}-{partition.partition}" for partition in partitions]
