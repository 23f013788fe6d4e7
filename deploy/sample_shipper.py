"""Ships sample events to the input topic, for the compose stack: what a shipper of yours would do.

Runs until it is stopped, or for ``--seconds``. ``--label`` and ``--source`` choose what is shipped, so that
``--label "Security Alert" --source sshd --rate 100 --seconds 180`` makes a burst that an alert should see.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from random import Random

import msgspec
from confluent_kafka import Producer

from console.settings import AllSettings
from consumer.settings import Settings, read_as
from training.corpus import Template, read_corpus
from training.sample import zipf_sample
from training.values import expand, settle


def main() -> None:
    """Read the arguments and ship."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=50, help="events a second (default: 50)")
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="how long (default: until stopped)"
    )
    parser.add_argument("--label", help="only messages that mean this")
    parser.add_argument("--source", help="only messages of this source")
    arguments = parser.parse_args()
    settings = read_as(AllSettings)
    sources = {arguments.source} if arguments.source else set(settings.metric_sources)
    templates = [
        template
        for template in read_corpus()
        if (not sources or template.system in sources) and arguments.label in (None, template.label)
    ]
    if not templates:
        parser.error("the sample has no such messages")
    sample = events(templates, settings.source_field, settings.message_field)
    ship(settings, sample, arguments.rate, arguments.seconds)


def events(
    templates: Sequence[Template], source_field: str | None = None, message_field: str | None = None
) -> Iterator[bytes]:
    """Yield events for ever; the n-th template comes about 1/n as often as the first, as in real logs."""
    # The same systems on every start, with ever new values.
    fixed, fresh = Random(1), Random()  # noqa: S311 - nothing here is secret
    settled = [
        (template.system, settle(template.template, fixed))
        for template in fixed.sample(templates, len(templates))
    ]
    for source, template in zipf_sample(settled, fresh):
        yield msgspec.json.encode(
            {source_field or "source": source, message_field or "log_message": expand(template, fresh)}
        )


def ship(settings: Settings, sample: Iterator[bytes], rate: float, seconds: float) -> None:
    """Send ``rate`` events a second for so many seconds."""
    producer = Producer({**settings.kafka_properties(), "linger.ms": 50})
    started = time.monotonic()
    sent = 0
    while (elapsed := time.monotonic() - started) < seconds:
        while sent < elapsed * rate:
            producer.produce(settings.input_topic[0], next(sample))
            sent += 1
        producer.poll(0)
        time.sleep(0.1)
    producer.flush()


if __name__ == "__main__":
    main()
