import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import msgspec
import pytest

from pipeline.bundle import (
    ENCODER_DELTA,
    FORMAT_VERSION,
    Bundle,
    Manifest,
    default_bundle,
    read_bundle,
    write_manifest,
)
from pipeline.cascade import load_cascade
from pipeline.encoder import EncoderReference, packaged_weights, weights_sha256
from pipeline.errors import BundleError, ChecksumError, RuleError
from pipeline.routes import DEFAULT_ROUTE

MANIFEST = Manifest(
    format_version=FORMAT_VERSION,
    name="small",
    labels={"Error": "something failed", "User Action": "somebody did something"},
    threshold=0.5,
    encoder=EncoderReference("all-MiniLM-L6-v2", "0" * 64),
    checksums={},
)
RULES = "- {name: fail, label: Error, pattern: fail, match: [it fails]}\n"


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._file,)


@pytest.fixture
def sprung(tmp_path: Path) -> Path:
    return tmp_path / "sprung"


@pytest.fixture
def directory(tmp_path: Path, sprung: Path) -> Path:
    """A small bundle, whose classifier is one of the user's own, and a trap."""
    directory = tmp_path / "bundle"
    directory.mkdir()
    (directory / "rules.yaml").write_text(RULES)
    (directory / "routes.yaml").write_text("sources: {CRM: [memory, llm]}\n")
    (directory / "classifier.joblib").write_bytes(pickle.dumps(Trap(sprung)))
    write_manifest(directory, MANIFEST)
    return directory


def read(directory: Path, digest: str | None = None) -> Bundle:
    """Take a bundle as far as it goes: read, and where that is allowed, load."""
    bundle = read_bundle(directory, digest)
    load_cascade(bundle)
    return bundle


def rewrite(directory: Path, **members: Any) -> None:
    content = msgspec.json.decode((directory / "manifest.json").read_bytes())
    (directory / "manifest.json").write_bytes(msgspec.json.encode({**content, **members}))


def test_the_trap_works(directory: Path, sprung: Path) -> None:
    joblib.load(directory / "classifier.joblib")
    assert sprung.exists()


def test_a_whole_bundle_is_read_and_nothing_of_it_is_unpickled(directory: Path, sprung: Path) -> None:
    bundle = read_bundle(directory)
    assert bundle.labels == ("Error", "User Action", "Unclassified")
    assert bundle.version == f"small@{bundle.digest[:7]}"
    assert bundle.encoder_delta is None
    assert bundle.routes.of("CRM") == ("memory", "llm")
    assert bundle.routes.of("") == DEFAULT_ROUTE
    found = bundle.rules.first_match("it fails", "")
    assert found is not None
    assert found.name == "fail"
    assert not sprung.exists()


def test_the_digest_covers_every_file(directory: Path) -> None:
    digests = [read_bundle(directory).digest]
    for name, content in (("rules.yaml", RULES + "#"), ("routes.yaml", ""), ("classifier.joblib", "x")):
        (directory / name).write_text(content)
        digests.append(write_manifest(directory, MANIFEST))
        assert read_bundle(directory).digest == digests[-1]
    assert len(set(digests)) == 4


def test_an_optional_file_is_verified_like_the_others(directory: Path) -> None:
    (directory / ENCODER_DELTA).write_bytes(b"weights")
    write_manifest(directory, MANIFEST)
    assert read_bundle(directory).encoder_delta == (directory / ENCODER_DELTA).read_bytes()
    (directory / ENCODER_DELTA).write_bytes(b"other weights")
    with pytest.raises(ChecksumError, match=ENCODER_DELTA):
        read_bundle(directory)


@pytest.mark.parametrize("place", [0, 12, 63])
def test_a_pinned_digest_admits_that_bundle_alone(directory: Path, place: int, sprung: Path) -> None:
    digest = read_bundle(directory).digest
    assert read_bundle(directory, digest.upper()).digest == digest
    other = digest[:place] + ("0" if digest[place] != "0" else "1") + digest[place + 1 :]
    with pytest.raises(
        ChecksumError, match=f"has the digest {digest}, and BUNDLE_DIGEST pins {other}: install"
    ):
        read(directory, other)
    assert not sprung.exists()


@pytest.mark.parametrize("name", ["rules.yaml", "routes.yaml", "classifier.joblib"])
def test_a_tampered_or_missing_file_is_named(directory: Path, sprung: Path, name: str) -> None:
    content = (directory / name).read_bytes()
    (directory / name).write_bytes(content + b" ")
    with pytest.raises(ChecksumError, match=f"{name} is not the file that its manifest names"):
        read(directory)
    (directory / name).unlink()
    with pytest.raises(
        BundleError, match=rf"incomplete: {name} cannot be read \(No such file or directory\)"
    ):
        read(directory)
    assert not sprung.exists()


