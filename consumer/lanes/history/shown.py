"""How relabelling shows what it does; the command line has a bar for it."""

from typing import Protocol


class Shown(Protocol):
    """Takes the steps of the work, and what has to be said. Counts are of any unit."""

    def step(self, what: str, total: int = 0) -> None:
        """Begin a step."""

    def reach(self, done: int) -> None:
        """Say how much of the step is done."""

    def wait(self, why: str) -> None:
        """Say what is being waited for."""

    def say(self, line: str) -> None:
        """Say something that stays to be read."""
