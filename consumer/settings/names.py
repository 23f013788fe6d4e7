"""Settings that are lists of names, and what names of brokers and topics look like."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_BROKER = re.compile(
    r"(?i)((?:SASL_)?(?:PLAINTEXT|SSL)://)?(\[[0-9a-fA-F:.%\w]+\]|[^\s:/\[\]]+)(:(?P<port>\d{1,5}))?"
)


def split(value: Any) -> Any:
    """Return the parts of a text between its commas; anything else as it is."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split)]


def check_brokers(value: str) -> None:
    """Return if a text is a list of brokers.

    Raises:
        ValueError: it is not.
    """
    brokers = split(value)
    if not brokers:
        raise ValueError("at least one broker is needed")
    for broker in brokers:
        found = _BROKER.fullmatch(broker)
        if found is None or not 0 < int(found["port"] or 9092) < 65_536:
            hint = "; an IPv6 address stands in brackets, [::1]:9092" if broker.count(":") > 1 else ""
            raise ValueError(f"{broker!r} is not host:port{hint}")


def check_topic(name: str) -> None:
    """Return if a text can be the name of a topic.

    Raises:
        ValueError: it cannot.
    """
    if not _TOPIC.fullmatch(name) or name in (".", ".."):
        raise ValueError("a topic's name has 1 to 249 letters, digits, dots, underscores and hyphens")
