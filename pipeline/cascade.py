"""The cascade: events in, verdicts out, tier by tier over the batch."""

from collections.abc import Sequence

from pipeline.bundle import Bundle
from pipeline.cache import BoundedCache, weight_of
from pipeline.embedding import EmbeddingTier, load_embedding_tier
from pipeline.event import Event
from pipeline.memory import Remembered, VerdictMemory
from pipeline.recogniser import Recogniser
from pipeline.rules import Rule
from pipeline.verdict import UNCLASSIFIED, Tier, Verdict


class Cascade:
    """Labels batches of events with one bundle.

    The verdict of an event depends on the event, the bundle and the verdict memory, on nothing else: not on
    its batch, nor on what came before it. Not thread-safe; a lane has its own. The first batch that holds a
    template not seen before waits for the encoder (milliseconds per template); all else is microseconds per
    event.
    """

    def __init__(
        self, bundle: Bundle, embedding: EmbeddingTier, memory: VerdictMemory, max_entries: int = 200_000
    ) -> None:
        self.bundle = bundle
        self._labels = frozenset(bundle.labels)
        self.memory = memory
        self.max_entries = max_entries
        self.embedding = embedding
        self.recogniser = Recogniser(bundle.rules, max_entries)
        self._decided: BoundedCache[tuple[Rule | None, str, str], Verdict] = BoundedCache(
            max_entries, lambda key, verdict: weight_of(key[2])
        )
        self._memory_version = memory.version
        self.embedded: list[Verdict] = []
        """What the embedding tier was asked in the last batch; it may have been asked before."""
        self.decided: list[tuple[Event, Verdict]] = []
        """What was decided in the last batch and not remembered before, each with the first event of its kind."""

    @property
    def decisions(self) -> int:
        """How many decisions are remembered."""
        return len(self._decided)

    def forget(self) -> None:
        """Decide every event again from now on. What the classifier said of a template stays remembered."""
        self._decided.clear()

    def label(self, events: Sequence[Event]) -> list[Verdict]:
        """Return one verdict for each event, in order. None is left without: the last tier is ``none``."""
        if self.memory.version != self._memory_version:
            self._decided.clear()
            self._memory_version = self.memory.version
        self.embedded = []
        self.decided = []
        sources_matter = bool(self.memory)
        routed = self.bundle.routes.by_source
        keys = [
            (rule, event.source if sources_matter or event.source in routed else "", template)
            for event, (rule, template) in zip(events, self.recogniser.recognise(events), strict=True)
        ]

        verdicts = [self._decided[key] for key in keys]
        if not all(verdicts):
            missed = {
                key: event
                for key, event, verdict in zip(
                    reversed(keys), reversed(events), reversed(verdicts), strict=True
                )
                if verdict is None
            }  # each with the first event of its kind
            decided = self._decide(sorted(missed, key=lambda key: key[1:]))
            self.decided = [(missed[key], verdict) for key, verdict in decided.items()]
            verdicts = [verdict or decided[key] for key, verdict in zip(keys, verdicts, strict=True)]
        return [verdict for verdict in verdicts if verdict is not None]

    def _decide(
        self, keys: Sequence[tuple[Rule | None, str, str]]
    ) -> dict[tuple[Rule | None, str, str], Verdict]:
        """Send each (matching rule, source, template) down the route of its source."""
        decided: dict[tuple[Rule | None, str, str], Verdict] = {}
        to_embed = []
        for key in keys:
            verdict = self._before_embedding(*key)
            if verdict is None:
                to_embed.append(key)
            else:
                decided[key] = verdict
        # Where a route ends without an answer, the classifier's word is still the best guess there is.
        undecided = [key for key, verdict in decided.items() if verdict.tier == "none"]
        found = self.embedding.label([template for _, _, template in (*to_embed, *undecided)])
        self.embedded = found[: len(to_embed)]
        decided.update(zip(to_embed, self.embedded, strict=True))
        decided.update(zip(undecided, map(as_guess, found[len(to_embed) :]), strict=True))
        for key, verdict in decided.items():
            self._decided.put(key, verdict)
        return decided

    def _before_embedding(self, rule: Rule | None, source: str, template: str) -> Verdict | None:
        """Return what is decided without the encoder, or None where the route goes on to it."""
        remembered = self.memory.get(template, source)
        if remembered and remembered.label not in self._labels:
            remembered = None  # said under another taxonomy
        return before_embedding(self.bundle.routes.of(source), rule, remembered, template)


def before_embedding(
    route: Sequence[Tier], rule: Rule | None, remembered: Remembered | None, template: str
) -> Verdict | None:
    """Return what a route says of a template up to the embedding tier; None where it goes on to that.

    ``rule`` is the first that matches, ``remembered`` what is known under the labels of the bundle.
    """
    if remembered and remembered.by == "person":
        # A person's word stands above every tier, whatever the route.
        return Verdict(remembered.label, remembered.confidence, "memory", template)
    for tier in route:
        if tier == "rules" and rule is not None:
            return Verdict(rule.label, 1.0, "rules", template, rule=rule.name)
        if tier == "memory" and remembered is not None:
            return Verdict(remembered.label, remembered.confidence, "memory", template)
        if tier == "embedding":
            return None
    return Verdict(UNCLASSIFIED, 0.0, "none", template)


def as_guess(verdict: Verdict) -> Verdict:
    """Return the verdict of a route that does not pass the embedding tier: what that says is a guess only."""
    guess = verdict.best_guess or (verdict.label if verdict.label != UNCLASSIFIED else None)
    confidence = verdict.confidence if guess is not None else 0.0
    return Verdict(UNCLASSIFIED, confidence, "none", verdict.template, best_guess=guess)


def load_cascade(bundle: Bundle, memory: VerdictMemory | None = None, max_entries: int = 200_000) -> Cascade:
    """Load what a verified bundle refers to and make it ready to label. Takes seconds.

    Each of its caches holds ``max_entries`` at most.

    Raises:
        BundleError: the encoder or the classifier cannot be loaded.
    """
    embedding = load_embedding_tier(bundle, max_entries)
    return Cascade(bundle, embedding, memory if memory is not None else VerdictMemory(), max_entries)
