"""The sample stream of ``logsluice demo``: a shop's logs, with an incident in the middle (``demo_stream.yaml``)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from random import Random

import msgspec
import yaml

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")

Values = Mapping[str, list[str] | str]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """A kind of log line: how often it comes relative to others, and in which part of the demo, from 0 to 1."""

    source: str
    weight: float
    text: str
    start: float = 0.0
    end: float = 1.0


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the stream is made of: the lines, and what their placeholders stand for."""

    values: dict[str, list[str] | str]
    lines: list[Line]


def read_script() -> Script:
    """Return the lines of the demo."""
    content = Path(__file__).with_name("demo_stream.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(content), Script)


def fill(text: str, values: Values, random: Random) -> str:
    """Return a log line: each placeholder of its text filled with one of its values."""
    return _PLACEHOLDER.sub(lambda match: _value(values[match[1]], random), text)


def _value(value: list[str] | str, random: Random) -> str:
    if isinstance(value, list):
        return random.choice(value)
    if value.startswith("%"):
        return datetime.now(UTC).strftime(value)
    low, high = value.split("..")
    return str(random.randint(int(low), int(high)))


class DemoStream:
    """Makes events; the same seed gives the same ones, but for the time in them."""

    def __init__(self, script: Script, seed: int = 1) -> None:
        self._script = script
        self._random = Random(seed)  # noqa: S311 - nothing here is secret

    def events(self, count: int, place: float) -> list[bytes]:
        """Return events as a shipper writes them; ``place`` is where the demo has got to, from 0 to 1."""
        random, values = self._random, self._script.values
        lines = [line for line in self._script.lines if line.start <= place <= line.end]
        weights = list(accumulate(line.weight for line in lines))
        return [
            msgspec.json.encode({"source": line.source, "log_message": fill(line.text, values, random)})
            for line in random.choices(lines, cum_weights=weights, k=count)
        ]
