"""Train a bundle: rows in, a directory with manifest, rules, routes and classifier out."""

import platform
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from pipeline.bundle import (
    CLASSIFIER,
    ENCODER_DELTA,
    EXAMPLES,
    FORMAT_VERSION,
    MANIFEST,
    ROUTES,
    RULES,
    Manifest,
    read_bundle,
    write_manifest,
)
from pipeline.bundle_directory import holds_something_else, replacing
from pipeline.classifier_file import write_classifier
from pipeline.encoder import Encoder, EncoderReference, load_encoder, packaged_weights, weights_sha256
from pipeline.errors import BundleError, ChecksumError
from pipeline.examples import MAX_EXAMPLES, Example, write_examples
from pipeline.features import encoder_text
from pipeline.minilm import read_weights
from pipeline.routes import read_routes
from pipeline.rules import read_rules
from pipeline.verdict import UNCLASSIFIED
from training.fine_tune import EPOCHS, fine_tune, write_delta
from training.fit import FOLDS, Embeddings, Indices, Trust, fit
from training.rows import Row, TrainingDataError, check_enough, digest

ENCODER = "all-MiniLM-L6-v2"
NO_RULES = """\
# Rules: the first that matches wins. One looks like this; after editing run `logsluice train --seal`.
#
# - name: payment-declined
#   label: Workflow Error          # one of the labels of this bundle
#   pattern: '(?i)payment .* declined'  # RE2 (https://github.com/google/re2/wiki/Syntax), searched in the message
#   match:                         # messages that it must match, one or more
#     - Payment of order 17 declined by the bank
#   no_match:                      # messages that it must not match; may be left out
#     - Payment received
#   source: BillingSystem          # the only source that it is for; may be left out
"""
_FOLDS_FINE_TUNED = 2  # each costs a fine-tuning of its own


class Progress:
    """Is called with the steps of a training: what is being done, and how many templates of it are done."""

    def __init__(self, step: Callable[[str, int], None], advance: Callable[[int], None]) -> None:
        self.step = step
        self.advance = advance


def train(
    rows: Sequence[Row],
    labels: Mapping[str, str],
    output: Path,
    rules: Path | None,
    routes: Path | None,
    precision: float,
    seed: int,
    tune: bool,
    progress: Progress,
    second_opinion: bool = False,
) -> Trust:
    """Train on rows and write the bundle; one that lies in ``output`` is replaced once the new one is whole.

    With ``tune`` the encoder learns from the rows too: better labels, some minutes more for every 1,000 rows.
    With ``second_opinion`` a label stands only where a second model gives the same.
    ``labels`` maps labels to what they mean; a label of the rows that is not among them means its own name.

    Raises:
        TrainingDataError: nothing can be learnt from the rows, or ``output`` holds something else.
        BundleError: rules or routes cannot be read, or do not fit the taxonomy.
    """
    check_enough(rows)
    output = output.resolve()
    if holds_something_else(output):
        raise TrainingDataError(f"{output} exists and is not a bundle: name another directory with -o")
    found = Counter(row.label for row in rows)
    taxonomy = {label: meaning for label, meaning in labels.items() if label in found}
    taxonomy |= {label: label for label in found if label not in taxonomy and label != UNCLASSIFIED}
    # Said now, and not after minutes of training.
    if second_opinion:
        import training.forest  # noqa: F401  # it needs scikit-learn
    if rules is not None:
        read_rules(rules, tuple(taxonomy))
    if routes is not None:
        read_routes(routes)

    with replacing(output) as directory:
        encoders = _Encoders(rows, seed, directory / ENCODER_DELTA if tune else None, progress)
        classifier, trust = fit(
            rows,
            encoders.embeddings_from,
            precision,
            seed,
            lambda what: progress.step(f"fitting {what}", 0),
            _FOLDS_FINE_TUNED if tune else FOLDS,
            second_opinion,
            tune,
        )
        write_classifier(directory / CLASSIFIER, classifier)
        shown = choose_examples(rows)
        examples = [Example(rows[i].template, rows[i].label) for i in shown]
        write_examples(directory / EXAMPLES, examples, encoders.of_all[shown])
        _copy_or_empty(rules, directory / RULES, NO_RULES)
        _copy_or_empty(routes, directory / ROUTES, "{}\n")
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            name=output.name,
            labels=taxonomy,
            threshold=trust.threshold,
            encoder=encoders.reference,
            checksums={},
            trained_on={
                "rows": len(rows),
                "rows_sha256": digest(rows),
                "by_label": dict(sorted(found.items())),
                "seed": seed,
                "fine_tuned": tune,
                **({"second_opinion": True} if second_opinion else {}),
                "python": platform.python_version(),
                "numpy": np.__version__,
            },
            scores={"target_precision": precision, "held_out": msgspec.to_builtins(trust)},
        )
        write_manifest(directory, manifest)
    return trust


