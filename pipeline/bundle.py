"""A model bundle: one versioned directory that holds everything a label depends on.

::

    manifest.json               name, taxonomy, checksums, encoder, threshold, training data, scores
    rules.yaml                  the rules
    routes.yaml                 the routes
    classifier.npz              the arrays of the classifier (or classifier.joblib, one of the user's own)
    encoder_delta.safetensors   weight changes of a fine-tuned encoder (optional)
    examples.npz                labelled templates with their embeddings, for the LLM (optional)

A bundle is data: nothing in it is run. The exception is a ``classifier.joblib``, which is a pickle, and is loaded
only where the user pins the digest of the bundle. Every file is compared with the manifest before anything is
opened, and the manifest itself with that digest.
"""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from pipeline.encoder import EncoderReference
from pipeline.errors import BundleError, ChecksumError
from pipeline.routes import Routes, parse_routes
from pipeline.rules import RuleSet, parse_rules
from pipeline.verdict import UNCLASSIFIED

BUILT_IN = Path(__file__).resolve().parent.parent / "models"
"""What is installed with this file. Not asked of the import path, where a `models` of the user's may come first."""
FORMAT_VERSION = 2
MANIFEST = "manifest.json"
RULES = "rules.yaml"
ROUTES = "routes.yaml"
CLASSIFIER = "classifier.npz"
OWN_CLASSIFIER = "classifier.joblib"
ENCODER_DELTA = "encoder_delta.safetensors"
EXAMPLES = "examples.npz"
_REQUIRED = (RULES, ROUTES)
_OPTIONAL = (CLASSIFIER, OWN_CLASSIFIER, ENCODER_DELTA, EXAMPLES)
FILES = frozenset((MANIFEST, *_REQUIRED, *_OPTIONAL))


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle says of itself.

    ``labels`` maps each label of the taxonomy to what it means; `UNCLASSIFIED` is implied and not among them.
    ``threshold`` is the confidence from which the embedding tier's answer stands. ``checksums`` maps each
    other file of the bundle to its SHA-256.
    """

    format_version: int
    name: str
    labels: dict[str, str]
    threshold: float
    encoder: EncoderReference
    checksums: dict[str, str]
    trained_on: dict[str, Any] = {}
    scores: dict[str, Any] = {}


class Bundle(msgspec.Struct, frozen=True):
    """A verified bundle: its manifest, rules and routes, and the bytes of its other files.

    What was verified is what is used: a file that is exchanged afterwards is not looked at. ``pinned`` says
    whether the user named the digest.
    """

    directory: Path
    manifest: Manifest
    digest: str
    rules: RuleSet
    routes: Routes
    files: dict[str, bytes]
    pinned: bool = False

    @property
    def version(self) -> str:
        """The name and the first seven digits of the digest, ``default@3f9c2a1``."""
        return f"{self.manifest.name}@{self.digest[:7]}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that may be published: the taxonomy's, then `UNCLASSIFIED`."""
        return (*self.manifest.labels, UNCLASSIFIED)

    @property
    def encoder_delta(self) -> bytes | None:
        """The fine-tuned encoder's weight changes, if the bundle has some."""
        return self.files.get(ENCODER_DELTA)

    @property
    def examples(self) -> bytes | None:
        """The labelled examples for the LLM, if the bundle has some."""
        return self.files.get(EXAMPLES)


def read_bundle(directory: Path, digest: str | None = None) -> Bundle:
    """Read and verify a bundle. Nothing is unpickled here.

    Raises:
        ChecksumError: a file, or with ``digest`` the manifest, is not the one expected.
        BundleError: the bundle is missing, incomplete, of an unknown format, or its rules or routes are
            wrong.
    """
    manifest, found = _read_manifest(directory)
    if digest is not None and found != digest.lower():
        raise ChecksumError(
            f"the bundle in {directory} has the digest {found}, and BUNDLE_DIGEST pins {digest}: "
            "install the bundle that was pinned, or pin this one if you trust where it comes from"
        )
    own = CLASSIFIER not in manifest.checksums and OWN_CLASSIFIER in manifest.checksums
    for name in (*_REQUIRED, OWN_CLASSIFIER if own else CLASSIFIER):
        if name not in manifest.checksums:
            raise BundleError(
                f"the manifest in {directory} names no {name}: make the bundle again with `logsluice train`"
            )
    files = {name: _read_verified(directory, name, expected) for name, expected in manifest.checksums.items()}
    # Who made or sealed the bundle has checked the examples of its rules: that would be most of the start.
    rules = parse_rules(files.pop(RULES), directory / RULES, tuple(manifest.labels), check_examples=False)
    routes = parse_routes(files.pop(ROUTES), directory / ROUTES)
    return Bundle(directory, manifest, found, rules, routes, files, digest is not None)


def write_manifest(directory: Path, manifest: Manifest) -> str:
    """Write the manifest of the files that lie in a directory, and return the bundle's digest."""
    files = [name for name in (*_REQUIRED, *_OPTIONAL) if (directory / name).exists()]
    manifest = msgspec.structs.replace(
        manifest, checksums={name: _sha256(directory / name) for name in files}
    )
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    (directory / MANIFEST).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def manifest_digest(directory: Path) -> str | None:
    """Return the digest of the bundle in a directory, as its manifest gives it; None if there is none."""
    try:
        return _sha256(directory / MANIFEST)
    except OSError:
        return None


def _read_manifest(directory: Path) -> tuple[Manifest, str]:
    path = directory / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(
            f"{directory} is not a bundle: {MANIFEST} cannot be read ({error.strerror})"
        ) from error
    try:
        version = msgspec.json.decode(content, type=dict[str, Any]).get("format_version")
        if version != FORMAT_VERSION:
            raise BundleError(
                f"{path} has the format version {version}, and this logsluice reads {FORMAT_VERSION}: "
                "make the bundle again with `logsluice train`, or install the logsluice that made it"
            )
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{path} is not a manifest: {error}") from error
    if not manifest.labels or UNCLASSIFIED in manifest.labels:
        raise BundleError(
            f"{path}: `labels` must name at least one label, and {UNCLASSIFIED} is not one of them"
        )
    if not 0 <= manifest.threshold <= 1:
        raise BundleError(f"{path}: `threshold` must lie between 0 and 1, and is {manifest.threshold}")
    return manifest, hashlib.sha256(content).hexdigest()


def _read_verified(directory: Path, name: str, expected: str) -> bytes:
    if name not in (*_REQUIRED, *_OPTIONAL):
        raise BundleError(f"the manifest in {directory} names {name!r}, which is no file of a bundle")
    try:
        content = (directory / name).read_bytes()
    except OSError as error:
        raise BundleError(
            f"the bundle in {directory} is incomplete: {name} cannot be read ({error.strerror})"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ChecksumError(
            f"{directory / name} is not the file that its manifest names (SHA-256 {found[:12]}..., expected "
            f"{expected[:12]}...): restore the bundle; after editing rules or routes run "
            "`logsluice train --seal`"
        )
    return content


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def default_bundle() -> Path:
    """Return the directory of the bundle that is built in."""
    return BUILT_IN / "default"
