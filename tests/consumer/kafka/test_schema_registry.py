"""Records that serializers write by a schema registry, read back by it: Avro, Protobuf, JSON Schema."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient, header_schema_id_serializer
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.timestamp_pb2 import DESCRIPTOR as TIMESTAMP

from consumer.errors import SettingsError
from consumer.kafka.schema_registry import SchemaRegistry, frame_decoder
from consumer.records.formats.registry import Frame, frame_of, without_registry
from consumer.records.incoming import Headers
from consumer.records.reasons import UndecodableError
from consumer.settings import Settings
from consumer.settings.registry import RegistrySettings
from tests.support.registry_server import LOGIN, PASSWORD, USER, Registry, registry_running

EVENT = {"source": "billing", "message": "Payment 4711 was refused"}
AVRO = """{"type": "record", "name": "Log", "fields": [{"name": "source", "type": "string"},
    {"name": "message", "type": "string"},
    {"name": "at", "type": [{"type": "long", "logicalType": "timestamp-millis"}, "null"]},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "raw", "type": "bytes"}]}"""
JSON = """{"title": "Log", "type": "object",
    "properties": {"source": {"type": "string"}, "message": {"type": "string"}}}"""


@pytest.fixture
def registry() -> Iterator[Registry]:
    with registry_running() as registry:
        yield registry


def reader(registry: Registry, wait: Callable[[str], None] = lambda why: pytest.fail(why)) -> SchemaRegistry:
    return SchemaRegistry(RegistrySettings(url=registry.url), wait)


def decoded(registry: Registry, value: bytes, headers: Headers | None = None) -> Any:
    frame = frame_of(value, headers or [])
    assert frame is not None
    return msgspec.json.decode(reader(registry).decode(frame))


def written(
    registry: Registry,
    make: Callable[[SchemaRegistryClient, dict[str, Any]], Any],
    event: object,
    in_header: bool,
) -> tuple[bytes, Headers]:
    """Return the record that the Kafka client's own serializer makes of an event."""
    settings = {"schema.id.serializer": header_schema_id_serializer} if in_header else {}
    headers: list[Any] = []
    context = SerializationContext("logs.raw", MessageField.VALUE, headers)
    value = make(SchemaRegistryClient({"url": registry.url}), settings)(event, context)
    assert isinstance(value, bytes)
    return value, headers


def protobuf_event() -> Any:
    """Return a message of a type that is not the first of its file, within another, with a time of Google's."""
    file = FileDescriptorProto(name="log.proto", package="acme", syntax="proto3", dependency=[TIMESTAMP.name])
    file.message_type.add(name="Other")
    inner = file.message_type.add(name="Outer").nested_type.add(name="Log")
    text, message = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_MESSAGE
    inner.field.add(name="source", number=1, type=text, label=1)
    inner.field.add(name="message", number=2, type=text, label=1)
    inner.field.add(name="at", number=3, type=message, label=1, type_name=".google.protobuf.Timestamp")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(TIMESTAMP.serialized_pb)
    pool.Add(file)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("acme.Outer.Log"))(**EVENT)
    made.at.seconds = 1_790_000_000
    return made


@pytest.mark.parametrize("in_header", [False, True])
def test_avro(registry: Registry, in_header: bool) -> None:
    at = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
    event = {**EVENT, "at": at, "price": Decimal("12.50"), "raw": b"\xff"}
    value, headers = written(
        registry, lambda client, conf: AvroSerializer(client, AVRO, conf=conf), event, in_header
    )
    assert bool(headers) == in_header
    assert decoded(registry, value, headers) == {
        **EVENT,
        "at": "2026-11-28T12:30:00Z",
        "price": "12.50",
        "raw": "/w==",
    }


@pytest.mark.parametrize("in_header", [False, True])
def test_protobuf(registry: Registry, in_header: bool) -> None:
    event = protobuf_event()
    value, headers = written(
        registry, lambda client, conf: ProtobufSerializer(type(event), client, conf), event, in_header
    )
    assert bool(headers) == in_header
    assert decoded(registry, value, headers) == {**EVENT, "at": "2026-09-21T14:13:20Z"}


@pytest.mark.parametrize("in_header", [False, True])
def test_json_schema(registry: Registry, in_header: bool) -> None:
    value, headers = written(
        registry, lambda client, conf: JSONSerializer(JSON, client, conf=conf), EVENT, in_header
    )
    assert decoded(registry, value, headers) == EVENT


def test_the_newer_frame_names_a_schema_by_its_guid(registry: Registry) -> None:
    number = registry.add(
        "logs", '{"type": "record", "name": "Log", "fields": [{"name": "n", "type": "int"}]}'
    )
    guid = registry.get(f"/schemas/ids/{number}")[1]["guid"]
    assert decoded(registry, b"\1" + bytes.fromhex(guid.replace("-", "")) + b"\x02") == {"n": 1}


