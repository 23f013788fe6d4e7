"""Events that only an LLM can tell, and a server's answers about them."""

import random
import string
from collections.abc import Iterator
from itertools import count
from zlib import crc32

import msgspec

from tests.support.chat_server import ChatServer, Request, Response, labels

ODD_SOURCE = "LegacyCRM"
"""Its route in the built-in bundle is memory, then the LLM."""
ODD_TEMPLATES = 300
LABELS = ("Error", "Workflow Error", "User Action", "System Notification")


def label_of(template: str) -> str:
    """Return what the server says of a template."""
    return LABELS[crc32(template.encode()) % len(LABELS)]


def answer(request: Request) -> Response:
    """Answer as a well-behaved model."""
    return labels((row["number"], label_of(row["template"])) for row in request.asked)


def odd_events(templates: int = ODD_TEMPLATES, seed: int = 1) -> Iterator[bytes]:
    """Yield events for ever, of so many templates in turn; ``seq`` numbers them."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(string.ascii_lowercase, k=7)) for _ in range(templates)]
    for number in count():
        message = f"case {words[number % templates]} moved, ref {number}"
        yield msgspec.json.encode({"source": ODD_SOURCE, "log_message": message, "seq": f"odd-{number}"})


def asking(server: ChatServer) -> dict[str, str]:
    """Return the settings with which a service asks a server; its budget is no hindrance, and nothing else is asked."""
    return {
        "LOGSLUICE_LLM__PROVIDER": "openai-compatible",
        "LOGSLUICE_LLM__BASE_URL": server.url,
        "LOGSLUICE_LLM__MODEL": "m",
        "LOGSLUICE_LLM__API_KEY": "key",
        "LOGSLUICE_LLM__CANARY": "0",
        "LOGSLUICE_LLM__BUDGET__REQUESTS_PER_MINUTE": "600",
        "LOGSLUICE_LLM__BUDGET__TOKENS_PER_MINUTE": "10000000",
    }
