"""What is passed on: a message that Slack and those who follow it take, or plain JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec

from console.alerts.evidence import Evidence

MOST_ALERTS = 20
SLACK_CHARS = 300
"""Of a template in a message; in JSON it is whole."""


def slack_body(alerts: Sequence[Evidence]) -> bytes:
    """Return the message: an alert, the templates behind it with their counts, and links."""
    texts = [_slack_text(each) for each in alerts[:MOST_ALERTS]]
    if len(alerts) > MOST_ALERTS:
        texts.append(f"and {len(alerts) - MOST_ALERTS} more alerts")
    return msgspec.json.encode({"text": "\n\n".join(texts)})


def json_body(alerts: Sequence[Evidence], status: str) -> bytes:
    """Return the alerts as they are, with the templates behind each."""
    content: dict[str, Any] = {"version": 1, "status": status, "alerts": list(alerts)}
    return msgspec.json.encode(content)


def _slack_text(alert: Evidence) -> str:
    lines = [f"*{_plain(alert.summary)}* ({_plain(alert.severity or 'alert')}, {alert.status})"]
    if alert.description:
        lines.append(_plain(alert.description))
    for each in alert.templates:
        # In a code span nothing but its end has a meaning.
        text = _plain(each.template[:SLACK_CHARS]).replace("`", "'").replace("\n", " ")
        news = ", *new*" if each.new else ""
        lines.append(
            f"• {each.count:,} of `{text}` from {_plain(each.source) or 'no source'}{news} <{each.url}|look>"
        )
    lines.append(f"<{alert.url}|all templates>")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Return a text in which nothing is a link, or a mention of somebody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("*", "∗")
