"""An answer depends on its event alone: not on others in the batch, nor on threads, whatever the kernels of BLAS."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from training.corpus import read_corpus
from training.rows import rows_of_corpus

CPU = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
KERNELS = ["", "Prescott", "Haswell", *(["SkylakeX"] if "avx512f" in CPU else [])]
"""Of OpenBLAS; those of ONNX Runtime are chosen by the processor alone."""

ASK = """
import hashlib, json, random, sys
from pipeline.bundle import default_bundle, read_bundle
from pipeline.embedding import load_embedding_tier
from pipeline.features import encoder_text
templates = json.load(sys.stdin)
tier = load_embedding_tier(read_bundle(default_bundle()))

def answers(of):
    embeddings = tier.encoder.encode([encoder_text(template) for template in of])
    probabilities = tier.classifier.predict_proba(of, embeddings)
    return {t: e.tobytes() + p.tobytes() for t, e, p in zip(of, embeddings, probabilities, strict=True)}

alone = {}
for template in templates:
    alone |= answers([template])
together = [answers(templates)]
for size in (2, 5):
    random.Random(size).shuffle(templates)
    together.append({})
    for start in range(0, len(templates), size):
        together[-1] |= answers(templates[start : start + size])
digest = hashlib.sha256(b"".join(alone[t] for t in sorted(alone))).hexdigest()
print(json.dumps([all(found == alone for found in together), digest]))
"""


@pytest.fixture(scope="module")
def templates() -> list[str]:
    """Some of the corpus, and odd ones."""
    rows = rows_of_corpus(read_corpus(), seed=7)
    some = [row.template for row in rows[:: len(rows) // 24]]
    return [*dict.fromkeys([*some, "", "up", "Größe ☃", "x " * 400])]


@pytest.mark.parametrize("kernels", KERNELS)
def test_an_answer_is_the_same_alone_and_together_in_one_thread_and_in_two(
    kernels: str, templates: list[str]
) -> None:
    digests = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_CORETYPE": kernels}
        if not kernels:
            del environment["OPENBLAS_CORETYPE"]
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            env=environment,
            input=json.dumps(templates),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        same, digest = json.loads(done.stdout)
        assert same
        digests.add(digest)
    assert len(digests) == 1
