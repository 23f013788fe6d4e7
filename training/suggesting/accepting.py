"""A rule into a bundle's directory: added at the end of its rules.yaml, sealed, and swapped in as a whole."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pipeline.bundle import BUILT_IN, RULES, Bundle, read_bundle, write_manifest
from pipeline.bundle_directory import previous_of, replacing
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

    The bundle with the rule is made next to it and takes its place as a whole, see `replacing`; the one before is kept
    in the directory of the same name with ``.previous`` behind it. Those who add rules wait for each other.

    Raises:
        RuleError: the rule is not valid behind the others; the bundle is as it was.
        NotChangedError: the directory cannot be written.
        BundleError: it holds no valid bundle.
    """
    directory = directory.resolve()
    with _locked(directory):
        before = read_bundle(directory)
        _check(rule, before)
        try:
            with replacing(directory, previous_of(directory)) as place:
                made = _with_rule(directory, place, before, rule, comments)
        except NotChangedError:
            raise
        except BundleError as error:
            raise NotChangedError(f"{error}; or add the rule by hand") from error
        return msgspec.structs.replace(made, directory=directory)


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
            shutil.copyfile(directory / name, new / name)
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


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the lock on the directory that has this name; who waited for it may find that another one has it by then.

    Raises:
        BundleError: there is no such directory.
    """
    while True:
        try:
            handle = os.open(directory, os.O_RDONLY)
        except OSError as error:
            raise BundleError(f"{directory} cannot be read: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_at(handle, directory):
                yield
                return
        finally:
            os.close(handle)


def _is_at(handle: int, directory: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), directory.stat())
    except FileNotFoundError:
        return False
