"""The cascade: events in, verdicts out, tier by tier over the batch."""

from collections.abc import Sequence

import msgspec

from pipeline.bundle import Bundle
from pipeline.cache import BoundedCache
from pipeline.embedding import EmbeddingTier
from pipeline.event import Event
from pipeline.masking import Masker
from pipeline.memory import VerdictMemory
from pipeline.rules import Rule
from pipeline.verdict import UNCLASSIFIED, Verdict
