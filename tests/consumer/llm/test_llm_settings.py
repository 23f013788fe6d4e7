from typing import Any

import pytest
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from consumer.llm.endpoints import PRESETS
from consumer.llm.settings import LlmSettings, with_groq_key

KEY = "gsk_" + "k" * 20


class Outer(BaseSettings):
    """The service's settings as far as they concern the LLM."""

    model_config = SettingsConfigDict(env_prefix="LOGSLUICE_", env_nested_delimiter="__", frozen=True)
    llm: LlmSettings = LlmSettings()
    groq_api_key: SecretStr | None = Field(None, validation_alias="GROQ_API_KEY")

    @model_validator(mode="before")
    @classmethod
    def _key(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "llm": with_groq_key(values.get("llm") or {}, values.get("GROQ_API_KEY"))}


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> LlmSettings:
    for name, value in environment.items():
        monkeypatch.setenv(name if name == "GROQ_API_KEY" else f"LOGSLUICE_{name}", value)
    return Outer().llm


def test_nothing_is_asked_unless_someone_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = read(monkeypatch)
    assert not llm.enabled
    assert (llm.max_concurrency, llm.deadline_s, llm.canary, llm.templates_per_call) == (4, 10, 0.01, 16)
    assert (llm.budget.requests_per_minute, llm.budget.tokens_per_minute) == (30, 8000)
    assert llm.budget.requests_per_day is None
    assert llm.budget.tokens_per_day is None


def test_the_key_of_groq_alone_turns_to_groq(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = read(monkeypatch, GROQ_API_KEY=KEY)
    assert llm.provider == "groq"
    assert llm.api_key is not None
    assert llm.api_key.get_secret_value() == KEY
    endpoint = llm.endpoint()
    assert endpoint.model == "openai/gpt-oss-20b"
    assert endpoint.structured_output == "json_schema"
    assert endpoint.request == {"temperature": 0, "reasoning_effort": "low", "include_reasoning": False}


def test_the_key_of_groq_goes_to_no_other_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = read(monkeypatch, GROQ_API_KEY=KEY, LLM__PRESET="ollama")
    assert (llm.provider, llm.api_key) == ("openai-compatible", None)
    assert with_groq_key({"provider": "none"}, KEY) == {"provider": "none"}
    explicit = with_groq_key({"provider": "groq", "api_key": "mine"}, KEY)
    assert explicit == {"provider": "groq", "api_key": "mine"}


def test_an_address_and_a_model_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = read(monkeypatch, LLM__BASE_URL="http://localhost:8080/v1", LLM__MODEL="m")
    assert (llm.provider, llm.endpoint().base_url) == ("openai-compatible", "http://localhost:8080/v1")


def test_a_key_of_groq_names_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, LLM__API_KEY=KEY).provider == "groq"


def test_a_provider_named_none_turns_the_llm_off(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = read(monkeypatch, LLM__PROVIDER="none", LLM__API_KEY=KEY, LLM__MODEL="m", LLM__PRESET="openai")
    assert not llm.enabled


def test_every_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = read(
        monkeypatch,
        LLM__PROVIDER="openai-compatible",
        LLM__BASE_URL="https://llm.example.com/v1",
        LLM__MODEL="m",
        LLM__STRUCTURED_OUTPUT="none",
        LLM__REQUEST='{"top_p": 0.1}',
        LLM__REDACT='["(?i)project \\\\w+", "a,b"]',
        LLM__TEMPLATES_PER_CALL="8",
        LLM__MAX_CONCURRENCY="2",
        LLM__DEADLINE_S="2.5",
        LLM__CANARY="0",
        LLM__BUDGET__REQUESTS_PER_MINUTE="10",
        LLM__BUDGET__TOKENS_PER_DAY="1000",
        LLM__BUDGET__PROMPT_PRICE="0.075",
    )
    endpoint = llm.endpoint()
    assert (endpoint.base_url, endpoint.model) == ("https://llm.example.com/v1", "m")
    assert (endpoint.structured_output, endpoint.request) == ("none", {"top_p": 0.1})
    assert llm.redact == (r"(?i)project \w+", "a,b")
    assert (llm.templates_per_call, llm.max_concurrency, llm.deadline_s, llm.canary) == (8, 2, 2.5, 0)
    assert (llm.budget.requests_per_minute, llm.budget.tokens_per_day) == (10, 1000)
    assert llm.budget.prompt_price == 0.075


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_needs_a_key_at_most_and_yields_to_settings(name: Any) -> None:
    llm = LlmSettings(preset=name, api_key=SecretStr("k"))
    assert llm.provider == "openai-compatible"
    assert llm.endpoint().base_url == PRESETS[name].base_url
    own = LlmSettings(
        preset=name, api_key=SecretStr("k"), base_url="http://gateway/v1", model="mine"
    ).endpoint()
    assert (own.base_url, own.model) == ("http://gateway/v1", "mine")
    assert own.structured_output == PRESETS[name].structured_output


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"provider": "groq"}, "needs LOGSLUICE_LLM__API_KEY"),
        ({"preset": "openai"}, "needs LOGSLUICE_LLM__API_KEY"),
        (
            {"provider": "openai-compatible", "model": "m"},
            "needs LOGSLUICE_LLM__BASE_URL or LOGSLUICE_LLM__PRESET",
        ),
        ({"provider": "openai-compatible", "base_url": "http://x/v1"}, "LLM__MODEL is needed"),
        (
            {"provider": "groq", "preset": "openai", "api_key": KEY},
            "goes with LOGSLUICE_LLM__PROVIDER openai-compatible",
        ),
        ({"provider": "chatgpt"}, "groq"),
        ({"base_url": "ftp://x"}, "pattern"),
        ({"base_url": "https://user:secret@host/v1"}, "pattern"),
        ({"api_key": "sk-of-somebody"}, "LOGSLUICE_LLM__API_KEY is set, and nothing says for which provider"),
        ({"model": "gpt-5"}, "LOGSLUICE_LLM__MODEL is set, and nothing says for which provider"),
        ({"redact": ["(unclosed"]}, "the pattern '(unclosed' is not RE2: missing ): (unclosed"),
        ({"redact": ["(?=lookahead)"]}, "is not RE2"),
        ({"api_key": "two words"}, "white space"),
        ({"api_key": "schlüssel"}, "characters that a key cannot have"),
        ({"modell": "m"}, "Extra inputs are not permitted"),
        ({"canary": 1.5}, "less than or equal to 1"),
        ({"deadline_s": 0}, "greater than 0"),
        ({"budget": {"tokens_per_minute": 0}}, "greater than or equal to 1"),
        ({"budget": {"per_minute": 1}}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LlmSettings.model_validate(values)
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_the_newline_of_a_secret_file_is_no_part_of_the_key() -> None:
    llm = LlmSettings(provider="groq", api_key=SecretStr(f"{KEY}\n"))
    assert llm.api_key is not None
    assert llm.api_key.get_secret_value() == KEY
    assert KEY not in repr(llm)