def without(name: str) -> Callable[[Path], None]:
    return lambda directory: rewrite(
        directory, checksums={k: v for k, v in read_bundle(directory).manifest.checksums.items() if k != name}
    )


def with_file(name: str) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        checksums = read_bundle(directory).manifest.checksums
        (directory / Path(name).name).write_bytes(b"x")
        rewrite(directory, checksums={**checksums, name: "0" * 64})

    return change


def raw(content: bytes) -> Callable[[Path], int]:
    return lambda directory: (directory / "manifest.json").write_bytes(content)


def having(**members: Any) -> Callable[[Path], None]:
    return lambda directory: rewrite(directory, **members)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda directory: (directory / "manifest.json").unlink(),
            "is not a bundle: manifest.json cannot be read",
        ),
        (raw(b""), "is not a manifest: Input data was truncated"),
        (raw(b"\x80\x04garbage"), "is not a manifest: JSON is malformed"),
        (raw(b"\xff\xfe{}"), "is not a manifest: "),
        (raw(b"[1]"), "is not a manifest: Expected `object`, got `array`"),
        (raw(b'{"format_version": 3, "scores": ' + b"[" * 100_000), "is not a manifest: "),
        (
            raw(b"{}"),
            f"has the format version None, and this logsluice reads {FORMAT_VERSION}: make the bundle again",
        ),
        (
            having(format_version=1),
            f"has the format version 1, and this logsluice reads {FORMAT_VERSION}: make the bundle again",
        ),
        (
            having(format_version=str(FORMAT_VERSION)),
            f"has the format version {FORMAT_VERSION}, and this logsluice reads {FORMAT_VERSION}",
        ),
        (having(name=None), "is not a manifest: Expected `str`, got `null` - at `$.name`"),
        (having(surprise=1), "is not a manifest: Object contains unknown field `surprise`"),
        (having(labels={}), "`labels` must name at least one label"),
        (
            having(labels={"Unclassified": "?"}),
            "`labels` must name at least one label, and Unclassified is not",
        ),
        (having(threshold=1.5), "`threshold` must lie between 0 and 1, and is 1.5"),
        (
            without("classifier.joblib"),
            "names no classifier.npz: make the bundle again with `logsluice train`",
        ),
        (without("rules.yaml"), "names no rules.yaml"),
        (with_file("extra.bin"), "names 'extra.bin', which is no file of a bundle"),
        (with_file("../sneaky.yaml"), "names '../sneaky.yaml', which is no file of a bundle"),
        (having(labels={"Other": "x"}), "rule 'fail' has the label 'Error', which is none of ['Other']"),
    ],
)
def test_what_is_no_bundle_is_refused_in_a_sentence(
    directory: Path, sprung: Path, change: Callable[[Path], object], reason: str
) -> None:
    change(directory)
    with pytest.raises(BundleError) as caught:
        read(directory)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not sprung.exists()


def test_a_wrong_rule_makes_a_wrong_bundle(directory: Path) -> None:
    (directory / "rules.yaml").write_text("- {name: a, label: Error, pattern: '(', match: [x]}")
    write_manifest(directory, MANIFEST)
    with pytest.raises(RuleError, match="rule 'a' has a pattern that RE2 refuses"):
        read_bundle(directory)


def test_another_encoder_than_the_bundle_names_is_refused_before_unpickling(
    directory: Path, sprung: Path
) -> None:
    with pytest.raises(ChecksumError, match=r"was trained with all-MiniLM-L6-v2 000000000000"):
        read(directory)
    assert not sprung.exists()


def test_a_pickle_is_loaded_only_where_the_digest_is_pinned(directory: Path, sprung: Path) -> None:
    rewrite(directory, encoder={"name": "MiniLM", "sha256": weights_sha256(packaged_weights())})
    digest = read_bundle(directory).digest
    with pytest.raises(BundleError, match=f"runs code: if you trust .* set LOGSLUICE_BUNDLE_DIGEST={digest}"):
        read(directory)
    assert not sprung.exists()
    with pytest.raises(BundleError, match="cannot be loaded"):  # a trap is no classifier
        read(directory, digest)
    assert sprung.exists()


def test_the_built_in_bundle_is_whole() -> None:
    bundle = read_bundle(default_bundle())
    assert bundle.manifest.name == "default"
    assert len(bundle.manifest.labels) == 9
