"""The classifier as a library: messages in, verdicts out, in the calling process and without a broker."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import load_cascade
from pipeline.event import Event
from pipeline.native import KnownTexts, known_texts
from pipeline.verdict import Verdict

_CHUNK = 2_000  # as `logsluice classify`: memory stays flat however many messages there are
_MANY = 2_000  # messages from which on it is worth a tenth of a second to open the native core


class Classifier:
    """Labels log messages with a model bundle.

    Making one loads the bundle, which takes seconds and hundreds of megabytes: make one and keep it. It is safe to use
    from several threads; their calls take turns. After a fork make one in each process.

    The verdict of a message depends on the message, its source and the bundle, not on the other messages. A kind of
    message that was not seen before takes milliseconds, one that was seen microseconds.
    """

    def __init__(self, bundle: str | os.PathLike[str] | None = None, digest: str | None = None) -> None:
        """Load a bundle: a directory that `logsluice train` made, the built-in one where it is None.

        ``digest`` is what `logsluice check` prints of a bundle; another bundle is refused then. A bundle is code: load
        those that you made or trust.

        Raises:
            pipeline.errors.BundleError: the bundle is missing, incomplete, altered, or not the one of the digest.
        """
        self._cascade = load_cascade(
            read_bundle(default_bundle() if bundle is None else Path(bundle), digest)
        )
        self._lock = threading.Lock()
        self._labelled = 0
        self._known: KnownTexts | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that a verdict may have; ``Unclassified`` is the last."""
        return self._cascade.bundle.labels

    @property
    def version(self) -> str:
        """Name and digest of the bundle, ``default@3f9c2a1``."""
        return self._cascade.bundle.version

    def label(self, messages: Iterable[str], sources: Iterable[str] | str = "") -> list[Verdict]:
        """Return one verdict for each message, in order: a list of as many as there are messages.

        ``sources`` names what logs them: one source for each message, or one for all. It matters where the bundle has
        routes or rules for a source.

        A verdict has a ``label``, its ``confidence`` from 0 to 1, the ``tier`` that decided and the ``template``, which
        is the masked message. Where no tier is sure the label is ``Unclassified``, and ``best_guess`` what it would
        have been, if there is a guess.

        Raises:
            TypeError: ``messages`` is one string, or holds what is none.
            ValueError: there are not as many sources as messages.
        """
        texts, names = _texts(messages, sources)
        verdicts: list[Verdict] = []
        for start in range(0, len(texts), _CHUNK):
            end = start + _CHUNK
            with self._lock:
                verdicts += self._label(texts[start:end], names[start:end])
        return verdicts

    def _label(self, texts: list[str], names: list[str]) -> list[Verdict]:
        if self._known is not None:
            return self._known.label(texts, names)
        if self._labelled < _MANY <= self._labelled + len(texts):
            self._known = known_texts(self._cascade)
        self._labelled += len(texts)
        return self._cascade.label([Event(name, text) for name, text in zip(names, texts, strict=True)])


def _texts(messages: Iterable[str], sources: Iterable[str] | str) -> tuple[list[str], list[str]]:
    if isinstance(messages, str):
        raise TypeError("messages is one string: put it into a list, label([message])")
    texts = list(messages)
    names = [sources] * len(texts) if isinstance(sources, str) else list(sources)
    if len(names) != len(texts):
        raise ValueError(
            f"there are {len(texts)} messages and {len(names)} sources: give one source for each"
        )
    for what, values in (("messages", texts), ("sources", names)):
        wrong = next((place for place, value in enumerate(values) if not isinstance(value, str)), None)
        if wrong is not None:
            raise TypeError(f"{what}[{wrong}] is {type(values[wrong]).__name__}, not a string")
    return texts, names