class _Encoders:
    """The encoder as installed, or one fine-tuned on just the rows that a fold may learn from."""

    def __init__(self, rows: Sequence[Row], seed: int, delta: Path | None, progress: Progress) -> None:
        self.reference = EncoderReference(ENCODER, weights_sha256(packaged_weights()))
        self._texts = [encoder_text(row.template) for row in rows]
        self._labels = [row.label for row in rows]
        self._seed = seed
        self._delta = delta
        self._progress = progress
        self.of_all: Embeddings = np.empty((0, 0), dtype=np.float32)
        """Embeddings of all rows by the encoder that the bundle will have, once there are any."""

    def embeddings_from(self, indices: Indices) -> Embeddings:
        """Return embeddings of all rows by an encoder that has learnt from the rows named."""
        if self._delta is None:
            if not len(self.of_all):
                self.of_all = self._encode(load_encoder(self.reference))
            return self.of_all
        self._progress.step("fine-tuning", len(indices) * EPOCHS)
        weights = fine_tune(
            [self._texts[i] for i in indices],
            [self._labels[i] for i in indices],
            self._seed,
            progress=self._progress.advance,
        )
        if len(indices) < len(self._texts):
            return self._encode(load_encoder(self.reference).tuned(weights))
        # The classifier is fitted to what will be shipped: the weights as the small file gives them back.
        write_delta(read_weights(packaged_weights()), weights, self._delta)
        self.of_all = self._encode(load_encoder(self.reference, self._delta.read_bytes()))
        return self.of_all

    def _encode(self, encoder: Encoder) -> Embeddings:
        self._progress.step("embedding", len(self._texts))
        return encoder.encode(self._texts, self._progress.advance)


def choose_examples(rows: Sequence[Row]) -> list[int]:
    """Return the places of the rows that an LLM may be shown: of every label as many, spread over the systems."""
    by_label: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        by_label.setdefault(row.label, []).append(place)
    share = MAX_EXAMPLES // len(by_label)
    chosen = []
    for places in by_label.values():
        step = max(1, len(places) / share)
        chosen += [places[int(number * step)] for number in range(min(share, len(places)))]
    return sorted(chosen)


def seal(directory: Path) -> str:
    """Write the manifest of a bundle again after its rules or routes were edited; return its digest.

    Raises:
        BundleError: the bundle is not valid as it stands, checksums of rules and routes aside. The manifest
            is left as it was then.
    """
    path = directory / MANIFEST
    content = path.read_bytes()
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleError(f"{path} is not a manifest: {error}") from error
    try:
        digest_now = write_manifest(directory, manifest)
        found = read_bundle(directory).manifest.checksums
        read_rules(directory / RULES, tuple(manifest.labels))
        for name in manifest.checksums:
            # Rules and routes can be read; of anything else a seal would hide that it was swapped.
            if name not in (RULES, ROUTES) and found.get(name) != manifest.checksums[name]:
                raise ChecksumError(
                    f"{directory / name} is not the file that its manifest names: train it again"
                )
    except BundleError:
        path.write_bytes(content)
        raise
    return digest_now


def _copy_or_empty(source: Path | None, destination: Path, empty: str) -> None:
    if source is None:
        destination.write_text(empty, encoding="utf-8")
    else:
        shutil.copyfile(source, destination)
