"""Every setting: its name, its default, what it accepts."""

from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from consumer.llm.settings import LlmSettings, from_json, with_groq_key
from consumer.records.formats.table import AUTO
from consumer.records.output_routes import OutputRoute, parse_routes, topics_of_routes
from consumer.settings.checks import MAX_METRIC_SOURCES, Checks
from consumer.settings.kafka_auth import KafkaAuthSettings
from consumer.settings.kafka_properties import by_token
from consumer.settings.names import Names
from consumer.settings.registry import RegistrySettings
from consumer.settings.sources import PREFIX, EnvFile, Environment, SecretFiles


class Settings(Checks):
    """The settings of the service, from the environment, ``.env`` and a directory of secret files."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        secrets_dir_max_size=1 << 40,  # of all that lies there, for us or for others
        extra="ignore",
        frozen=True,
    )

    bootstrap_servers: str = Field(
        "localhost:9092",
        min_length=1,
        description="brokers, host:port,host:port; an IPv6 address as [::1]:9092",
    )
    broker_wait_s: float = Field(
        60,
        gt=0,
        description="seconds to wait at the start for a broker that does not answer, then exit code 4; inf: no limit",
    )
    group_id: str = Field("logsluice", min_length=1, description="the consumer group")
    input_topic: Names = Field(("logs.raw",), description="topics of raw events, separated by commas")
    output_topic: str = Field("logs.labelled", description="topic of labelled events")
    pending_topic: str = Field("logs.pending", description="topic of events that wait for the LLM")
    verdicts_topic: str = Field("logs.verdicts", description="compacted topic of verdicts by template")
    dead_letter_topic: str = Field(
        "logs.dead", description="topic of events that cannot be decoded or published"
    )
    input_format: str = Field(
        AUTO,
        description="auto, the name of a format, or topic=name,topic=name; docs/formats.md has the names",
    )
    output_format: Literal["json", "same"] = Field(
        "json", description="json: one JSON object for each event; same: records keep their form"
    )
    output_headers: Names = Field(
        ("label", "tier", "event_id"),
        description="headers that labelled records get, separated by commas, or none",
    )
    output_routes: Names = Field(
        (),
        description="label=topic, label=drop or label=sample:100 (one in a hundred), separated by commas",
    )
    core: Literal["auto", "native", "python"] = Field(
        "auto", description="what the hot path runs on: auto takes the native core where it is installed"
    )
    source_field: str | None = Field(
        None, min_length=1, description="path of the source in a JSON event, a.b.c, before the usual names"
    )
    message_field: str | None = Field(
        None, min_length=1, description="path of the message in a JSON event, a.b.c, before the usual names"
    )
    batch_max_events: int = Field(20_000, ge=1, le=1_000_000, description="events in a batch, 1 to 1000000")
    batch_max_wait_ms: int = Field(
        50, ge=1, le=60_000, description="how long a batch waits to fill, 1 to 60000 ms"
    )
    delivery: Literal["at-least-once", "exactly-once"] = Field(
        "at-least-once", description="at-least-once or exactly-once"
    )
    instance: str | None = Field(
        None,
        min_length=1,
        description="name of this process among its replicas, kept over restarts; the host's name if not set",
    )
    max_templates: int = Field(
        200_000, ge=1_000, description="templates that each cache and the verdict memory hold, 1000 or more"
    )
    bundle: Path | None = Field(None, description="directory of a model bundle; the built-in one if not set")
    bundle_digest: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{64}$",  # a part of it could be met by trying
        description="the digest the bundle must have, 64 hexadecimal digits; `logsluice check` prints it",
    )
    shadow_bundle: Path | None = Field(
        None,
        description="directory of a second bundle that labels every template too; nothing of it is published",
    )
    http_host: str = Field(
        "127.0.0.1", description="address that serves /metrics, /livez, /readyz, /top and /shadow"
    )
    http_port: int = Field(9464, ge=0, le=65535, description="port that serves them; 0 takes a free one")
    metric_sources: Names = Field(
        (),
        description=f"sources with metric series of their own, separated by commas, {MAX_METRIC_SOURCES} at most",
    )
    llm: Annotated[LlmSettings, BeforeValidator(from_json)] = Field(
        LlmSettings(), description="which LLM to ask, how, and how much of it"
    )
    groq_api_key: SecretStr | None = Field(
        None, validation_alias="GROQ_API_KEY", description="key of Groq; alone it turns LLM__PROVIDER to groq"
    )
    pending_max_age_s: float = Field(
        900,
        gt=0,
        description="seconds an event may wait for the LLM before it is published with its best guess",
    )
    kafka: Annotated[dict[str, Any], NoDecode, BeforeValidator(from_json)] = Field(
        default_factory=dict, repr=False, description="JSON object of librdkafka properties"
    )
    kafka_sasl_password: SecretStr | None = Field(
        None, description="sasl.password, apart from KAFKA for a secret file"
    )
    kafka_auth: Annotated[KafkaAuthSettings, BeforeValidator(from_json)] = KafkaAuthSettings()
    schema_registry: Annotated[RegistrySettings, BeforeValidator(from_json)] = RegistrySettings()
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto (console on a terminal), json, console"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )
    tracing: Literal["off", "otlp"] = Field(
        "off", description="off, or otlp: traces of batches, sent where OTEL_EXPORTER_OTLP_ENDPOINT says"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from; the first that has a value wins."""
        return (
            init_settings,
            Environment(settings_cls),
            EnvFile(settings_cls, cast(DotEnvSettingsSource, dotenv_settings).env_file),
            SecretFiles(file_secret_settings),
        )

    @model_validator(mode="before")
    @classmethod
    def _groq(cls, values: Any) -> Any:
        llm = values.get("llm") or {}
        if isinstance(llm, dict):
            return {**values, "llm": with_groq_key(llm, values.get("GROQ_API_KEY"))}
        return values

    def kafka_properties(self) -> dict[str, Any]:
        """Return what every client needs to reach the broker. Holds secrets: never to be printed."""
        password = (
            {"sasl.password": self.kafka_sasl_password.get_secret_value()} if self.kafka_sasl_password else {}
        )
        login = self.kafka_auth.properties(self.bootstrap_servers)
        return {**login, **self.kafka, **password, "bootstrap.servers": self.bootstrap_servers}

    def routes(self) -> dict[str, OutputRoute]:
        """Return where the events of some labels go, by the label."""
        return {route.label: route for route in parse_routes(self.output_routes)}

    def labelled_topics(self) -> tuple[str, ...]:
        """Return every topic that labelled events go to."""
        return tuple(dict.fromkeys((self.output_topic, *topics_of_routes([*self.routes().values()]))))

    @property
    def logs_in_by_token(self) -> bool:
        """Whether the client logs in with tokens, which end and are fetched again while it runs."""
        return by_token(self.kafka_properties())
