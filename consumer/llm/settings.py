"""The settings of the LLM, ``LOGSLUICE_LLM__*``, and what is known of each provider."""

from collections.abc import Mapping
from typing import Any, Literal, Self

import msgspec
import re2
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from pipeline.rules import reason_of

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
_CUSTOM = Endpoint(None, None, "json_schema", {"temperature": 0})


class BudgetSettings(BaseModel):
    """What one process may spend. Several replicas share a provider's limit: give each its part.

    The defaults are Groq's free plan. The prices, in any currency, serve the cost metric alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests_per_minute: int = Field(30, ge=1, description="calls a minute, 1 or more")
    tokens_per_minute: int = Field(8_000, ge=1, description="tokens a minute, prompt and answer together")
    requests_per_day: int | None = Field(None, ge=1, description="calls a day; no limit if not set")
    tokens_per_day: int | None = Field(None, ge=1, description="tokens a day; no limit if not set")
    prompt_price: float = Field(0, ge=0, allow_inf_nan=False, description="price of a million prompt tokens")
    completion_price: float = Field(
        0, ge=0, allow_inf_nan=False, description="price of a million answer tokens"
    )


class LlmSettings(BaseModel):
    """Which LLM to ask, how, and how much of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    provider: Literal["none", "groq", "openai-compatible"] = Field(
        "none", description="none, groq, openai-compatible"
    )
    preset: PresetName | None = Field(
        None, description="openai, deepseek, gemini, ollama or vllm, for openai-compatible"
    )
    model: str | None = Field(None, min_length=1, description="name of the model; the preset's if not set")
    base_url: str | None = Field(
        None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", description="URL of the API, http:// or https://"
    )
    api_key: SecretStr | None = Field(None, description="key of the API")
    structured_output: StructuredOutput | None = Field(
        None, description="json_schema, json_object or none: what the model can be held to"
    )
    request: dict[str, Any] | None = Field(
        None, description='JSON object of further members of the request, such as {"temperature": 0}'
    )
    templates_per_call: int = Field(16, ge=1, le=64, description="templates in a call, 1 to 64")
    max_concurrency: int = Field(4, ge=1, le=256, description="calls at once, 1 to 256")
    deadline_s: float = Field(
        10,
        gt=0,
        le=90,  # a batch takes three times that at most, and must end before the group takes us for dead
        description="seconds that one call may take, up to 90",
    )
    canary: float = Field(
        0.01, ge=0, le=1, description="share of the embedding tier's answers also asked of the LLM"
    )
    confidence: float = Field(
        0.9, ge=0, le=1, description="what the model's labels state as their confidence, since it gives none"
    )
    redact: tuple[str, ...] = Field(
        (), description="JSON list of RE2 patterns; what they match in a template is not sent"
    )
    budget: BudgetSettings = BudgetSettings()

    @model_validator(mode="before")
    @classmethod
    def _preset_names_the_provider(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("preset"):
            return {"provider": "openai-compatible", **values}
        return values

    @field_validator("api_key")
    @classmethod
    def _printable(cls, value: SecretStr | None) -> SecretStr | None:
        key = (
            value.get_secret_value().strip() if value else ""
        )  # a file of a secret often ends with a newline
        # httpx would name the header, and with it the key, in its error.
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ValueError("the key holds white space or characters that a key cannot have")
        return SecretStr(key) if key else None

    @field_validator("redact")
    @classmethod
    def _re2(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            compile_redaction(pattern)
        return patterns

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.preset and self.provider != "openai-compatible":
            raise ValueError("LLM__PRESET goes with the provider openai-compatible alone")
        if not self.enabled:
            return self
        endpoint = self.endpoint()
        if self.provider == "openai-compatible" and not endpoint.base_url:
            raise ValueError("the provider openai-compatible needs LLM__BASE_URL or LLM__PRESET")
        if not endpoint.model:
            raise ValueError("LLM__MODEL is needed: no preset names one")
        if endpoint.needs_key and not self.api_key:
            raise ValueError(f"the provider {self.preset or self.provider} needs LLM__API_KEY")
        return self

    @property
    def enabled(self) -> bool:
        """Whether there is an LLM to ask."""
        return self.provider != "none"

    def endpoint(self) -> Endpoint:
        """Return where to ask: what the preset says, with the settings that are given in place of its own."""
        known = GROQ if self.provider == "groq" else PRESETS[self.preset] if self.preset else _CUSTOM
        return Endpoint(
            base_url=self.base_url or known.base_url,
            model=self.model or known.model,
            structured_output=self.structured_output or known.structured_output,
            request=known.request if self.request is None else self.request,
            # A gateway of one's own may ask for none.
            needs_key=known.needs_key and self.base_url is None,
        )


def with_groq_key(values: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    """Return the raw settings of the LLM as they are with ``GROQ_API_KEY`` given.

    The key alone turns the provider to groq. It goes to no other provider, and never before an explicit key.
    """
    named = any(values.get(name) for name in ("provider", "preset", "base_url"))
    if not key or (named and values.get("provider") != "groq"):
        return dict(values)
    return {**values, "provider": "groq", "api_key": values.get("api_key") or key}


def compile_redaction(pattern: str) -> Any:
    """Compile a pattern of ``redact``.

    Raises:
        ValueError: it is not RE2.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        raise ValueError(f"the pattern {pattern!r} is not RE2 ({reason_of(error)})") from error
