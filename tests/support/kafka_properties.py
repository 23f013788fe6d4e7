"""The properties of a broker for tests: one node, which is its own controller, and no patience for slow starts."""

from collections.abc import Mapping
from pathlib import Path


def server_properties(
    directory: Path,
    clients: str,
    controller: str,
    listening: Mapping[str, str],
    advertised: Mapping[str, str],
    protocols: Mapping[str, str],
) -> dict[str, str]:
    """Return the properties of a broker with its data in a directory.

    ``clients`` and ``controller`` are its two addresses. The others map the names of further listeners to the address
    they have, to the one that they name to clients, and to their security protocol.
    """
    further = "".join(f",{name}://{address}" for name, address in listening.items())
    named = "".join(f",{name}://{address}" for name, address in advertised.items())
    secured = "".join(f",{name}:{protocol}" for name, protocol in protocols.items())
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"CLIENTS://{clients},CONTROLLER://{controller}{further}",
        "advertised.listeners": f"CLIENTS://{clients}{named}",
        "inter.broker.listener.name": "CLIENTS",
        "listener.security.protocol.map": f"CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT{secured}",
        "log.dirs": str(directory / "data"),
        "num.partitions": "4",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
    }
