"""The third tier: embed a template and classify it; the answer is published from the threshold on."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pipeline.bundle import CLASSIFIER, OWN_CLASSIFIER, Bundle
from pipeline.cache import BoundedCache, weight_of
from pipeline.classifier_file import read_classifier
from pipeline.encoder import Encoder, load_encoder
from pipeline.errors import BundleError
from pipeline.features import encoder_text
from pipeline.verdict import UNCLASSIFIED, Verdict

CONFIDENCE_DIGITS = 4


class Classifier(Protocol):
    """What classifies: what `pipeline.classifier_file` reads, or one of the user's own."""

    labels: tuple[str, ...]

    def predict_proba(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        """Return calibrated probabilities, shape (templates, labels)."""


class EmbeddingTier:
    """Templates in, verdicts out; what was classified once is remembered, bounded."""

    def __init__(
        self, encoder: Encoder, classifier: Classifier, threshold: float, max_entries: int = 200_000
    ) -> None:
        self.encoder = encoder
        self.classifier = classifier
        self.threshold = threshold
        self._meaningful = [i for i, label in enumerate(classifier.labels) if label != UNCLASSIFIED]
        self._verdicts: BoundedCache[str, Verdict] = BoundedCache(
            max_entries, lambda template, verdict: weight_of(template)
        )

    def __len__(self) -> int:
        return len(self._verdicts)

    def label(self, templates: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Verdict]:
        """Return a verdict for each template: tier ``embedding``, or ``none`` where it is not sure enough."""
        known = {template: self._verdicts[template] for template in templates}
        new = [template for template, verdict in known.items() if verdict is None]
        if new:
            for template, found in zip(new, self._classify(new, progress), strict=True):
                known[template] = found
                self._verdicts.put(template, found)
        return [verdict for template in templates if (verdict := known[template]) is not None]

    def _classify(self, templates: list[str], progress: Callable[[int], None] | None) -> list[Verdict]:
        verdicts: list[Verdict] = []
        for embeddings in self.encoder.in_groups([encoder_text(template) for template in templates]):
            group = templates[len(verdicts) : len(verdicts) + len(embeddings)]
            rows = self.probabilities(group, embeddings)
            verdicts += [self.verdict(template, row) for template, row in zip(group, rows, strict=True)]
            if progress:
                progress(len(group))
        return verdicts

    def probabilities(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        """Return the calibrated probabilities of templates, shape (templates, labels), as they are published."""
        # Rounded before anything is decided, so that what is printed is what decided. In double precision, where a
        # rounded number is also printed as one.
        exact = np.asarray(self.classifier.predict_proba(templates, embeddings), dtype=np.float64)
        return np.round(exact, CONFIDENCE_DIGITS)

    def verdict(self, template: str, probabilities: npt.NDArray[np.float64]) -> Verdict:
        """Return what the probabilities of a template, shape (labels,), mean: its label, or a guess."""
        best = int(probabilities.argmax())
        if probabilities[best] >= self.threshold:
            # `Unclassified` may stand too: debug dumps and fragments are a kind of their own.
            return Verdict(self.classifier.labels[best], float(probabilities[best]), "embedding", template)
        guess = max(self._meaningful, key=lambda column: probabilities[column])
        label = self.classifier.labels[guess]
        return Verdict(UNCLASSIFIED, float(probabilities[guess]), "none", template, best_guess=label)


def load_embedding_tier(bundle: Bundle, max_entries: int = 200_000) -> EmbeddingTier:
    """Load the encoder and the classifier of a verified bundle. Takes half a second. ``max_entries``: its cache's.

    Raises:
        BundleError: the classifier cannot be loaded, or answers labels that the taxonomy does not have.
    """
    encoder = load_encoder(bundle.manifest.encoder, bundle.encoder_delta)
    classifier: Classifier
    if CLASSIFIER in bundle.files:
        path = bundle.directory / CLASSIFIER
        classifier = read_classifier(bundle.files[CLASSIFIER], path)
    else:
        from pipeline.own_classifier import load_own_classifier

        path = bundle.directory / OWN_CLASSIFIER
        classifier = load_own_classifier(bundle)
    unknown = sorted(set(classifier.labels) - set(bundle.labels))
    if unknown:
        raise BundleError(f"{path} answers {unknown}, which the taxonomy of its bundle does not have")
    return EmbeddingTier(encoder, classifier, bundle.manifest.threshold, max_entries)
