"""Every setting: its name, its default, what it accepts. Read once, by the command line."""

import difflib
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from consumer.errors import SettingsError
from consumer.llm.settings import LlmSettings, with_groq_key

PREFIX = "LOGSLUICE_"

# Properties that carry the delivery guarantees; a different value would break them silently.
_OURS = (
    "bootstrap.servers",
    "metadata.broker.list",
    "group.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "client.id",
    "partition.assignment.strategy",
    "message.timeout.ms",
    "message.max.bytes",
    "acks",
    "request.required.acks",
    "transactional.id",
    "isolation.level",
)
# What Kubernetes puts into the environment of pods beside a Service named "logsluice" or "logsluice-...".
_SERVICE_LINK = re.compile(rf"{PREFIX}((\w+_)?SERVICE_(HOST|PORT)\w*|(\w+_)?PORT_\d+_(TCP|UDP)\w*|PORT)$")
_LINK_VALUE = re.compile(r"(tcp|udp)://")
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")


def _split(value: Any) -> Any:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise ValueError("this is not valid JSON") from error


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """The settings of the service, from the environment, ``.env`` and a directory of secret files."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True
    )

    bootstrap_servers: str = Field("localhost:9092", min_length=1, description="brokers, host:port,host:port")
    group_id: str = Field("logsluice", min_length=1, description="the consumer group")
    input_topic: Names = Field(("logs.raw",), description="topics of raw events, separated by commas")
    output_topic: str = Field("logs.labelled", description="topic of labelled events")
    pending_topic: str = Field("logs.pending", description="topic of events that wait for the LLM")
    verdicts_topic: str = Field("logs.verdicts", description="compacted topic of verdicts by template")
    dead_letter_topic: str = Field(
        "logs.dead", description="topic of events that cannot be decoded or published"
    )
    input_format: Literal["json", "text"] = Field("json", description="json or text")
    source_field: str = Field("source", min_length=1, description="path of the source in a JSON event, a.b.c")
    message_field: str = Field(
        "log_message", min_length=1, description="path of the message in a JSON event, a.b.c"
    )
    batch_max_events: int = Field(10_000, ge=1, le=1_000_000, description="events in a batch, 1 to 1000000")
    batch_max_wait_ms: int = Field(
        100, ge=1, le=60_000, description="how long a batch waits to fill, 1 to 60000 ms"
    )
    delivery: Literal["at-least-once", "exactly-once"] = Field(
        "at-least-once", description="at-least-once or exactly-once"
    )
    instance: str | None = Field(
        None,
        min_length=1,
        description="name of this process among its replicas, kept over restarts; the host's name if not set",
    )
    bundle: Path | None = Field(None, description="directory of a model bundle; the built-in one if not set")
    bundle_digest: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{64}$",  # a part of it could be met by trying
        description="the digest the bundle must have, 64 hexadecimal digits; `logsluice check` prints it",
    )
    http_host: str = Field("127.0.0.1", description="address that serves /metrics, /livez, /readyz and /top")
    http_port: int = Field(9464, ge=0, le=65535, description="port that serves them; 0 takes a free one")
    metric_sources: Names = Field(
        (), description="sources with metric series of their own, separated by commas"
    )
    llm: LlmSettings = Field(LlmSettings(), description="which LLM to ask, how, and how much of it")
    groq_api_key: SecretStr | None = Field(
        None, validation_alias="GROQ_API_KEY", description="key of Groq; alone it turns LLM__PROVIDER to groq"
    )
    pending_max_age_s: float = Field(
        900,
        gt=0,
        description="seconds an event may wait for the LLM before it is published with its best guess",
    )
    kafka: Annotated[dict[str, Any], NoDecode, BeforeValidator(_json)] = Field(
        default_factory=dict, repr=False, description="JSON object of librdkafka properties"
    )
    kafka_sasl_password: SecretStr | None = Field(
        None, description="sasl.password, apart from KAFKA for a secret file"
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto (console on a terminal), json, console"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )
    tracing: Literal["off", "otlp"] = Field(
        "off", description="off, or otlp: traces of batches, sent where OTEL_EXPORTER_OTLP_ENDPOINT says"
    )

    @model_validator(mode="before")
    @classmethod
    def _groq(cls, values: Any) -> Any:
        llm = values.get("llm") or {}
        if isinstance(llm, dict):
            return {**values, "llm": with_groq_key(llm, values.get("GROQ_API_KEY"))}
        return values

    @field_validator("input_topic")
    @classmethod
    def _topics(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("at least one topic is needed")
        for topic in value:
            cls._topic(topic)
        return value

    @field_validator("output_topic", "pending_topic", "verdicts_topic", "dead_letter_topic")
    @classmethod
    def _topic(cls, value: str) -> str:
        if not _TOPIC.fullmatch(value) or value in (".", ".."):
            raise ValueError("a topic's name has 1 to 249 letters, digits, dots, underscores and hyphens")
        return value

    @field_validator("kafka")
    @classmethod
    def _kafka(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, setting in value.items():
            if name in _OURS:
                raise ValueError(f"{name} is set by logsluice and may not be changed here")
            if not isinstance(setting, str | int | float | bool):
                raise ValueError(f"{name} must be a string, a number, true or false")
        return value

    @field_validator("source_field", "message_field")
    @classmethod
    def _path(cls, value: str) -> str:
        if not all(value.split(".")):
            raise ValueError("a path has names between its dots")
        return value

    @field_validator("message_field")
    @classmethod
    def _apart(cls, value: str, info: ValidationInfo) -> str:
        source = info.data.get("source_field", "")
        if f"{value}.".startswith(f"{source}.") or f"{source}.".startswith(f"{value}."):
            raise ValueError("it must not be the source's path, nor lie within it or around it")
        return value

    def kafka_properties(self) -> dict[str, Any]:
        """Return what every client needs to reach the broker. Holds secrets: never to be printed."""
        password = (
            {"sasl.password": self.kafka_sasl_password.get_secret_value()} if self.kafka_sasl_password else {}
        )
        return {**self.kafka, **password, "bootstrap.servers": self.bootstrap_servers}


def read_settings(env_file: Path | None = None, secrets: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings; a value in the environment wins over ``.env``, ``.env`` over a secret file.

    Raises:
        SettingsError: naming every setting that is wrong, and what each accepts.
    """
    env_file = env_file or Path(".env")
    secrets = secrets or Path(os.environ.get(f"{PREFIX}SECRETS_DIR", "/run/secrets"))
    try:
        problems = _unknown(env_file)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file} cannot be read: {error}") from None
    settings = None
    try:
        settings = Settings(
            _env_file=env_file, _secrets_dir=secrets if secrets.is_dir() else None, **overrides
        )
    except ValidationError as error:
        details = error.errors(include_url=False)
        # An unknown variable has been named above, with what it may have meant.
        problems += [_sentence(dict(detail)) for detail in details if detail["type"] != "extra_forbidden"]
    except Exception as error:  # pydantic-settings: a value that is not JSON where JSON is due
        name = re.search(r'field "(\w+)"', str(error))
        field = name[1] if name else "?"
        problems.append(f"{PREFIX}{field.upper()} is not valid JSON. It takes: {_accepts([field])}.")
    if problems or settings is None:
        raise SettingsError("\n".join(problems))
    return settings