def test_a_schema_that_refers_to_others(registry: Registry) -> None:
    registry.add("code", '{"type": "enum", "name": "Code", "symbols": ["OK", "REFUSED"]}')
    code = {"name": "Code", "subject": "code", "version": 1}
    outcome = '{"type": "record", "name": "Outcome", "fields": [{"name": "code", "type": "Code"}]}'
    registry.add("outcome", outcome, references=[code])
    log = '{"type": "record", "name": "Log", "fields": [{"name": "outcome", "type": "Outcome"}]}'
    number = registry.add("log", log, references=[{"name": "Outcome", "subject": "outcome", "version": 1}])
    assert decoded(registry, b"\0" + number.to_bytes(4) + b"\x02") == {"outcome": {"code": "REFUSED"}}


def test_a_schema_is_asked_for_once(registry: Registry) -> None:
    number = registry.add("logs", '"string"')
    decode = reader(registry).decode
    assert [decode(Frame(number, b"\x04hi")) for _ in range(3)] == [b'"hi"'] * 3
    for _ in range(3):
        with pytest.raises(UndecodableError) as caught:
            decode(Frame(99, b"\x04hi"))
        assert (caught.value.reason, caught.value.detail) == (
            "unknown_schema",
            "the schema registry knows no schema 99",
        )
    assert registry.asked == [f"/schemas/ids/{number}", "/schemas/ids/99"]


@pytest.mark.parametrize(
    ("schema", "kind", "payload"),
    [
        ('"string"', "AVRO", b"\x40hi"),
        ('"string"', "AVRO", b""),
        ('"no-such-type"', "AVRO", b"\x04hi"),
        ("not json", "AVRO", b"\x04hi"),
        ("!", "PROTOBUF", b"\0"),
        ("{}", "JSON", b"{"),
    ],
)
def test_a_payload_that_is_not_of_its_schema(
    registry: Registry, schema: str, kind: str, payload: bytes
) -> None:
    number = registry.add("logs", schema, kind)
    with pytest.raises(UndecodableError) as caught:
        reader(registry).decode(Frame(number, payload))
    assert caught.value.reason == "not_of_its_schema"
    assert f"schema {number}" in caught.value.detail
    assert b"hi" not in caught.value.detail.encode()


def test_a_registry_that_is_away_is_waited_for(registry: Registry) -> None:
    number = registry.add("logs", '"string"')
    registry.is_away = True
    reasons: list[str] = []

    def wait(why: str) -> None:
        reasons.append(why)
        registry.is_away = False

    assert reader(registry, wait).decode(Frame(number, b"\x04hi")) == b'"hi"'
    (why,) = reasons
    assert "does not answer for schema 1" in why
    assert "503" in why


@pytest.mark.parametrize(
    ("settings", "login"),
    [
        ({"user": USER, "password": PASSWORD + "\n"}, f"Basic {LOGIN}"),
        ({"token": "t0ken"}, "Bearer t0ken"),
        ({}, ""),
    ],
)
def test_the_registry_knows_who_asks(registry: Registry, settings: dict[str, Any], login: str) -> None:
    number = registry.add("logs", '"string"')
    SchemaRegistry(RegistrySettings(url=registry.url, **settings), pytest.fail).decode(
        Frame(number, b"\x04hi")
    )
    assert registry.logins == {login}


def test_without_a_registry_json_is_read_and_the_rest_is_named() -> None:
    assert without_registry(Frame(7, b'{"message": "x"}')) == b'{"message": "x"}'
    for payload in (b"\x04hi", b"{\x04hi"):
        with pytest.raises(UndecodableError) as caught:
            without_registry(Frame(7, payload))
        assert caught.value.reason == "no_registry"
        assert "schema 7" in caught.value.detail
        assert "pip install 'logsluice[registry]'" in caught.value.detail


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "consumer.records.formats.schemas", raising=False)
    monkeypatch.delattr("consumer.records.formats.schemas", raising=False)
    monkeypatch.setitem(sys.modules, "fastavro", None)
    settings = Settings(schema_registry=RegistrySettings(url="http://127.0.0.1:1"))
    with pytest.raises(SettingsError, match=r"pip install 'logsluice\[registry\]'"):
        frame_decoder(settings, pytest.fail, lambda: None)
    assert frame_decoder(Settings(), pytest.fail, lambda: None) is without_registry


@pytest.mark.parametrize(
    "value",
    [b"", b"\0", b"\0\0\0\0", b"\1" + bytes(15), b"{}", b"\0\0\0\0\1", b"Jan  1 00:00:00 host app: x"],
)
def test_what_is_in_no_frame(value: bytes) -> None:
    assert frame_of(value, []) is None
