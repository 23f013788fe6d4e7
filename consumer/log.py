"""Our own logs: structured, to standard error, and never with the text of a message."""

import logging
import sys
from typing import Literal

import structlog

Format = Literal["auto", "json", "console"]


def configure_logging(format: Format = "auto", level: str = "info") -> None:
    """Send the logs of this process to standard error, as JSON or for a person to read."""
    console = sys.stderr.isatty() if format == "auto" else format == "console"
    renderers: list[structlog.typing.Processor] = (
        [_printable, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if console
        else [structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _printable(_: object, __: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escape characters that could fake a log line or control a terminal; a traceback keeps its lines."""
    return {
        key: escaped(value, "\n" if key == "exception" else "") if isinstance(value, str) else value
        for key, value in entry.items()
    }


def escaped(text: str, allowed: str = "") -> str:
    """Return a text with every character that does not print, but for those allowed, as Python writes it."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() or c in allowed else repr(c)[1:-1] for c in text)
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """Return the logger of this process."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
