"""Make a bundle from another one and some corrections, in seconds: same encoder, rules, routes and threshold."""

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from pipeline.bundle import CLASSIFIER, ENCODER_DELTA, EXAMPLES, ROUTES, RULES, Bundle, write_manifest
from pipeline.bundle_directory import holds_something_else, replacing
from pipeline.classifier import TemplateClassifier
from pipeline.classifier_file import read_classifier, write_classifier
from pipeline.encoder import Embeddings, load_encoder
from pipeline.examples import MAX_EXAMPLES, Example, Examples, read_examples, write_examples
from pipeline.features import encoder_text
from training.adapt import WEIGHT, Embedded, adapted
from training.rows import Row, TrainingDataError, digest

_MOST_NEW_EXAMPLES = MAX_EXAMPLES // 4


def retrain(
    base: Bundle,
    rows: Sequence[Row],
    output: Path,
    rules: Path | None,
    routes: Path | None,
    step: Callable[[str, int], None],
    advance: Callable[[int], None],
    weight: float = WEIGHT,
) -> None:
    """Write a bundle that knows what ``base`` knows and the corrections in ``rows``; see `training.adapt`.

    Its threshold is that of ``base``: corrections are no fair sample to choose another by.

    Raises:
        TrainingDataError: there are no rows, one has a label that ``base`` cannot give, ``base`` has a classifier that
            cannot learn so, or ``output`` holds something else.
        BundleError: ``base`` cannot be loaded, or rules or routes do not fit.
    """
    output = output.resolve()
    if holds_something_else(output):
        raise TrainingDataError(f"{output} exists and is not a bundle: name another directory with -o")
    classifier = _classifier(base)
    _check(base, classifier, rows)
    step("embedding", len(rows))
    encoder = load_encoder(base.manifest.encoder, base.encoder_delta)
    embeddings = encoder.encode([encoder_text(row.template) for row in rows], advance)
    shown = read_examples(base.examples)
    step("learning the corrections", 0)
    learnt = learn(classifier, rows, embeddings, shown, weight)
    with replacing(output) as directory:
        write_classifier(directory / CLASSIFIER, learnt)
        if base.encoder_delta is not None:
            (directory / ENCODER_DELTA).write_bytes(base.encoder_delta)
        _write_examples(directory / EXAMPLES, rows, embeddings, shown)
        shutil.copyfile(rules or base.directory / RULES, directory / RULES)
        shutil.copyfile(routes or base.directory / ROUTES, directory / ROUTES)
        learnt_from = {
            "bundle": base.version,
            "corrections": len(rows),
            "rows_sha256": digest(rows),
            "by_label": dict(sorted(Counter(row.label for row in rows).items())),
            "weight": weight,
        }
        trained_on = {**base.manifest.trained_on, "retrained_from": learnt_from}
        manifest = msgspec.structs.replace(base.manifest, name=output.name, trained_on=trained_on)
        write_manifest(directory, manifest)


def learn(
    classifier: TemplateClassifier,
    rows: Sequence[Row],
    embeddings: Embeddings,
    shown: Examples,
    weight: float = WEIGHT,
) -> TemplateClassifier:
    """Return a classifier that has learnt rows, and of the examples says what it said, where no row is about them."""
    places = _others(shown, rows)
    kept = Embedded([shown.all[place].template for place in places], shown.embeddings[places])
    corrections = Embedded([row.template for row in rows], embeddings)
    return adapted(classifier, corrections, [row.label for row in rows], kept, weight)


def _others(shown: Examples, rows: Sequence[Row]) -> list[int]:
    """Return the places of the examples whose template nobody has corrected."""
    corrected = {row.template for row in rows}
    return [place for place, each in enumerate(shown.all) if each.template not in corrected]


def _classifier(base: Bundle) -> TemplateClassifier:
    if CLASSIFIER in base.files:
        classifier = read_classifier(base.files[CLASSIFIER], base.directory / CLASSIFIER)
        if isinstance(classifier, TemplateClassifier):
            return classifier
    raise TrainingDataError(
        f"{base.version} has a classifier of its own or a second opinion, and cannot learn corrections alone: name "
        "the files that it was trained from as well"
    )


def _check(base: Bundle, classifier: TemplateClassifier, rows: Sequence[Row]) -> None:
    if not rows:
        raise TrainingDataError("there are no corrections to learn from: the file has no rows")
    foreign = dict.fromkeys(row.label for row in rows if row.label not in classifier.labels)
    if foreign:
        raise TrainingDataError(
            f"{base.version} cannot give the {'label' if len(foreign) == 1 else 'labels'} "
            f"{', '.join(map(repr, foreign))}: correct the file, or train from files that have them"
        )


def _write_examples(path: Path, rows: Sequence[Row], embeddings: Embeddings, shown: Examples) -> None:
    """Write the corrections, many of them spread, and as many of the examples before as there is room for."""
    new = _spread(range(len(rows)), _MOST_NEW_EXAMPLES)
    old = _spread(_others(shown, rows), MAX_EXAMPLES - len(new))
    examples = [Example(rows[place].template, rows[place].label) for place in new]
    examples += [shown.all[place] for place in old]
    write_examples(path, examples, np.vstack([embeddings[new], shown.embeddings[old].reshape(len(old), -1)]))


def _spread(places: Sequence[int], most: int) -> list[int]:
    step = max(1.0, len(places) / most)
    return [places[int(number * step)] for number in range(min(most, len(places)))]
