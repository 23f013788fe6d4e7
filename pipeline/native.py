"""The native core, where it is installed: verdicts of a cascade for texts, without Python for those like earlier ones.

Python is the reference: it decides all others, and the core learns from it (docs/native_core.md).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipeline.digits import zeroed
from pipeline.event import SEVERITIES, Event
from pipeline.masking import portable_patterns
from pipeline.verdict import Verdict

if TYPE_CHECKING:
    from pipeline.cascade import Cascade

INTERFACE = 3
"""The version of the calls; the module has its own."""
CACHE_BYTES = 128 << 20
PLACES = {severity: place for place, severity in enumerate(("", *SEVERITIES))}
"""The number that each severity has in the core."""


def load_core() -> Any:
    """Return the native core.

    Raises:
        ImportError: it is not installed, or of another version; the message says so.
    """
    try:
        module = import_module("logsluice_core")
    except ImportError as error:
        raise ImportError("is not installed (pip install 'logsluice[core]')") from error
    if module.INTERFACE != INTERFACE:
        raise ImportError(f"is of another version ({module.__version__})")
    return module


def decided_by(cascade: "Cascade") -> dict[str, Any]:
    """Return what the core has to know of a cascade, by the names of its arguments."""
    rules = cascade.bundle.rules
    return {
        "rules": [
            (rule.source, _bit(rule.severity), relaxed, None if relaxed == rule.pattern else rule.pattern)
            for rule, relaxed in zip(rules.rules, rules.relaxed_patterns, strict=True)
        ],
        "masking": portable_patterns(),
        "routed": list(cascade.bundle.routes.by_source),
        "max_bytes": CACHE_BYTES,
    }


def matched(cascade: "Cascade", event: Event) -> tuple[tuple[int, ...], int | None] | None:
    """Return the places of the rules that may match messages like that of an event, and of the one that does match it.

    None where the cascade does not remember them: the core cannot learn the event then.
    """
    candidates = cascade.recogniser.candidates_of(event.message)
    if candidates is None:
        return None
    rules = cascade.bundle.rules
    rule = rules.first_of(candidates, event.message, event.source, event.severity)
    return candidates, None if rule is None else rules.places[rule]


def known_texts(cascade: "Cascade") -> "KnownTexts | None":
    """Return what knows nothing yet of the verdicts of a cascade; None where the core is not there."""
    try:
        return KnownTexts(load_core(), cascade)
    except ImportError:
        return None


class KnownTexts:
    """What the core has learned of the verdicts of a cascade, for events without a severity. Not thread-safe."""

    def __init__(
        self, module: Any, cascade: "Cascade", results: Callable[[Verdict], str] = lambda verdict: ""
    ) -> None:
        """Know nothing yet. ``results`` is what stands behind the cells of a row, its line end included."""
        self._cascade = cascade
        self._results = results
        self._memory_version = -1
        self._texts = module.Texts(**decided_by(cascade))
        self._follow_memory()

    def label(self, messages: list[str], sources: list[str]) -> list[Verdict]:
        """Return one verdict for each message from its source, in order."""
        self._follow_memory()
        verdicts, misses = self._texts.label(messages, sources)
        if misses:
            events = [Event(sources[place], messages[place]) for place in misses]
            decided = self._cascade.label(events)
            self.learn(events, decided)
            for place, verdict in zip(misses, decided, strict=True):
                verdicts[place] = verdict
        return verdicts  # type: ignore[no-any-return]

    def written(
        self, text: str, start: int, shape: tuple[str, int, int, int | None] | None
    ) -> tuple[int, int, str]:
        """Write lines with results, from byte ``start`` on, as long as they are plain rows with known verdicts.

        Return how many these are, the byte behind them, and what is written. ``shape`` has the delimiter, how many
        cells a row has, and the places of message and source; it is None where a line is a message as it is.
        """
        self._follow_memory()
        return self._texts.write(text, start, shape)  # type: ignore[no-any-return]

    def learn(self, events: Sequence[Event], verdicts: Sequence[Verdict]) -> None:
        """Learn what the cascade says of events."""
        alike = {
            (zeroed(event.message), event.source, id(verdict)): (event, verdict)
            for event, verdict in zip(events, verdicts, strict=True)
        }
        for event, verdict in alike.values():
            found = matched(self._cascade, event)
            if found is not None:
                results = self._results(verdict)
                with suppress(UnicodeEncodeError):  # half of a surrogate pair: Python's, always
                    self._texts.learn(event.message, event.source, *found, verdict.template, verdict, results)

    def _follow_memory(self) -> None:
        memory = self._cascade.memory
        if memory.version != self._memory_version:
            self._memory_version = memory.version
            self._texts.forget(bool(memory))


def _bit(severity: str | None) -> int | None:
    """Return the severity that a rule asks for, as the core has it; None where it asks for none."""
    return None if severity is None else 1 << PLACES[severity]
