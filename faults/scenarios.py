"""The scenarios by name: what is done to the service, and what has to be true of the topics afterwards."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from faults.brokers import broker_kills, stopped
from faults.hostile import hostile
from faults.pauses import frozen
from faults.processes import kills, kills_while_asking, replicas
from faults.size import Size
from faults.soak import soak
from faults.stream import Outcome
from tests.support.kafka_server import KafkaServer

Scenario = Callable[[KafkaServer, Path, Size, int], Outcome]


def soak_memory(kafka: KafkaServer, directory: Path, size: Size, seed: int) -> Outcome:
    """Meet ever new templates, and stay as large as after the warm-up."""
    return soak(kafka, directory, size.soak_templates, size.soak_events_of_each, seed)


SCENARIOS: dict[str, Scenario] = {
    "kills": partial(kills, delivery="exactly-once"),
    "kills-at-least-once": partial(kills, delivery="at-least-once"),
    "kills-while-asking": kills_while_asking,
    "replicas": partial(replicas, delivery="exactly-once"),
    "replicas-at-least-once": partial(replicas, delivery="at-least-once"),
    "replicas-broker-protocol": partial(replicas, delivery="exactly-once", protocol="consumer"),
    "broker": partial(broker_kills, delivery="exactly-once"),
    "broker-at-least-once": partial(broker_kills, delivery="at-least-once"),
    "stopped": stopped,
    "frozen": frozen,
    "hostile": hostile,
    "soak": soak_memory,
}
