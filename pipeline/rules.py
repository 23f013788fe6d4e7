"""The first tier: ordered regular expressions on the raw message, all matched in one pass by RE2."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import re2
import yaml

from pipeline.errors import RuleError

RULE_CHARS = 16_384
"""Characters of a message that rules look at."""
MAX_RULES = 5_000
MAX_PATTERN_CHARS = 2_000
_SET_MEMORY_BYTES = 256 << 20  # a ceiling, not what is used: the automaton grows with what the rules need


class Rule(msgspec.Struct, frozen=True, eq=False, forbid_unknown_fields=True):
    """One rule. ``match`` and ``no_match`` are messages that prove it, checked whenever the rules are loaded."""

    name: str
    label: str
    pattern: str
    match: tuple[str, ...]
    no_match: tuple[str, ...] = ()
    source: str | None = None


class RuleSet:
    """All rules of a bundle, ready to match.

    Raises:
        RuleError: a pattern is not RE2, two rules share a name, a label is not in the taxonomy, or an example
            contradicts its rule.
    """

    def __init__(self, rules: Sequence[Rule], labels: Sequence[str]) -> None:
        self.rules = tuple(rules)
        self._check_each(labels)
        self._any_has_source = any(rule.source is not None for rule in self.rules)
        options = re2.Options()
        options.max_mem = _SET_MEMORY_BYTES
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        for rule in self.rules:
            self._set.Add(rule.pattern)
        if self.rules:
            self._set.Compile()
        self._check_examples()

    def first_match(self, message: str, source: str) -> Rule | None:
        """Return the first rule of the file that matches a message from a source, or None."""
        if not self.rules:
            return None
        if len(message) > RULE_CHARS:
            message = message[:RULE_CHARS]
        matches = self._set.Match(message)
        if not matches:
            return None
        if self._any_has_source:
            matches = [i for i in matches if self.rules[i].source in (None, source)]
            if not matches:
                return None
        return self.rules[min(matches)]

    def _check_each(self, labels: Sequence[str]) -> None:
        if len(self.rules) > MAX_RULES:
            raise RuleError(f"{len(self.rules)} rules are more than the {MAX_RULES} that one bundle may have")
        names: set[str] = set()
        for rule in self.rules:
            if rule.name in names:
                raise RuleError(f"two rules are named {rule.name!r}: give each a name of its own")
            names.add(rule.name)
            if rule.label not in labels:
                raise RuleError(f"rule {rule.name!r} has the label {rule.label!r}, which is none of {sorted(labels)}")
            if not rule.match:
                raise RuleError(f"rule {rule.name!r} has no example under `match`: give it one message or more")
            if len(rule.pattern) > MAX_PATTERN_CHARS:
                raise RuleError(f"rule {rule.name!r} has a pattern of more than {MAX_PATTERN_CHARS} characters")
            try:
                expression = re2.compile(rule.pattern)
            except re2.error as error:
                reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
                raise RuleError(f"rule {rule.name!r} has a pattern that RE2 refuses: {reason}") from error
            if expression.search(""):
                raise RuleError(f"rule {rule.name!r} matches the empty message, hence every message")

    def _check_examples(self) -> None:
        for rule in self.rules:
            expression = re2.compile(rule.pattern)
            for message in rule.match:
                if not expression.search(message):
                    raise RuleError(f"rule {rule.name!r} does not match its own example {message!r}")
                winner = self.first_match(message, rule.source or "")
                if winner is not rule:
                    name = winner.name if winner else "none"
                    raise RuleError(f"rule {rule.name!r}: its example {message!r} is taken by {name!r}, which is before it")
            for message in rule.no_match:
                if expression.search(message):
                    raise RuleError(f"rule {rule.name!r} matches {message!r}, which stands under its `no_match`")


def read_rules(path: Path, labels: Sequence[str]) -> RuleSet:
    """Read ``rules.yaml``: a list of rules, the first that matches wins.

    Raises:
        RuleError: the file is not of that form, or a rule is wrong; see `RuleSet`.
    """
    try:
        content: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise RuleError(f"{path} cannot be read: {error}") from error
    try:
        rules = msgspec.convert(content or [], list[Rule])
    except msgspec.ValidationError as error:
        raise RuleError(f"{path} does not hold a list of rules: {error}") from error
    return RuleSet(rules, labels)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
