"""What each setting accepts, where its type does not say it."""

from typing import Any

from pydantic import ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from consumer.llm.settings import in_small_letters
from consumer.records.formats.by_topic import checked_formats
from consumer.records.labelled import OUR_HEADERS
from consumer.records.output_routes import parse_routes, topics_of_routes
from consumer.settings.kafka_auth import KafkaAuthSettings
from consumer.settings.kafka_properties import problems_of
from consumer.settings.names import check_brokers, check_topic
from consumer.settings.sources import PREFIX

MAX_METRIC_SOURCES = 200
"""A source takes a series for each label and tier: 200 sources are some 10,000 series."""


class Checks(BaseSettings):
    """The checks of the settings in `model.py`, each of one that it names, with those that stand before it there."""

    @field_validator(
        "output_format",
        "core",
        "delivery",
        "log_format",
        "log_level",
        "tracing",
        mode="before",
        check_fields=False,
    )
    @classmethod
    def _in_small_letters(cls, value: Any) -> Any:
        return in_small_letters(value)

    @field_validator("input_format", check_fields=False)
    @classmethod
    def _formats(cls, value: str, info: ValidationInfo) -> str:
        return checked_formats(value, info.data.get("input_topic", ()))

    @field_validator("bootstrap_servers", check_fields=False)
    @classmethod
    def _brokers(cls, value: str) -> str:
        check_brokers(value)
        return value

    @field_validator("input_topic", check_fields=False)
    @classmethod
    def _topics(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("at least one topic is needed")
        if len(set(value)) < len(value):
            raise ValueError("a topic is named twice")
        for topic in value:
            check_topic(topic)
        return value

    @field_validator(
        "output_topic", "pending_topic", "verdicts_topic", "dead_letter_topic", check_fields=False
    )
    @classmethod
    def _topic(cls, value: str, info: ValidationInfo) -> str:
        check_topic(value)
        for name in ("input_topic", "output_topic", "pending_topic", "verdicts_topic"):
            other = info.data.get(name, ())
            # Topics whose names differ in case alone are two for Kafka, and a slip of somebody's here.
            if value.lower() in [each.lower() for each in ([other] if isinstance(other, str) else other)]:
                raise ValueError(
                    f"{PREFIX}{name.upper()} names this topic too: each needs a topic of its own, or records would be "
                    "read as what they are not"
                )
        return value

    @field_validator("output_headers", check_fields=False)
    @classmethod
    def _headers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value == ("none",):
            return ()
        unknown = [name for name in value if name not in OUR_HEADERS]
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is none of {', '.join(sorted(OUR_HEADERS))}")
        return value

    @field_validator("output_routes", check_fields=False)
    @classmethod
    def _routes(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        names = ("input_topic", "pending_topic", "verdicts_topic", "dead_letter_topic")
        taken = [info.data.get(name, ()) for name in names]
        others = {each for name in taken for each in ((name,) if isinstance(name, str) else name)}
        for topic in topics_of_routes(parse_routes(value)):
            check_topic(topic)
            if topic in others:
                raise ValueError(f"{topic} has records of another kind: a route needs another topic")
        return value

    @field_validator("metric_sources", check_fields=False)
    @classmethod
    def _few(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > MAX_METRIC_SOURCES:
            raise ValueError(f"{len(value)} sources are too many, for each has a series per label and tier")
        return value

    @field_validator("kafka", check_fields=False)
    @classmethod
    def _kafka(cls, value: dict[str, Any]) -> dict[str, Any]:
        problems = list(problems_of(value))
        if problems:
            # pydantic takes no lone surrogate in the text of an error.
            raise ValueError("; ".join(problems).encode(errors="backslashreplace").decode())
        return value

    @field_validator("kafka_auth", check_fields=False)
    @classmethod
    def _login(cls, value: KafkaAuthSettings, info: ValidationInfo) -> KafkaAuthSettings:
        password = {"sasl.password": ""} if info.data.get("kafka_sasl_password") else {}
        given = {**info.data.get("kafka", {}), **password}
        problem = value.problem_with(given, info.data.get("bootstrap_servers", ""))
        if problem:
            raise ValueError(problem)
        return value

    @field_validator("source_field", "message_field", check_fields=False)
    @classmethod
    def _path(cls, value: str | None) -> str | None:
        if value is not None and not all(value.split(".")):
            raise ValueError("a path has names between its dots")
        return value

    @field_validator("message_field", check_fields=False)
    @classmethod
    def _apart(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return value
        source = info.data.get("source_field") or "source"
        if f"{value}.".startswith(f"{source}.") or f"{source}.".startswith(f"{value}."):
            raise ValueError("it must not be the source's path, nor lie within it or around it")
        return value
