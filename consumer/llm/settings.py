"""The settings of the LLM, ``LOGSLUICE_LLM__*``."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import re2
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from consumer.llm.endpoints import CUSTOM, GROQ, PRESETS, Endpoint, PresetName, StructuredOutput
from pipeline.rules import reason_of

_VARIABLES = "LOGSLUICE_LLM__"
_GROQ_KEY = "gsk_"
"""How every key of Groq begins."""


def from_json(value: Any) -> Any:
    """Return what a text stands for as JSON; anything else as it is.

    Raises:
        ValueError: the text is not JSON.
    """
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ValueError("this is not valid JSON") from None


def in_small_letters(value: Any) -> Any:
    """Return a text, one of a few that a setting takes, as these are written; anything else as it is."""
    return value.strip().lower() if isinstance(value, str) else value


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
        "none", description="none, groq, openai-compatible; if not set, what the preset, URL or key says"
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
    request: Annotated[dict[str, Any] | None, BeforeValidator(from_json)] = Field(
        None, description='JSON object of further members of the request, such as {"temperature": 0}'
    )
    templates_per_call: int = Field(16, ge=1, le=64, description="templates in a call, 1 to 64")
    max_concurrency: int = Field(4, ge=1, le=256, description="calls at once, 1 to 256")
    deadline_s: float = Field(
        10,
        gt=0,
        le=90,  # a batch takes three times that at most, and must end before the group removes this member
        description="seconds that one call may take, up to 90",
    )
    canary: float = Field(
        0.01, ge=0, le=1, description="share of the embedding tier's answers also asked of the LLM"
    )
    confidence: float = Field(
        0.9, ge=0, le=1, description="what the model's labels state as their confidence, since it gives none"
    )
    redact: Annotated[tuple[str, ...], BeforeValidator(from_json)] = Field(
        (), description="JSON list of RE2 patterns; what they match in a template is not sent"
    )
    budget: Annotated[BudgetSettings, BeforeValidator(from_json)] = BudgetSettings()

    @model_validator(mode="before")
    @classmethod
    def _infer_provider(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("provider"):
            return values
        if values.get("preset") or values.get("base_url"):
            return {**values, "provider": "openai-compatible"}
        if _revealed(values.get("api_key")).strip().startswith(_GROQ_KEY):
            return {**values, "provider": "groq"}
        return values

    @field_validator("provider", "preset", "structured_output", mode="before")
    @classmethod
    def _in_small_letters(cls, value: Any) -> Any:
        return in_small_letters(value)

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
        if not self.enabled:
            # Named `none`, the LLM is off, whatever else is set.
            for name in () if "provider" in self.model_fields_set else ("api_key", "model"):
                if getattr(self, name):
                    raise together(
                        f"{_VARIABLES}{name.upper()} is set, and nothing says for which provider: set "
                        f"{_VARIABLES}PROVIDER to groq, or {_VARIABLES}PRESET, or {_VARIABLES}BASE_URL"
                    )
            return self
        if self.preset and self.provider != "openai-compatible":
            raise together(
                f"{_VARIABLES}PRESET is {self.preset}, which goes with {_VARIABLES}PROVIDER openai-compatible alone: "
                "unset one of them"
            )
        endpoint = self.endpoint()
        if self.provider == "openai-compatible" and not endpoint.base_url:
            raise together(
                f"{_VARIABLES}PROVIDER openai-compatible needs {_VARIABLES}BASE_URL or {_VARIABLES}PRESET"
            )
        if not endpoint.model:
            raise together(f"{_VARIABLES}MODEL is needed: no preset names one")
        if endpoint.needs_key and not self.api_key:
            raise together(f"the LLM provider {self.preset or self.provider} needs {_VARIABLES}API_KEY")
        return self

    @property
    def enabled(self) -> bool:
        """Whether there is an LLM to ask."""
        return self.provider != "none"

    def endpoint(self) -> Endpoint:
        """Return where to ask: what the preset says, with the settings that are given in place of its own."""
        known = GROQ if self.provider == "groq" else PRESETS[self.preset] if self.preset else CUSTOM
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
    if not key or (named and in_small_letters(values.get("provider")) != "groq"):
        return dict(values)
    return {**values, "provider": "groq", "api_key": values.get("api_key") or key}


def _revealed(key: Any) -> str:
    return key.get_secret_value() if isinstance(key, SecretStr) else str(key or "")


def together(sentence: str) -> PydanticCustomError:
    """Return the error of settings that do not go together; the sentence names them."""
    return PydanticCustomError("settings_together", "{sentence}", {"sentence": sentence})


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
        raise ValueError(f"the pattern {pattern!r} is not RE2: {reason_of(error)}") from error
