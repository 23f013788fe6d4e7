"""Which answers of the embedding tier the LLM is asked about too: a share of them, each once."""

from collections.abc import Iterable, Iterator
from zlib import crc32

from consumer.records.pending import Canary
from pipeline.cache import BoundedCache, weight_of
from pipeline.verdict import Verdict


class Canaries:
    """Picks templates by their own checksum, so that every replica picks the same ones. ``share`` is 0 to 1."""

    def __init__(self, share: float) -> None:
        self._limit = share * 2**32
        self._sent: BoundedCache[str, bool] = BoundedCache(100_000, lambda template, _: weight_of(template))

    def of(
        self, outcomes: Iterable[tuple[Verdict | None, str]], embedded: Iterable[Verdict]
    ) -> Iterator[Canary]:
        """Yield questions about verdicts, each with its source, among those that the tier has just ``embedded``."""
        new = {id(verdict) for verdict in embedded}
        for verdict, source in outcomes:
            if verdict is None or verdict.tier != "embedding" or id(verdict) not in new:
                continue
            template = verdict.template
            picked = crc32(template.encode("utf-8", "surrogatepass")) < self._limit
            if picked and not self._sent[template]:
                self._sent.put(template, True)
                yield Canary(template, source, verdict.label)
