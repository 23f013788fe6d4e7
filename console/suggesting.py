"""Rules suggested from the store, and rules added to the bundle: what the API and the page have in common."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import msgspec

from console.api.from_store import reading
from console.parts import Parts
from console.store.queries import texts
from console.store.seen import seen_in_store, span_days
from consumer.log import get_logger
from files.terminal import printable
from pipeline.bundle import Bundle, default_bundle, read_bundle
from pipeline.rules import Rule
from training.suggesting.accepting import NotChangedError, add_rule, check_fits, check_may_change
from training.suggesting.contradicting import ContradictedError, contradiction
from training.suggesting.corpus import corpus_of
from training.suggesting.gathering import SURE
from training.suggesting.samples import sample_message
from training.suggesting.seen import Seen, long_enough
from training.suggesting.suggest import Wanted, suggest
from training.suggesting.suggestion import Suggestion

LOOKED_AT = 20_000
"""Templates that are looked at: the most frequent. A page waits for them."""
NOBODY = "console"


class Suggested(msgspec.Struct, frozen=True):
    """Rules to look at, and what they were checked against.

    ``days`` is how long the events took that they rest on; None for less than an hour.
    """

    suggestions: tuple[Suggestion, ...]
    days: float | None
    templates: int
    corpus: int


class Picked(msgspec.Struct, frozen=True):
    """Templates that a person has picked, by their ids, and the label that a rule for them is to give."""

    ids: tuple[str, ...]
    label: str


def suggested_from_store(parts: Parts, wanted: Wanted, picked: Picked | None = None) -> Suggested:
    """Return rules suggested from the store of a console, behind the rules that its bundle has now.

    Of templates that are ``picked``, rules for these alone are suggested.

    Raises:
        Problem: there is no store.
        BundleError: the bundle cannot be read.
    """
    bundle = bundle_now(parts)
    with reading(parts) as connection:
        seen = seen_in_store(connection, SURE, LOOKED_AT)
        days = span_days(connection)
        chosen = texts(connection, picked.ids).values() if picked else ()
    if bundle.digest != parts.classifier.cascade.bundle.digest:
        seen = [_by_new_rules(each, bundle) for each in seen]
    if picked:
        seen = as_picked(seen, frozenset(chosen), picked.label)
    labels = tuple(bundle.manifest.labels)
    corpus = corpus_of(labels)
    found = suggest(seen, corpus, bundle.rules, labels, wanted)
    return Suggested(tuple(found), long_enough(days), len(seen), len(corpus))


def as_picked(seen: Sequence[Seen], templates: Collection[str], label: str) -> list[Seen]:
    """Return what was seen where some templates have a label, and all others only say what a rule must not match."""
    return [
        msgspec.structs.replace(each, label=label, confidence=1.0)
        if each.template in templates
        else msgspec.structs.replace(each, label="", now=each.now or each.label)
        for each in seen
    ]


def why_not(parts: Parts) -> str | None:
    """Return why no rule can be added to the bundle, in a sentence; None where one can."""
    try:
        check_may_change(parts.settings.bundle, parts.settings.bundle_digest)
    except NotChangedError as error:
        return str(error)
    return None


def accept(parts: Parts, rule: Rule, author: str, *, force: bool = False) -> Bundle:
    """Add a rule to the bundle for a person, and return the new bundle; who and when stands in its rules.yaml.

    Raises:
        ContradictedError: rows of the corpus have another label, and it is not forced; nothing was changed.
        BundleError: the rule, or the bundle, is not one to which that can be done; nothing was changed.
    """
    directory = check_may_change(parts.settings.bundle, parts.settings.bundle_digest)
    at = datetime.fromtimestamp(parts.clock(), UTC).isoformat(timespec="seconds")
    comments = [f"accepted by {printable(author, 100)} at {at}"]
    before = bundle_now(parts)
    check_fits(rule, before)  # what is wrong in itself is said first
    against = contradiction(rule, corpus_of(tuple(before.manifest.labels)))
    if against is not None:
        if not force:
            examples = ", ".join(repr(printable(each)) for each in against.examples)
            raise ContradictedError(
                f"the rule {rule.name!r} is not added: {against}, as {examples}; narrow its pattern, or send "
                '"force": true to add it all the same'
            )
        comments.append(f"forced: {against}")
    bundle = add_rule(directory, rule, comments)
    get_logger().info(
        "rule accepted",
        rule=rule.name,
        label=rule.label,
        by=author,
        bundle=bundle.version,
        digest=bundle.digest,
    )
    return bundle


def bundle_now(parts: Parts) -> Bundle:
    """Return the bundle that lies in its directory now; the console itself labels with the one it began with."""
    return read_bundle(parts.settings.bundle or default_bundle(), parts.settings.bundle_digest)


def _by_new_rules(seen: Seen, bundle: Bundle) -> Seen:
    if seen.rule:
        return seen
    rule = bundle.rules.first_match(sample_message(seen.template), seen.source)
    return seen if rule is None else msgspec.structs.replace(seen, rule=rule.name)
