"""What comes of asking an LLM: of each question, of each call, and how the pool of calls stands."""

from collections.abc import Callable
from typing import Literal

import msgspec

from consumer.llm.breaker import Circuit
from consumer.llm.failures import Outcome
from consumer.llm.prompt import Question

Reason = Outcome | Literal["circuit", "budget", "late"]


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The model's label for a template: of the taxonomy, or `Unclassified` where it says that none fits."""

    label: str


class Undecided(msgspec.Struct, frozen=True, gc=False):
    """Why a template has no label yet, and after how many seconds it is worth asking again."""

    reason: Reason
    retry_after_s: float = 0.0


Answers = dict[Question, Decision | Undecided]


class Call(msgspec.Struct, frozen=True):
    """What became of one call. ``cost`` is in the currency of the prices in the budget's settings."""

    outcome: Outcome
    seconds: float
    templates: int
    decided: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0


class State(msgspec.Struct, frozen=True):
    """How the pool stands.

    ``wait_s``: seconds until the smallest call may be made, 0 if now. ``refusal``: a sentence on what a
    person has to do, while the last call was refused. ``budget_left``: what is left of each limit.
    """

    circuit: Circuit
    wait_s: float
    refusal: str | None
    budget_left: dict[str, int]


Observer = Callable[[Call], None]