def _unknown(env_file: Path) -> list[str]:
    known = {*_variables(Settings, PREFIX), f"{PREFIX}SECRETS_DIR"}
    given = {**(dotenv_values(env_file) if env_file.is_file() else {}), **os.environ}
    problems = []
    for name, value in sorted(given.items()):
        is_link = _SERVICE_LINK.match(name) or (name.endswith("_PORT") and _LINK_VALUE.match(value or ""))
        if name.upper().startswith(PREFIX) and name.upper() not in known and not is_link:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            problems.append(f"{name} is not a setting{f'; did you mean {near[0]}?' if near else ''}")
    return problems


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the name of every variable that is read; a nested one may also be given whole, as JSON."""
    for name, field in model.model_fields.items():
        if field.validation_alias is None:
            yield f"{prefix}{name}".upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variables(field.annotation, f"{prefix}{name}__")


def _accepts(path: Sequence[str]) -> str:
    """Return what the setting at a path takes."""
    model: type[BaseModel] = Settings
    description = None
    for name in path:
        field = model.model_fields.get(name)
        if field is None:
            break
        description = field.description
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
    return description or "see the table of settings in README.md"


def _sentence(detail: dict[str, Any]) -> str:
    path = [str(part) for part in detail["loc"]]
    name = "GROQ_API_KEY" if path[:1] == ["GROQ_API_KEY"] else f"{PREFIX}{'__'.join(path)}".upper()
    reason = str(detail["msg"]).removeprefix("Value error, ")
    secret = path[:1] in (["kafka"], ["llm"], ["GROQ_API_KEY"]) or "password" in name.lower()
    shown = "" if secret else f" is {detail['input']!r}:"[:200]
    return f"{name}{shown or ':'} {reason[0].lower()}{reason[1:]}. It takes: {_accepts(path)}."
