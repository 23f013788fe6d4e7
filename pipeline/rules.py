"""The first tier: ordered regular expressions on the raw message, all matched in one pass by RE2.

The pass reads the message with its digits zeroed, so that its result serves every message that differs in
digits only and can be remembered. A rule that asks for digits in particular is a candidate then, and is tried
on the message itself.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import re2
import yaml

from pipeline.cleaning import clean
from pipeline.digits import relaxed, zeroed
from pipeline.errors import RuleError
from pipeline.event import SEVERITIES

RULE_CHARS = 16_384
"""Characters of a message that rules look at."""
MAX_RULES = 5_000
MAX_PATTERN_CHARS = 2_000
_NOTHING = r"[^\x00-\x{10FFFF}]"
_RULE_MEMORY_BYTES = 8 << 20
_SET_MEMORY_BYTES = 256 << 20  # a ceiling, not what is used: the automaton grows with what the rules need


class Rule(msgspec.Struct, frozen=True, eq=False, forbid_unknown_fields=True):
    """One rule. ``match`` and ``no_match`` are messages that prove it, checked whenever rules are read or sealed."""

    name: str
    label: str
    pattern: str
    match: tuple[str, ...]
    no_match: tuple[str, ...] = ()
    source: str | None = None
    severity: str | None = None


class RuleSet:
    """All rules of a bundle, ready to match.

    Raises:
        RuleError: a pattern is not RE2, two rules share a name, a label is not in the taxonomy, or an example
            contradicts its rule.
    """

    def __init__(self, rules: Sequence[Rule], labels: Sequence[str], check_examples: bool = True) -> None:
        self.rules = tuple(rules)
        self.places = {rule: place for place, rule in enumerate(self.rules)}
        self._check_each(labels)
        self.relaxed_patterns = relaxed_patterns = [relaxed(rule.pattern) for rule in self.rules]
        """For zeroed messages, as `relaxed` makes them."""
        self._always = [place for place, pattern in enumerate(relaxed_patterns) if pattern is None]
        self._exact = {
            place: compiled_set([rule.pattern], _RULE_MEMORY_BYTES)
            for place, (rule, pattern) in enumerate(zip(self.rules, relaxed_patterns, strict=True))
            if pattern != rule.pattern
        }
        self._set = compiled_set(
            [_NOTHING if pattern is None else pattern for pattern in relaxed_patterns], _SET_MEMORY_BYTES
        )
        problem = next(self.example_problems(), None) if check_examples else None
        if problem is not None:
            raise RuleError(problem)

    def candidates(self, zeroed_message: bytes) -> tuple[int, ...]:
        """Return the places of the rules that may match a message whose digits are zeroed, in file order."""
        if not self.rules:
            return ()
        matches = self._set.Match(zeroed_message)
        if not matches:
            return tuple(self._always)
        return tuple(sorted([*matches, *self._always]))

    def first_of(
        self, candidates: Sequence[int], message: str, source: str, severity: str = ""
    ) -> Rule | None:
        """Return the first of the candidates that does match a message from a source, or None.

        The message need not be clean: it is cleaned where it is looked at again.
        """
        for place in candidates:
            rule = self.rules[place]
            if rule.source is not None and rule.source != source:
                continue
            if rule.severity is not None and rule.severity != severity:
                continue
            exact = self._exact.get(place)
            if exact is None or exact.Match(clean(message).encode("utf-8", "replace")):
                return rule
        return None

    def first_match(self, message: str, source: str, severity: str = "") -> Rule | None:
        """Return the first rule of the file that matches a message from a source, or None."""
        message = clean(message[:RULE_CHARS])
        return self.first_of(self.candidates(zeroed(message)), message, source, severity)

    def _check_each(self, labels: Sequence[str]) -> None:
        if len(self.rules) > MAX_RULES:
            raise RuleError(f"{len(self.rules)} rules are more than the {MAX_RULES} that one bundle may have")
        names: set[str] = set()
        for rule in self.rules:
            if rule.name in names:
                raise RuleError(f"two rules are named {rule.name!r}: give each a name of its own")
            names.add(rule.name)
            if rule.label not in labels:
                raise RuleError(
                    f"rule {rule.name!r} has the label {rule.label!r}, which is none of {sorted(labels)}"
                )
            if rule.severity is not None and rule.severity not in SEVERITIES:
                raise RuleError(
                    f"rule {rule.name!r} has the severity {rule.severity!r}, which is none of {', '.join(SEVERITIES)}"
                )
            if not rule.match:
                raise RuleError(
                    f"rule {rule.name!r} has no example under `match`: give it one message or more"
                )
            if len(rule.pattern) > MAX_PATTERN_CHARS:
                raise RuleError(
                    f"rule {rule.name!r} has a pattern of more than {MAX_PATTERN_CHARS} characters"
                )
            try:
                expression = re2.compile(rule.pattern, _options())
            except re2.error as error:
                raise RuleError(
                    f"rule {rule.name!r} has a pattern that RE2 refuses: {reason_of(error)}"
                ) from error
            if expression.search(""):
                raise RuleError(f"rule {rule.name!r} matches the empty message, hence every message")

    def example_problems(self) -> Iterator[str]:
        """Yield a sentence for each example that contradicts its rule, in the order of the file."""
        for rule in self.rules:
            expression = re2.compile(rule.pattern, _options())
            for message in rule.match:
                if not expression.search(clean(message)):
                    yield f"rule {rule.name!r} does not match its own example {message!r}"
                    continue
                winner = self.first_match(message, rule.source or "", rule.severity or "")
                if winner is not rule:
                    name = winner.name if winner else "none"
                    yield (
                        f"rule {rule.name!r}: its example {message!r} is taken by {name!r}, which is before it"
                    )
            for message in rule.no_match:
                if expression.search(clean(message)):
                    yield f"rule {rule.name!r} matches {message!r}, which stands under its `no_match`"


def compiled_set(patterns: Sequence[str], max_mem: int) -> Any:
    """Return RE2 patterns as one set, searched in one pass; ``max_mem`` bounds its memory, in bytes."""
    expressions = re2.Set.SearchSet(_options(max_mem))
    for pattern in patterns:
        expressions.Add(pattern)
    if patterns:
        expressions.Compile()
    return expressions


def reason_of(error: Exception) -> str:
    """Return what RE2 says is wrong with a pattern, as text; its errors hold bytes."""
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def read_rules(path: Path, labels: Sequence[str]) -> RuleSet:
    """Read ``rules.yaml``: a list of rules, the first that matches wins.

    Raises:
        RuleError: the file is not of that form, or a rule is wrong; see `RuleSet`.
    """
    try:
        return parse_rules(path.read_bytes(), path, labels)
    except OSError as error:
        raise RuleError(f"{path} cannot be read: {error}") from error


def parse_rules(text: bytes, path: Path, labels: Sequence[str], check_examples: bool = True) -> RuleSet:
    """Return the rules in the text of a file, as `read_rules` does; ``path`` is where it came from.

    Examples need no check where a checksum says that the file is one whose examples were checked.
    """
    try:
        content: Any = yaml.load(text.decode(), Loader=_LOADER)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RuleError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    try:
        rules = msgspec.convert(content or [], list[Rule])
    except msgspec.ValidationError as error:
        raise RuleError(_sentence(path, content, str(error))) from error
    return RuleSet(rules, labels, check_examples)


def _sentence(path: Path, content: Any, problem: str) -> str:
    """Say what is wrong with the content of a rules file."""
    missing = re.fullmatch(r"Object missing required field `(\w+)` - at `\$\[(\d+)\]`", problem)
    if missing is None:
        return f"{path} does not hold a list of rules: {problem}{_nearest_key(problem)}"
    key, place = missing[1], int(missing[2])
    name = content[place].get("name")
    which = f"rule {name!r}" if isinstance(name, str) else f"rule {place + 1} of the file"
    return f"{path} cannot be used: {which} has no `{key}`"


def _nearest_key(problem: str) -> str:
    """Return the key that an unknown one was probably meant to be, as the end of a sentence."""
    unknown = re.search("unknown field `(.*?)`", problem)
    if unknown is None:
        return ""
    near = difflib.get_close_matches(unknown[1].casefold(), Rule.__struct_fields__, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; a rule has {', '.join(Rule.__struct_fields__)}"


def _options(max_mem: int | None = None) -> Any:
    options = re2.Options()
    options.log_errors = False  # they are raised, and need no line of their own on standard error
    if max_mem is not None:
        options.max_mem = max_mem
    return options


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
