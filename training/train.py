"""Train a bundle: rows in, a directory with manifest, rules, routes and classifier out."""

import platform
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import joblib
import msgspec
import sklearn

from pipeline.bundle import CLASSIFIER, FORMAT_VERSION, ROUTES, RULES, Manifest, read_bundle, write_manifest
from pipeline.encoder import EncoderReference, load_encoder, packaged_weights, weights_sha256
from pipeline.features import encoder_text
from pipeline.verdict import UNCLASSIFIED
from training.fit import Trust, fit
from training.rows import Row, TrainingDataError, check_enough, digest

ENCODER = "all-MiniLM-L6-v2"


class Progress:
    """Told of the steps of a training: what is being done, and how many templates of it are done."""

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
    progress: Progress,
) -> Trust:
    """Train on rows and write the bundle; one that lies in ``output`` is replaced once the new one is whole.

    ``labels`` maps labels to what they mean; a label of the rows that is not among them means its own name.

    Raises:
        TrainingDataError: nothing can be learnt from the rows, or ``output`` holds something else.
        BundleError: rules or routes do not fit the taxonomy.
    """
    check_enough(rows)
    _refuse_other_content(output)
    found = Counter(row.label for row in rows)
    taxonomy = {label: meaning for label, meaning in labels.items() if label in found}
    taxonomy |= {label: label for label in found if label not in taxonomy and label != UNCLASSIFIED}

    encoder = load_encoder(EncoderReference(ENCODER, weights_sha256(packaged_weights())))
    progress.step("embedding", len(rows))
    embeddings = encoder.encode([encoder_text(row.template) for row in rows], progress.advance)
    classifier, trust = fit(
        rows, embeddings, precision, seed, lambda what: progress.step(f"fitting {what}", 0)
    )

    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as name:
        directory = Path(name)
        joblib.dump(classifier, directory / CLASSIFIER, compress=3)
        _copy_or_empty(rules, directory / RULES, "[]\n")
        _copy_or_empty(routes, directory / ROUTES, "{}\n")
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            name=output.name,
            labels=taxonomy,
            threshold=trust.threshold,
            encoder=encoder.reference,
            checksums={},
            trained_on={
                "rows": len(rows),
                "rows_sha256": digest(rows),
                "by_label": dict(sorted(found.items())),
                "seed": seed,
                "python": platform.python_version(),
                "scikit_learn": sklearn.__version__,
            },
            scores={"target_precision": precision, "held_out": msgspec.to_builtins(trust)},
        )
        write_manifest(directory, manifest)
        read_bundle(directory)
        _replace(directory, output)
    return trust


def seal(directory: Path) -> str:
    """Write the manifest of a bundle anew after its rules or routes were edited; return its digest.

    Raises:
        BundleError: the bundle is not valid as it stands, its checksums aside.
    """
    content = (directory / "manifest.json").read_bytes()
    found = write_manifest(directory, msgspec.json.decode(content, type=Manifest))
    read_bundle(directory)
    return found


def _copy_or_empty(source: Path | None, destination: Path, empty: str) -> None:
    if source is None:
        destination.write_text(empty, encoding="utf-8")
    else:
        shutil.copyfile(source, destination)


def _refuse_other_content(output: Path) -> None:
    if output.exists() and not (
        output.is_dir() and ((output / "manifest.json").exists() or not any(output.iterdir()))
    ):
        raise TrainingDataError(f"{output} exists and is not a bundle: name another directory with -o")


def _replace(directory: Path, output: Path) -> None:
    output.mkdir(exist_ok=True)
    for old in output.iterdir():
        old.unlink()
    for new in directory.iterdir():
        new.replace(output / new.name)
