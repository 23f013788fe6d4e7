"""Bodies that FastAPI does not read itself, as the OpenAPI document describes them."""

from typing import Any

from console.problems import ErrorBody

_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
            }
        },
    }
}
"""A form with a file."""
FILE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _BINARY}}}
}
"""A bare file."""
LABELLED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, with the columns target_label, confidence, tier, rule and best_guess behind its own.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}


def errors(**sentences: str) -> dict[int | str, dict[str, Any]]:
    """Return the answers of a route to what is wrong: ``s413="it is too large"``."""
    return {
        int(status[1:]): {"model": ErrorBody, "description": description}
        for status, description in sentences.items()
    }


ALWAYS = errors(
    s400="The body is damaged.",
    s401="The token, or the header of the proxy, is missing.",
    s403="A page of another site has sent this.",
    s413="What was sent is too large.",
    s415="What was sent is of a kind that is not taken.",
    s421="The Host header names another server.",
    s422="A parameter, or what was sent, is wrong; the sentence says what.",
    s500="An error of ours.",
)
"""What every route may answer."""
NO_ROOM = errors(s503="There is no room for a file now.")
