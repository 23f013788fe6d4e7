"""A copy of the default bundle, and changes to it."""

from pathlib import Path

import msgspec

from pipeline.bundle import MANIFEST, RULES, Manifest, read_bundle, write_manifest
from training.train import seal

LINE = "the frobnicator has frobnicated"
RULE = """
- name: frobnicator
  label: {label}
  pattern: 'frobnicat'
  match: ['{line}']
"""
NEW_LABEL = "Frobnication"


def manifest_of(directory: Path) -> Manifest:
    return msgspec.json.decode((directory / MANIFEST).read_bytes(), type=Manifest)


def write_rule(directory: Path, label: str) -> None:
    (directory / RULES).write_text(RULE.format(label=label, line=LINE))


def with_rule(directory: Path, label: str) -> str:
    """Change the rules of a bundle, and return its new version."""
    write_rule(directory, label)
    seal(directory)
    return read_bundle(directory).version


def add_label(directory: Path) -> str:
    manifest = manifest_of(directory)
    labels = manifest.labels | {NEW_LABEL: "something was frobnicated"}
    write_manifest(directory, msgspec.structs.replace(manifest, labels=labels))
    return with_rule(directory, NEW_LABEL)
