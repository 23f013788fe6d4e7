"""Labels that a person types: whatever their case, and an unknown one is an error that names the known ones."""

import difflib
from collections.abc import Iterable
from pathlib import Path

import click

from consumer.settings import Settings
from pipeline.bundle import Bundle, default_bundle, read_bundle

BUILT_IN_NAME = "built-in"


def bundle_of(settings: Settings) -> Bundle:
    """Return the bundle of the settings, verified.

    Raises:
        BundleError: it cannot be used.
    """
    return read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)


def named_bundle(directory: Path) -> Path:
    """Return the directory of a bundle that a person names; `built-in` is the one that is installed."""
    return default_bundle() if str(directory) == BUILT_IN_NAME else directory


def known_label(text: str, labels: Iterable[str], whose: str) -> str:
    """Return the label that a person means. Case, spaces, hyphens and underscores do not matter.

    Raises:
        click.BadParameter: there is none; ``whose`` says in words whose labels were looked at.
    """
    known = {_plain(label): label for label in labels}
    found = known.get(_plain(text))
    if found is None:
        near = difflib.get_close_matches(_plain(text), known, n=1)
        guess = f"Did you mean {known[near[0]]!r}? " if near else ""
        raise click.BadParameter(
            f"{text!r} is not a label of {whose}. {guess}There are: {', '.join(known.values())}.",
            param_hint="--label",
        )
    return found


def _plain(label: str) -> str:
    return "".join(each for each in label.casefold() if each not in " -_")
