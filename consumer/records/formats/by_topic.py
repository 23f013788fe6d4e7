"""``INPUT_FORMAT``: the format of every topic, or of each."""

import difflib
from collections.abc import Collection

from consumer.records.formats.table import AUTO, FORMATS


def by_topic(input_format: str) -> tuple[str, dict[str, str]]:
    """Return the format of every topic that is not named, and those of the topics that are."""
    if "=" not in input_format:
        return input_format.strip().lower(), {}
    pairs = (pair.partition("=") for pair in input_format.split(",") if pair.strip())
    return AUTO, {topic.strip(): name.strip().lower() for topic, _, name in pairs}


def checked_formats(input_format: str, topics: Collection[str]) -> str:
    """Return the setting, in small letters where it names formats. ``topics`` are those that are read.

    Raises:
        ValueError: it names a topic that is none of them, or twice, or a format that is none.
    """
    if "=" in input_format:
        named_topics = [pair.partition("=")[0].strip() for pair in input_format.split(",") if pair.strip()]
        twice = [topic for topic in named_topics if named_topics.count(topic) > 1]
        if twice:
            raise ValueError(f"the topic {twice[0]!r} is named twice")
    default, named = by_topic(input_format)
    for topic in named:
        if topics and topic not in topics:
            raise ValueError(f"{topic!r} is none of the input topics")
    for name in (default, *named.values()):
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, n=1)
            hint = f"; did you mean {near[0]}?" if near else f": there are {', '.join(FORMATS)}"
            raise ValueError(f"{name!r} is no format{hint}")
    return ",".join(f"{topic}={name}" for topic, name in named.items()) or default
