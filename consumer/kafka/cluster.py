"""Questions to a cluster: which topics it has, and whether it, and every broker that it names, can be reached."""

import re
import socket
import time
from collections.abc import Callable, Iterable, Set

from confluent_kafka import KafkaError, KafkaException

from consumer.errors import BrokerError, RefusedError
from consumer.kafka.clients import make_admin
from consumer.kafka.errors import describe, is_refusal, lacks_token, reason
from consumer.settings import Settings

_ASK_S = 5.0
_CONNECT_S = 3.0
_FIRST_PAUSE_S, _MAX_PAUSE_S = 0.5, 5.0
# How the client names a broker that the cluster named: with its number, not `bootstrap`.
_NAMED = re.compile(r"(?:\w+://)?\[?(?P<host>[^\s\[\]]+?)\]?:(?P<port>\d+)/\d+: ")


def topics_of(settings: Settings, timeout_s: float) -> dict[str, int]:
    """Return the cluster's topics, and how many partitions each has.

    Raises:
        RefusedError: the broker refuses us, and waiting does not help.
        BrokerError: no broker answers in time, or one cannot be reached where the cluster says that it is.
    """
    # The call itself ends with "timed out" at most; why, the client reports when it is polled.
    errors: list[KafkaError] = []
    admin = make_admin(settings, errors.append)
    deadline = time.monotonic() + timeout_s
    while True:
        left = deadline - time.monotonic()
        try:
            cluster = admin.list_topics(timeout=max(0.1, min(1.0, left)))
        except KafkaException as error:
            admin.poll(0)
            errors.append(error.args[0])
        else:
            _check_reached(settings, [(str(each.host), each.port) for each in cluster.brokers.values()])
            return {name: len(topic.partitions) for name, topic in cluster.topics.items()}
        refusal = next(filter(is_refusal, errors), None)
        if refusal is not None:
            raise RefusedError(f"the broker refuses us: {describe(refusal)}")
        if left <= 0:
            break
    # The client may ask the brokers that the first answer named, which can be those that nobody reaches.
    _check_reached(settings, _named_by_cluster(errors))
    raise BrokerError(f"the broker at {settings.bootstrap_servers} does not answer: {_cause(errors)}")


def _cause(errors: list[KafkaError]) -> str:
    """Return the reason that says most: of tokens, TLS, a name, a connection, or else what the call ended with."""
    without_token = next(filter(lacks_token, errors), None)
    if without_token is not None:
        return describe(without_token)
    for code in (KafkaError._SSL, KafkaError._RESOLVE, KafkaError._TRANSPORT):
        # Of the reasons of a kind, the longest has the address, and what may be wrong about it.
        reasons = [reason(error) for error in errors if error.code() == code]
        if reasons:
            return max(reasons, key=len)
    return reason(errors[-1])


def _named_by_cluster(errors: Iterable[KafkaError]) -> list[tuple[str, int]]:
    """Return host and port of each broker that an error is about and that the cluster itself named."""
    found = [_NAMED.match(reason(error)) for error in errors]
    return list(dict.fromkeys((match["host"], int(match["port"])) for match in found if match))


def _check_reached(settings: Settings, brokers: Iterable[tuple[str, int]]) -> None:
    """Connect once to every address, host and port, that the cluster names for further requests.

    Raises:
        BrokerError: naming the first that cannot be reached.
    """
    for name, port in brokers:
        try:
            socket.create_connection((name, port), timeout=_CONNECT_S).close()
        except socket.gaierror:
            problem = f"the host {name} cannot be resolved here"
        except OSError as error:
            problem = f"that cannot be reached from here ({error.strerror or error})"
        else:
            continue
        host = f"[{name}]" if ":" in name else name
        raise BrokerError(
            f"the broker at {settings.bootstrap_servers} answers, and says to use {host}:{port}, but {problem}: "
            "correct advertised.listeners of the broker, or let this machine reach that address"
        )


def missing_topics(topics: Set[str], wanted: Set[str]) -> BrokerError | None:
    """Return an error that names the topics which are wanted and not there, or None."""
    missing = sorted(wanted - topics)
    if not missing:
        return None
    return BrokerError(
        f"the broker has no topic {', '.join(missing)}, or hides it from this user: run `logsluice topics "
        "create`, name the topics you have in LOGSLUICE_INPUT_TOPIC, LOGSLUICE_OUTPUT_TOPIC and the like, or "
        "grant access"
    )


def wait_for_topics(
    settings: Settings,
    wanted: Set[str],
    wait_s: float = 0.0,
    stopping: Callable[[], bool] = lambda: False,
    on_wait: Callable[[str], None] = lambda why: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, int]:
    """Return the partitions of each topic of the cluster, once it answers; empty if ``stopping`` says so before.

    ``on_wait`` is called with the reason each time it does not.

    Raises:
        BrokerError: no broker answers within ``wait_s`` seconds, or one does and refuses us or lacks topics.
    """
    pause_s = _FIRST_PAUSE_S
    give_up_at = clock() + wait_s
    while not stopping():
        try:
            topics = topics_of(settings, timeout_s=min(_ASK_S, max(1.0, give_up_at - clock())))
        except RefusedError:
            raise
        except BrokerError as error:
            if clock() + pause_s > give_up_at:
                waited = f"; waited {wait_s:.0f} s, as LOGSLUICE_BROKER_WAIT_S says" if wait_s else ""
                raise BrokerError(f"{error}{waited}") from None
            on_wait(str(error))
            sleep(pause_s)
            pause_s = min(pause_s * 2, _MAX_PAUSE_S)
            continue
        missing = missing_topics(topics.keys(), wanted)
        if missing is not None:
            raise missing
        return topics
    return {}
