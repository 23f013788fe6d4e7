"""A rule into a bundle's directory: added at the end of its rules.yaml, sealed, and never half there for a reader."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.bundle import BUILT_IN, MANIFEST, RULES, Bundle, read_bundle, write_manifest
from pipeline.errors import BundleError, RuleError
from pipeline.rules import Rule, RuleSet, parse_rules
from training.suggesting.entries import entry


class NotChangedError(BundleError):
    """A bundle is not to be changed, or cannot be; nothing was written."""


def check_may_change(directory: Path | None, digest: str | None) -> Path:
    """Return the directory of a bundle that rules may be added to; None stands for the built-in one.

    Raises:
        NotChangedError: it is the built-in one, or its digest is pinned.
    """
    if directory is None or BUILT_IN in (directory.resolve(), *directory.resolve().parents):
        raise NotChangedError(
            "the bundle that is built in is part of the installation and stays as it is: copy it with "
            "`logsluice rules copy DIRECTORY`, and set LOGSLUICE_BUNDLE to that for the service and the console"
        )
    if digest is not None:
        raise NotChangedError(
            f"LOGSLUICE_BUNDLE_DIGEST pins the bundle in {directory}: add the rule to its {RULES} by hand, run "
            f"`logsluice train --seal -o {directory}`, and pin the digest that this prints"
        )
    return directory


def add_rule(directory: Path, rule: Rule, comments: Sequence[str]) -> Bundle:
    """Add a rule behind those of a bundle, with lines of comment before it, and return the new bundle.

    The new files are written and verified in a directory next to it, and then renamed into it, the manifest last: who
    reads meanwhile gets the bundle as it was, as it is then, or an error from the checksums, which the service takes
    as "try again later". Those who add rules wait for each other.

    Raises:
        RuleError: the rule is not valid behind the others; the bundle is as it was.
        NotChangedError: the directory cannot be written.
        BundleError: it holds no valid bundle.
    """
    try:
        with _locked(directory):
            before = read_bundle(directory)
            _check(rule, before)
            with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}-") as name:
                made = _with_rule(directory, Path(name), before, rule, comments)
                for file in (RULES, MANIFEST):
                    shutil.copymode(directory / file, Path(name) / file)
                    _flushed(Path(name) / file)
                    (Path(name) / file).replace(directory / file)
                return made
    except OSError as error:
        raise NotChangedError(
            f"{directory} cannot be written ({error.strerror}): let the console write to it and to the directory "
            "that it is in, or add the rule by hand"
        ) from error


def _check(rule: Rule, before: Bundle) -> None:
    if any(each.name == rule.name for each in before.rules.rules):
        raise RuleError(f"the bundle has a rule {rule.name!r} already: give this one another name")
    RuleSet([rule], tuple(before.manifest.labels))
    for message in rule.match:
        winner = before.rules.first_match(message, rule.source or "", rule.severity or "")
        if winner is not None:
            raise RuleError(f"{message!r} is taken by the rule {winner.name!r}, which is before it")


def _with_rule(directory: Path, new: Path, before: Bundle, rule: Rule, comments: Sequence[str]) -> Bundle:
    """Make the bundle with one more rule in another directory, and verify it."""
    for name in before.manifest.checksums:
        if name != RULES:
            _linked(directory / name, new / name)
    text = (directory / RULES).read_bytes()
    added = f"\n{entry(rule, comments)}".encode()
    (new / RULES).write_bytes((text if text.endswith(b"\n") else text + b"\n") + added)
    try:
        after = parse_rules((new / RULES).read_bytes(), new / RULES, tuple(before.manifest.labels), False)
    except RuleError as error:
        raise NotChangedError(
            f"{directory / RULES} is not written as a plain list, so that nothing can be added to its end: add the "
            "rule by hand"
        ) from error
    assert len(after.rules) == len(before.rules.rules) + 1  # noqa: S101 - what was added is one rule
    write_manifest(new, before.manifest)
    return read_bundle(new)


def _linked(file: Path, to: Path) -> None:
    try:
        os.link(file, to)
    except OSError:  # a file system without links, or a file of somebody else
        shutil.copyfile(file, to)


def _flushed(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
