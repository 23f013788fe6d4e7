"""The bundle that labels as a shadow: loaded when it comes into its directory, and refused without harm."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from consumer.log import get_logger
from pipeline.bundle import manifest_digest, read_bundle
from pipeline.cascade import Cascade, load_cascade

LOOK_EVERY_S = 2.0
LONGEST_RETRY_S = 60.0
"""How long to wait at most before a bundle that was refused is tried again: it may have been half copied."""
_REMEMBERED = 10_000


class ShadowBundle:
    """Looks at a directory now and then. A bundle that cannot be used is logged and reported once for each reason.

    ``cascade`` is the last bundle that could be loaded, with a memory of its own that stays empty; None before.
    """

    def __init__(
        self, directory: Path, on_refused: Callable[[], None], clock: Callable[[], float] = monotonic
    ) -> None:
        self.cascade: Cascade | None = None
        self._directory = directory
        self._on_refused = on_refused
        self._clock = clock
        self._tried: str | None = ""
        """The digest of the manifest that was there at the last try, None where there was none."""
        self._refusal = ""
        self._retry_s = LOOK_EVERY_S
        self._look_at = clock()

    def look(self) -> Cascade | None:
        """Return the cascade of a bundle that was not there before; takes seconds then. None where nothing is new."""
        if self._clock() < self._look_at:
            return None
        manifest = manifest_digest(self._directory)
        if manifest != self._tried:
            self._tried, self._retry_s = manifest, LOOK_EVERY_S
            loaded = self._load()
        elif self._refusal:
            self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)
            loaded = self._load()
        else:
            loaded = None
        self._look_at = self._clock() + (self._retry_s if self._refusal else LOOK_EVERY_S)
        return loaded

    def _load(self) -> Cascade | None:
        log, before = get_logger(), self.cascade.bundle.version if self.cascade else None
        try:
            bundle = read_bundle(self._directory)
            cascade = None if bundle.version == before else load_cascade(bundle, max_entries=_REMEMBERED)
        except Exception as error:  # whatever loading raises: who looks goes on
            if self._refusal != str(error):
                self._refusal = str(error)
                self._on_refused()
                log.warning("shadow bundle refused", reason=str(error), bundle=before)
            return None
        self._refusal = ""
        if cascade is not None:
            self.cascade = cascade
            log.info("shadow bundle loaded", bundle=bundle.version)
        return cascade
