"""What is known of each LLM provider: where it is asked, and how."""

from typing import Any, Literal

import msgspec

StructuredOutput = Literal["json_schema", "json_object", "none"]
PresetName = Literal["openai", "deepseek", "gemini", "ollama", "vllm"]


class Endpoint(msgspec.Struct, frozen=True):
    """Where to ask and how. ``request`` holds further members of the request's body.

    Reasoning is kept short where a provider lets us: a label needs little of it, and it is paid for. OpenAI's
    reasoning models refuse a temperature.
    """

    base_url: str | None
    model: str | None
    structured_output: StructuredOutput
    request: dict[str, Any]
    needs_key: bool = False


GROQ = Endpoint(
    base_url=None,  # the SDK's own
    model="openai/gpt-oss-20b",
    structured_output="json_schema",
    request={"temperature": 0, "reasoning_effort": "low", "include_reasoning": False},
    needs_key=True,
)
PRESETS: dict[PresetName, Endpoint] = {
    "openai": Endpoint(
        "https://api.openai.com/v1",
        "gpt-5.6-luna",
        "json_schema",
        {"reasoning_effort": "low"},
        needs_key=True,
    ),
    "deepseek": Endpoint(
        "https://api.deepseek.com",
        "deepseek-flash",
        "json_object",
        {"temperature": 0, "thinking": {"type": "disabled"}},
        needs_key=True,
    ),
    "gemini": Endpoint(
        "https://generativelanguage.googleapis.com/v1beta/openai/",
        "gemini-3.5-flash-lite",
        "json_schema",
        {"temperature": 0},
        needs_key=True,
    ),
    "ollama": Endpoint("http://localhost:11434/v1", "gpt-oss:20b", "json_schema", {"temperature": 0}),
    "vllm": Endpoint("http://localhost:8000/v1", "openai/gpt-oss-20b", "json_schema", {"temperature": 0}),
}
CUSTOM = Endpoint(None, None, "json_schema", {"temperature": 0})
