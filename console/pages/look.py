"""The colour of a label: a class of the style sheet, the same on every page. The hues are those of the dashboards."""

from zlib import crc32

from pipeline.verdict import UNCLASSIFIED

_CLASSES = {
    "Security Alert": "security",
    "Critical Error": "critical",
    "Error": "error",
    "Workflow Error": "workflow",
    "Deprecation Warning": "deprecation",
    "Resource Usage": "resource",
    "HTTP Status": "http",
    "User Action": "user",
    "System Notification": "system",
    UNCLASSIFIED: "unclassified",
}
ORDER = tuple(_CLASSES)
"""The labels that are built in, the most urgent first."""
_OTHERS = 8


def label_class(label: str) -> str:
    """Return the class of a label; that of a label of a user's own is chosen by its name."""
    return f"c-{_CLASSES.get(label) or f'other{crc32(label.encode()) % _OTHERS}'}"


def in_order(labels: list[str]) -> list[str]:
    """Return labels as the pages list them: those of a user's own first, by name, then the built-in ones."""
    return sorted(labels, key=lambda label: (ORDER.index(label) if label in ORDER else -1, label))
