"""The garbage collector, kept from scanning what stays: a million objects of libraries and of the model."""

import gc

YOUNG = 100_000
"""Objects made before the young ones are scanned: a batch makes some three for each event, and none in a circle."""


def settle() -> None:
    """Collect garbage now, and never scan again what is left. Takes half a second."""
    gc.set_threshold(YOUNG)
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def release() -> None:
    """Let everything be collected again, as at exit, where libraries otherwise report leaks."""
    gc.unfreeze()
