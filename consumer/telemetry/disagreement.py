"""Where what an event means and the severity that its sender gave it are far apart."""

from typing import Literal, get_args

Disagreement = Literal["quiet_critical", "loud_routine"]
DISAGREEMENTS: tuple[Disagreement, ...] = get_args(Disagreement)

_CRITICAL = frozenset(("Critical Error", "Security Alert"))
_ROUTINE = frozenset(("System Notification", "User Action"))
_QUIET = frozenset(("trace", "debug", "info"))
_LOUD = frozenset(("error", "critical"))


def disagreement(severity: str, label: str) -> Disagreement | None:
    """Return what is wrong with a severity, by the labels of the default taxonomy; None where nothing is."""
    if severity in _QUIET and label in _CRITICAL:
        return "quiet_critical"
    if severity in _LOUD and label in _ROUTINE:
        return "loud_routine"
    return None
