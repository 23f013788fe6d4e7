"""The bare minimum that any Kafka consumer of this kind does: consume a batch, produce it, flush, commit.

Same client, same batches, same settings as the service; run as ``python -m benchmarks.passthrough SERVERS
GROUP IN OUT``.
"""

import signal
import sys
from types import FrameType

from consumer.kafka.clients import make_consumer, make_producer
from consumer.settings import Settings


def main(bootstrap_servers: str, group: str, source: str, destination: str) -> None:
    """Copy records until SIGTERM."""
    settings = Settings(bootstrap_servers=bootstrap_servers, group_id=group, input_topic=(source,))
    consumer = make_consumer(settings, settings.group_id, lambda error: None)
    producer = make_producer(settings, lambda error, message: None)
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    consumer.subscribe([source])
    while not stopping:
        messages = consumer.consume(settings.batch_max_events, settings.batch_max_wait_ms / 1000)
        for message in messages:
            producer.produce(
                destination,
                message.value(),
                message.key(),
                headers=message.headers(),
                timestamp=message.timestamp()[1],
            )
        if messages:
            producer.flush()
            consumer.commit(offsets=consumer.position(consumer.assignment()), asynchronous=False)
    consumer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
