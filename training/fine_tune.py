"""Fine-tune the encoder on labelled templates, and write what changed as a small file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from pipeline.classifier import Linear
from pipeline.delta import LEFT, RIGHT
from pipeline.encoder import EncoderReference, load_encoder, packaged_weights, weights_sha256
from pipeline.minilm import Weights
from training.logistic import fit_logistic
from training.variations import varied

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

EPOCHS = 1
LEARNING_RATE = 2e-4
RANK = 64

_BATCH = 32
_HEAD_LEARNING_RATE = 1e-2
_PROBE_C = 10.0
_SMOOTHING = 0.1  # of the labels: what is strange shall not be sure
_WARM_UP = 0.1  # of all steps; then the learning rate falls to zero in a line
_MAX_NORM = 1.0
_MAX_TOKENS = 128  # what a template says, it says by then; the longest ones would cost the most
_JITTER = 4.0  # tokens: batches are of like length, but not of the same rows in every epoch


def fine_tune(
    texts: Sequence[str],
    labels: Sequence[str],
    seed: int,
    epochs: int = EPOCHS,
    learning_rate: float = LEARNING_RATE,
    progress: Callable[[int], None] | None = None,
) -> Weights:
    """Return the weights of the packaged encoder, its layers trained to tell labels apart by its embeddings.

    A linear head over the embedding is trained along with the layers and then dropped. It begins as a
    logistic regression over the embeddings as they were, so that the layers are not pulled about by a head
    that knows nothing yet (Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform
    Out-of-Distribution", 2022). The word embeddings stay as they are: they are half of the weights, and most
    words of logs never seen are not in the texts.

    Each epoch sees the texts with other names (see `training.variations`). Products are taken in half precision
    where
    the processor has instructions for it: that takes half of the time.

    The same arguments give the same weights on the same machine. ``progress`` is called with how many
    texts have been trained on since the last call; each text counts once an epoch.
    """
    import torch

    encoder = load_encoder(EncoderReference("packaged", weights_sha256(packaged_weights())))
    network = _open(packaged_weights())
    names = sorted(set(labels))
    numbers = np.array([names.index(label) for label in labels])
    probe = fit_logistic(encoder.encode(texts), numbers, len(names), _PROBE_C)
    truth = torch.from_numpy(numbers)
    order = np.random.default_rng(seed)
    names_of = Random(seed)  # noqa: S311 - nothing here is secret
    half = torch.cpu._is_avx512_bf16_supported()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = _head(probe)
        optimiser, schedule = _optimiser(
            network, head, learning_rate, steps=epochs * -(-len(texts) // _BATCH)
        )
        network.train()
        for _ in range(epochs):
            encoded = network.tokenizer(
                [varied(text, names_of) for text in texts],
                truncation=True,
                max_length=_MAX_TOKENS,
                padding=False,
            )
            tokens: list[list[int]] = encoded["input_ids"]
            for rows in _batches(tokens, order):
                with torch.autocast("cpu", torch.bfloat16, enabled=half):
                    embeddings = network(_padded([tokens[row] for row in rows]))["sentence_embedding"].float()
                loss = torch.nn.functional.cross_entropy(
                    head(embeddings), truth[rows], label_smoothing=_SMOOTHING
                )
                optimiser.zero_grad()
                torch.autograd.backward(loss)
                torch.nn.utils.clip_grad_norm_(_trained(network), _MAX_NORM)
                optimiser.step()
                schedule.step()
                if progress:
                    progress(len(rows))
    return {name: weights.detach().numpy() for name, weights in _parameters(network).items()}


def write_delta(before: Weights, after: Weights, path: Path, rank: int = RANK) -> None:
    """Write the difference between the weights of two networks of one shape, for `pipeline.delta.apply_delta`.

    The change of a matrix is written as its best approximation of the given rank (or less, if it is smaller).
    """
    tensors: dict[str, npt.NDArray[np.float16]] = {}
    for name, weights in after.items():
        change = weights - before[name]
        if not change.any():
            continue
        if change.ndim == 1:
            tensors[name] = change.astype(np.float16)
            continue
        left, sizes, right = np.linalg.svd(change, full_matrices=False)
        # Shared between the factors, so that neither leaves the range of half precision.
        root = np.sqrt(sizes[:rank])
        tensors[name + LEFT] = (left[:, :rank] * root).astype(np.float16)
        tensors[name + RIGHT] = (root[:, None] * right[:rank]).astype(np.float16)
    save_file(tensors, path)


def _head(probe: Linear) -> "torch.nn.Linear":
    """Return the linear layer whose softmax gives the probabilities of a logistic regression."""
    import torch

    head = torch.nn.Linear(*probe.weights.shape)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(probe.weights.T))
        head.bias.copy_(torch.from_numpy(probe.bias))
    return head


def _open(directory: Path) -> "SentenceTransformer":
    import transformers
    from sentence_transformers import SentenceTransformer

    disable_bars: Any = transformers.utils.logging.disable_progress_bar
    disable_bars()
    return SentenceTransformer(str(directory), device="cpu", local_files_only=True)


def _parameters(network: "SentenceTransformer") -> "dict[str, torch.nn.Parameter]":
    """Return the weights of the transformer inside a network, by name; pooling and the like have none."""
    module: Any = network[0]
    return dict(module.auto_model.named_parameters())


def _trained(network: "SentenceTransformer") -> "list[torch.nn.Parameter]":
    return [p for name, p in _parameters(network).items() if name.startswith("encoder.")]


def _optimiser(
    network: "SentenceTransformer", head: "torch.nn.Linear", learning_rate: float, steps: int
) -> "tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]":
    import torch

    network.requires_grad_(False)
    trained = _trained(network)
    for parameter in trained:
        parameter.requires_grad_(True)
    optimiser = torch.optim.AdamW(
        [
            {"params": trained, "lr": learning_rate, "weight_decay": 0.01},
            {"params": head.parameters(), "lr": _HEAD_LEARNING_RATE, "weight_decay": 0.0},
        ],
        fused=True,
    )
    warm_up = max(1.0, _WARM_UP * steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / warm_up) * max(0.0, 1 - step / steps)
    )
    return optimiser, schedule


def _batches(tokens: list[list[int]], order: np.random.Generator) -> list[npt.NDArray[np.int_]]:
    """Return rows in batches of like length, in random order."""
    lengths = np.array([len(ids) for ids in tokens]) + order.uniform(0, _JITTER, len(tokens))
    rows = np.argsort(lengths, kind="stable")
    batches = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    return [batches[i] for i in order.permutation(len(batches))]


def _padded(tokens: list[list[int]]) -> "dict[str, Any]":
    import torch

    width = max(len(ids) for ids in tokens)
    ids = torch.zeros((len(tokens), width), dtype=torch.long)
    mask = torch.zeros((len(tokens), width), dtype=torch.long)
    for place, row in enumerate(tokens):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return {"input_ids": ids, "attention_mask": mask}
