"""The formats, by the names that ``INPUT_FORMAT`` takes."""

from collections.abc import Callable

from consumer.records.formats.access_log import is_access_log, read_access_log
from consumer.records.formats.azure import is_azure, is_azure_log, read_azure_log, split_azure
from consumer.records.formats.cloudevents import (
    cloudevent_reader,
    is_binary,
    is_cloudevent,
    is_structured,
    read_structured,
    write_cloudevent,
)
from consumer.records.formats.cloudwatch import (
    are_cloudwatch,
    is_cloudwatch,
    read_log_event,
    split_cloudwatch,
)
from consumer.records.formats.cri import is_cri, read_cri
from consumer.records.formats.elements import (
    Element,
    Members,
    ReadElement,
    Splitter,
    alone_of_each,
    are_lines,
    is_array,
    reader_of_each,
    split_array,
    split_lines,
    splitter_of_member,
    writer_of_each,
)
from consumer.records.formats.found import Format, Found, Origin, Read, ReadObject
from consumer.records.formats.json_record import ReadMembers, object_reader
from consumer.records.formats.k8s_audit import is_audit, read_audit
from consumer.records.formats.klog import is_klog, read_klog
from consumer.records.formats.kubernetes_events import (
    is_kubernetes_event,
    is_kubernetes_events,
    read_kubernetes_event,
    split_kubernetes_events,
)
from consumer.records.formats.logfmt import is_logfmt, logfmt_reader
from consumer.records.formats.members import members_of
from consumer.records.formats.names import PRESETS
from consumer.records.formats.otlp_json import is_otlp_json, read_otlp_json
from consumer.records.formats.otlp_json_same import alone_otlp_json, write_otlp_json
from consumer.records.formats.otlp_proto import is_otlp_proto, read_otlp_proto
from consumer.records.formats.otlp_proto_same import alone_otlp_proto, write_otlp_proto
from consumer.records.formats.registry import Frame, is_framed, registry_reader, without_registry
from consumer.records.formats.syslog import is_syslog, read_syslog
from consumer.records.formats.text import text_reader
from consumer.records.json_text import without_mark

AUTO = "auto"


def formats_with(
    source_field: str | None,
    message_field: str | None,
    decode_frame: Callable[[Frame], bytes] = without_registry,
) -> dict[str, Format]:
    """Return the formats by name, in the order in which they are looked for.

    The fields are the paths of source and message in a JSON object that a user gives, if any. ``decode_frame`` returns
    what the frame of a schema registry holds, as JSON.
    """
    read_object = any_object(source_field, message_field)
    presets = [
        Format(name, _read_one(object_reader(source_field, message_field, messages)), is_object=True)
        for name, messages in PRESETS.items()
    ]
    formats = [
        Format("registry", registry_reader(decode_frame, read_object), is_framed),
        Format("cloudevents", cloudevent_reader(read_object), is_binary, is_cloudevent, write_cloudevent),
        Format("k8s-audit", read_audit, by_members=is_audit, is_object=True),
        *_with_many_events(read_object),
        *presets,
        Format("syslog", read_syslog, is_syslog, is_line=True),
        Format("cri", read_cri, is_cri, is_line=True),
        Format("klog", read_klog, is_klog, is_line=True),
        Format("access-log", read_access_log, is_access_log, is_line=True),
        Format("logfmt", logfmt_reader(read_object), is_logfmt, is_line=True),
        Format("text", text_reader(source_field, message_field)),
    ]
    return {each.name: each for each in formats}


def any_object(source_field: str | None, message_field: str | None) -> ReadObject:
    """Return what reads one JSON object within a record that holds several."""
    read_members = object_reader(source_field, message_field)

    def read_data(value: bytes, origin: Origin) -> Found:
        return read_members(without_mark(value), members_of(value), origin)

    def read(value: bytes, origin: Origin) -> Found:
        members = members_of(value)
        if is_audit(members, origin):
            return read_audit(value, origin)[0]
        if is_azure_log(members):
            return read_azure_log(value, origin)
        if is_kubernetes_event(members):
            return read_kubernetes_event(value, origin)
        if is_structured(members):
            return read_structured(value, origin, read_data)
        return read_members(without_mark(value), members, origin)

    return read


def _with_many_events(read_object: ReadObject) -> list[Format]:
    def read_element(element: Element, origin: Origin) -> Found:
        return read_object(element.value, origin)

    return [
        Format("otlp_proto", read_otlp_proto, is_otlp_proto, None, write_otlp_proto, alone_otlp_proto),
        Format("otlp_json", read_otlp_json, None, is_otlp_json, write_otlp_json, alone_otlp_json),
        _many("cloudwatch", split_cloudwatch, read_log_event, are_cloudwatch, is_cloudwatch),
        _many("cloudtrail", splitter_of_member("Records"), read_element, None, _is_cloudtrail),
        _many("azure", split_azure, read_element, None, is_azure),
        _many("k8s-events", split_kubernetes_events, read_element, None, is_kubernetes_events),
        _many("json-array", split_array, read_element, is_array),
        _many("ndjson", split_lines, read_element, are_lines),
    ]


def _is_cloudtrail(members: Members, origin: Origin) -> bool:
    return len(members) == 1 and bytes(members.get("Records", b""))[:1] == b"["


def _many(
    name: str,
    split: Splitter,
    read: ReadElement,
    by_bytes: Callable[[bytes, Origin], bool] | None = None,
    by_members: Callable[[Members, Origin], bool] | None = None,
) -> Format:
    return Format(
        name, reader_of_each(split, read), by_bytes, by_members, writer_of_each(split), alone_of_each(split)
    )


def _read_one(read_members: ReadMembers) -> Read:
    def read(value: bytes, origin: Origin) -> list[Found]:
        return [read_members(without_mark(value), members_of(value), origin)]

    return read


FORMATS = (AUTO, *formats_with(None, None))
"""The names that ``INPUT_FORMAT`` takes."""
