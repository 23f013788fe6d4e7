"""Asks a schema registry for the schemas of records, once each, and decodes what is written by them."""

import base64
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

import msgspec

from consumer.errors import SettingsError
from consumer.log import escaped, get_logger
from consumer.records.formats.registry import Decode, Frame, without_registry
from consumer.records.reasons import UndecodableError
from consumer.settings import Settings
from consumer.settings.registry import RegistrySettings

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema

Answer = TypeVar("Answer")
ASK_AGAIN_S = 30.0
"""How long a schema that the registry does not know is taken for unknown."""
MAX_UNKNOWN = 10_000


def frame_decoder(
    settings: Settings, wait: Callable[[str], None], over: Callable[[], None]
) -> Callable[[Frame], bytes]:
    """Return what decodes framed records to JSON.

    ``wait`` is called with the reason each time the registry does not answer, and ``over`` once it does.

    Raises:
        SettingsError: there is a registry, and the extra is not installed.
    """
    if settings.schema_registry.url is None:
        return without_registry
    try:
        return SchemaRegistry(settings.schema_registry, wait, over).decode
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"LOGSLUICE_SCHEMA_REGISTRY__URL needs {error.name}, which is not here: pip install 'logsluice[registry]'"
        ) from None


class SchemaRegistry:
    """The schemas that have been asked for so far. For one thread."""

    def __init__(
        self, settings: RegistrySettings, wait: Callable[[str], None], over: Callable[[], None] = lambda: None
    ) -> None:
        from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError

        from consumer.records.formats import schemas

        self._client = SchemaRegistryClient(settings.client_properties())
        self._refusal = SchemaRegistryError
        self._libraries = schemas
        self._wait, self._over = wait, over
        self._decoders: dict[int | str, Decode] = {}
        self._unknown: dict[int | str, float] = {}

    def decode(self, frame: Frame) -> bytes:
        """Return what a frame holds, as JSON. Waits while the registry is away.

        Raises:
            UndecodableError: the registry knows no such schema, or the payload is not written by it.
        """
        decoder = self._decoders.get(frame.schema) or self._decoder(frame.schema)
        try:
            return msgspec.json.encode(decoder(frame.payload))
        except UndecodableError:
            raise
        except Exception as error:  # whatever the libraries raise; its text may hold that of the record
            raise UndecodableError(
                "not_of_its_schema",
                f"the payload is not written by schema {frame.schema}: {type(error).__name__}",
            ) from None

    def _decoder(self, number: int | str) -> Decode:
        if monotonic() < self._unknown.get(number, 0.0):
            raise _unknown(number)
        try:
            schema = self._asked(lambda: self._schema(number), number)
        except UndecodableError:
            if len(self._unknown) >= MAX_UNKNOWN:
                self._unknown.clear()
            self._unknown[number] = monotonic() + ASK_AGAIN_S
            raise
        try:
            decoder = self._of_type(schema, number)
        except UndecodableError:
            raise
        except Exception as error:
            said = escaped(f"schema {number} cannot be read: {type(error).__name__}: {error}")[:300]
            decoder = _failing(said)
        self._decoders[number] = decoder
        return decoder

    def _schema(self, number: int | str) -> "Schema":
        # Protobuf comes as its compiled form; other kinds of schema have no such form, and come as they are.
        if isinstance(number, int):
            return self._client.get_schema(number, fmt="serialized")
        return self._client.get_schema_by_guid(number, fmt="serialized")

    def _of_type(self, schema: "Schema", number: int | str) -> Decode:
        text = schema.schema_str or ""
        if schema.schema_type == "JSON":
            return msgspec.json.decode
        references = self._references(schema, number, {})
        if schema.schema_type == "PROTOBUF":
            files = [(name, base64.b64decode(content)) for name, content in references.items()]
            return self._libraries.protobuf_decoder(base64.b64decode(text), files)
        return self._libraries.avro_decoder(text, list(references.values()))

    def _references(self, schema: "Schema", number: int | str, found: dict[str, str]) -> dict[str, str]:
        """Return by its name the text of each schema that one refers to, behind those that it refers to itself."""
        for reference in schema.references or []:
            name, subject, version = reference.name or "", reference.subject or "", reference.version or 1
            if name not in found:
                registered = self._asked(
                    partial(self._client.get_version, subject, version, fmt="serialized"), number
                )
                self._references(registered.schema, number, found)
                found[name] = registered.schema.schema_str or ""
        return found

    def _asked(self, ask: Callable[[], Answer], number: int | str) -> Answer:
        """Return what the registry answers, as soon as it does."""
        is_away = False
        while True:
            try:
                answer = ask()
            except Exception as error:  # of the registry, TLS, a name, a proxy that answers in HTML
                if isinstance(error, self._refusal) and error.http_status_code == 404:
                    raise _unknown(number) from None
                said = escaped(str(error) or type(error).__name__)[:300]
                if not is_away:
                    get_logger().warning("waiting for the schema registry", schema=number, reason=said)
                is_away = True
                self._wait(f"the schema registry does not answer for schema {number}: {said}")
            else:
                self._over()
                return answer


def _unknown(number: int | str) -> UndecodableError:
    return UndecodableError("unknown_schema", f"the schema registry knows no schema {number}")


def _failing(said: str) -> Decode:
    def decode(_: bytes) -> object:
        raise UndecodableError("not_of_its_schema", said)

    return decode
