"""A consumed record without a broker: the client's own class can be made by the client alone."""

from dataclasses import dataclass
from typing import Any, cast

from confluent_kafka import Message


@dataclass(frozen=True, eq=False)
class _Consumed:
    at: tuple[str, int, int]
    content: tuple[bytes | None, bytes | None, list[tuple[str, Any]] | None]
    time: tuple[int, int]

    def topic(self) -> str:
        return self.at[0]

    def partition(self) -> int:
        return self.at[1]

    def offset(self) -> int:
        return self.at[2]

    def value(self) -> bytes | None:
        return self.content[0]

    def key(self) -> bytes | None:
        return self.content[1]

    def headers(self) -> list[tuple[str, Any]] | None:
        return self.content[2]

    def timestamp(self) -> tuple[int, int]:
        return self.time


def consumed(
    value: bytes | None,
    *,
    key: bytes | None = None,
    headers: list[tuple[str, Any]] | None = None,
    offset: int = 0,
    timestamp_ms: int = 1_700_000_000_000,
    topic: str = "logs.raw",
    partition: int = 1,
) -> Message:
    """Return a record as a lane reads it; without headers they are None, as the client has it."""
    record = _Consumed((topic, partition, offset), (value, key, headers or None), (1, timestamp_ms))
    return cast(Message, record)
