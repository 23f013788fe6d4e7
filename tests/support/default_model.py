"""The built-in bundle and the encoder as installed, loaded once for every test that asks."""

from functools import cache

from pipeline.bundle import Bundle, default_bundle, read_bundle
from pipeline.cascade import Cascade
from pipeline.embedding import EmbeddingTier, load_embedding_tier
from pipeline.encoder import Encoder, EncoderReference, load_encoder, packaged_weights, weights_sha256
from pipeline.memory import VerdictMemory


@cache
def bundle() -> Bundle:
    return read_bundle(default_bundle())


@cache
def installed_encoder() -> Encoder:
    return load_encoder(EncoderReference("all-MiniLM-L6-v2", weights_sha256(packaged_weights())))


@cache
def _tier() -> EmbeddingTier:
    return load_embedding_tier(bundle())


def new_tier(max_entries: int = 1_000, threshold: float | None = None) -> EmbeddingTier:
    """Return the bundle's embedding tier, which has not seen anything yet."""
    threshold = bundle().manifest.threshold if threshold is None else threshold
    return EmbeddingTier(_tier().encoder, _tier().classifier, threshold, max_entries)


def new_cascade() -> Cascade:
    """Return the bundle's cascade, which has not seen anything yet."""
    return Cascade(bundle(), new_tier(), VerdictMemory())
