"""A classifier learns a few corrections, and keeps what it knew."""

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.bundle import CLASSIFIER
from pipeline.classifier import TemplateClassifier
from pipeline.classifier_file import read_classifier
from pipeline.examples import read_examples
from pipeline.features import encoder_text
from pipeline.masking import mask
from tests.support import default_model
from training.adapt import Embedded, adapted

CORRECTED = {
    "kiln <num> cone slumped early": "Workflow Error",
    "kiln <num> cone slumped late": "Workflow Error",
    "kiln <num> cone slumped on shelf <num>": "Workflow Error",
    "kiln <num> ware bisqued": "User Action",
    "kiln <num> ware glazed by hand": "User Action",
    "kiln <num> ware stacked by hand": "User Action",
}
OTHER = {
    "kiln <num> cone slumped twice": "Workflow Error",
    "kiln <num> ware trimmed by hand": "User Action",
}


def embedded(templates: list[str]) -> Embedded:
    return Embedded(
        templates, default_model.new_tier().encoder.encode([encoder_text(each) for each in templates])
    )


@pytest.fixture(scope="module")
def before() -> TemplateClassifier:
    bundle = default_model.bundle()
    found = read_classifier(bundle.files[CLASSIFIER], bundle.directory)
    assert isinstance(found, TemplateClassifier)
    return found


@pytest.fixture(scope="module")
def kept() -> Embedded:
    examples = read_examples(default_model.bundle().examples)
    return Embedded([each.template for each in examples.all], examples.embeddings)


def labels(classifier: TemplateClassifier, part: Embedded) -> npt.NDArray[np.str_]:
    found = classifier.predict_proba(part.templates, part.embeddings)
    best: npt.NDArray[np.str_] = np.array(classifier.labels)[found.argmax(axis=1)]
    return best


def test_it_learns_corrections_and_what_is_like_them_and_keeps_the_rest(
    before: TemplateClassifier, kept: Embedded
) -> None:
    known, other = embedded([*CORRECTED]), embedded([*OTHER])
    assert (labels(before, other) != [*OTHER.values()]).any()
    after = adapted(before, known, [*CORRECTED.values()], kept)
    assert labels(after, known).tolist() == [*CORRECTED.values()]
    assert labels(after, other).tolist() == [*OTHER.values()]
    assert (labels(after, kept) == labels(before, kept)).mean() > 0.96
    assert "kiln" in after.words.columns
    again = adapted(before, known, [*CORRECTED.values()], kept)
    assert (again.by_words.weights == after.by_words.weights).all()


def test_without_anything_to_keep_it_learns_too(before: TemplateClassifier) -> None:
    nothing = Embedded([], np.empty((0, 384), dtype=np.float32))
    known = embedded([*CORRECTED])
    after = adapted(before, known, [*CORRECTED.values()], nothing)
    assert labels(after, known).tolist() == [*CORRECTED.values()]
    assert after.words.known[: len(before.words.known)] == before.words.known


def test_a_template_of_the_file_is_the_template_of_the_service() -> None:
    for template in (*CORRECTED, *OTHER):
        assert mask(template) == template
