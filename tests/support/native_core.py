"""What tests of the native core share: when they run, and a cascade that costs little."""

import os
from collections.abc import Sequence
from typing import cast

import msgspec
import pytest

from consumer.settings.core import native_module
from pipeline.cascade import Cascade
from pipeline.embedding import EmbeddingTier
from pipeline.memory import VerdictMemory
from pipeline.routes import Routes
from pipeline.rules import Rule, RuleSet
from pipeline.verdict import UNCLASSIFIED, Verdict
from tests.support.default_model import bundle

needs_core = pytest.mark.skipif(
    native_module("auto") is None and not os.environ.get("CI"), reason="the native core is not built"
)
"""Marks tests of the native core. In CI they are not skipped: there they fail where it is not built."""

RULES = RuleSet(
    [
        Rule("server-error", "Error", r"status: 5\d\d", match=("status: 503",)),
        Rule("hardware", "Error", r"0x0*dead", match=("at 0x00dead",), source="kernel"),
        Rule("login", "User Action", r"(?i)\blogged in\b", match=("bob logged in",)),
        Rule("grave", "Critical Error", r"took \d+ s", match=("took 7 s",), severity="error"),
        Rule("letter", "Error", r"(?i)\pL\d{2}é", match=("a12é",)),
    ],
    bundle().labels,
)


class Spelled:
    """An embedding tier that goes by the length of a template, in no time."""

    def label(self, templates: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each template."""
        return [
            Verdict("Error", len(template) / 1_000, "embedding", template)
            if len(template) % 2
            else Verdict(UNCLASSIFIED, 0.25, "none", template, best_guess='HTTP, "status"')
            for template in templates
        ]


def quick_cascade(memory: VerdictMemory | None = None, routes: Routes | None = None) -> Cascade:
    """Return a cascade with `RULES` and `Spelled`."""
    changed = msgspec.structs.replace(bundle(), rules=RULES, routes=routes or bundle().routes)
    return Cascade(changed, cast(EmbeddingTier, Spelled()), VerdictMemory() if memory is None else memory)
