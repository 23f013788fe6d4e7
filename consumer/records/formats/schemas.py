"""Decoders of the values that a schema explains, Avro and Protobuf. Loads their libraries, which are an extra."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import fastavro
import msgspec
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.json_format import MessageToDict

from consumer.records.formats.registry import Decode


def avro_decoder(schema: str, references: Sequence[str]) -> Decode:
    """Return the decoder of an Avro schema; ``references`` are those it names, each behind its own."""
    named: dict[str, Any] = {}
    for reference in references:
        fastavro.parse_schema(msgspec.json.decode(reference), named_schemas=named)
    parsed = fastavro.parse_schema(msgspec.json.decode(schema), named_schemas=named)

    def decode(payload: bytes) -> object:
        return fastavro.schemaless_reader(BytesIO(payload), parsed, None)

    return decode


def protobuf_decoder(file: bytes, references: Sequence[tuple[str, bytes]]) -> Decode:
    """Return the decoder of a file of Protobuf, in its serialized form.

    ``references`` are the name and the form of each file it imports, each behind those that it imports itself. Which
    message a payload holds stands at its beginning, as a path of indexes.
    """
    pool = descriptor_pool.DescriptorPool()
    for name, content in (*references, ("", file)):
        described = FileDescriptorProto.FromString(content)
        described.name = name or described.name or "value.proto"
        _add_imports(pool, described)
        pool.Add(described)
    root = pool.FindFileByName(described.name)

    def decode(payload: bytes) -> object:
        indexes, start = _indexes(payload)
        messages = list(root.message_types_by_name.values())
        messages.sort(key=lambda each: [*(m.name for m in described.message_type)].index(each.name))
        message_type = messages[indexes[0]]
        for index in indexes[1:]:
            message_type = message_type.nested_types[index]
        message = message_factory.GetMessageClass(message_type).FromString(payload[start:])
        return MessageToDict(message, preserving_proto_field_name=True)

    return decode


def _add_imports(pool: descriptor_pool.DescriptorPool, file: FileDescriptorProto) -> None:
    """Add what every Protobuf library brings along: google/protobuf/timestamp.proto and the like."""
    for name in file.dependency:
        try:
            pool.FindFileByName(name)
        except KeyError:
            known = FileDescriptorProto()
            descriptor_pool.Default().FindFileByName(name).CopyToProto(known)
            _add_imports(pool, known)
            pool.Add(known)


def _indexes(payload: bytes) -> tuple[list[int], int]:
    """Return the path of indexes at the beginning, and where the message begins. The first message is written as 0."""
    count, start = _number(payload, 0)
    if count == 0:
        return [0], start
    indexes = []
    for _ in range(count):
        index, start = _number(payload, start)
        indexes.append(index)
    return indexes, start


def _number(payload: bytes, place: int) -> tuple[int, int]:
    """Return a zigzag number at a place, and the place behind it. Raises `IndexError` at the end."""
    value = shift = 0
    while True:
        byte = payload[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return (value >> 1) ^ -(value & 1), place
