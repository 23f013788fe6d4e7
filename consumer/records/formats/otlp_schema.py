"""OTLP's log messages as far as a reader walks them, with all that it does not look into left as bytes.

The field numbers are OTLP's own. Python pays for each object of protobuf that it touches: attributes that are bytes are
looked up, not parsed, where many records of a request carry the same ones. A text that is not UTF-8 costs one log
record and not the request, since no field here is a string.
"""

from functools import cache
from typing import Any

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "logsluice.otlp"
_Field = descriptor_pb2.FieldDescriptorProto
_BYTES, _FIXED64, _INT32 = _Field.TYPE_BYTES, _Field.TYPE_FIXED64, _Field.TYPE_INT32

_MESSAGES: dict[str, list[tuple[str, int, int | str, bool]]] = {
    # name: (field, number, type or message, repeated)
    "Text": [("string_value", 1, _BYTES, False)],
    "LogRecord": [
        ("time_unix_nano", 1, _FIXED64, False),
        ("severity_number", 2, _INT32, False),
        ("severity_text", 3, _BYTES, False),
        ("body", 5, "Text", False),
        ("attributes", 6, _BYTES, True),
        ("trace_id", 9, _BYTES, False),
        ("span_id", 10, _BYTES, False),
        ("observed_time_unix_nano", 11, _FIXED64, False),
        ("event_name", 12, _BYTES, False),
    ],
    "ScopeLogs": [("scope", 1, _BYTES, False), ("log_records", 2, "LogRecord", True)],
    "ResourceLogs": [("resource", 1, _BYTES, False), ("scope_logs", 2, "ScopeLogs", True)],
    "Request": [("resource_logs", 1, "ResourceLogs", True)],
    "RawScopeLogs": [("scope", 1, _BYTES, False), ("log_records", 2, _BYTES, True)],
    "RawResourceLogs": [("resource", 1, _BYTES, False), ("scope_logs", 2, "RawScopeLogs", True)],
    "RawRequest": [("resource_logs", 1, "RawResourceLogs", True)],
}


class Schema(msgspec.Struct, frozen=True):
    """Classes of protobuf messages.

    ``request`` parses down to the log records, ``raw_request`` leaves each of them as bytes; both keep what they do not
    name, so that what was parsed serialises to the same content.
    """

    request: Any
    raw_request: Any


@cache
def schema() -> Schema:
    """Return the classes, made once."""
    file = descriptor_pb2.FileDescriptorProto(name="logsluice/otlp.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
            if isinstance(kind, str):
                message.field.add(
                    name=field,
                    number=number,
                    label=label,
                    type=_Field.TYPE_MESSAGE,
                    type_name=f".{_PACKAGE}.{kind}",
                )
            else:
                message.field.add(name=field, number=number, label=label, type=kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    find = pool.FindMessageTypeByName
    return Schema(
        message_factory.GetMessageClass(find(f"{_PACKAGE}.Request")),
        message_factory.GetMessageClass(find(f"{_PACKAGE}.RawRequest")),
    )
