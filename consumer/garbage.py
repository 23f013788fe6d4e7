"""The garbage collector, kept away from what stays: a million objects of libraries and of the model."""

import gc


def settle() -> None:
    """Collect what is garbage now, and look at nothing of the rest again. Takes half a second."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def release() -> None:
    """Let everything be collected again, as at exit, where libraries otherwise complain of leaks."""
    gc.unfreeze()
