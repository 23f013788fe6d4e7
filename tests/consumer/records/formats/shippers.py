"""Records as shippers write them, by the formats' names, and what is found in each."""

from pipeline.event import Event
from tests.consumer.records.formats.clouds import CLOUDS
from tests.consumer.records.formats.examples import TOPIC, Example
from tests.consumer.records.formats.otlp_requests import in_json, log_record, request

_OTLP = request(
    [log_record("disk sda1 full", severity_number=17), log_record("disk sda2 full", severity_text="WARN")],
    {"service.name": "storage"},
)
_OTLP_EVENTS = [Event("storage", "disk sda1 full", "error"), Event("storage", "disk sda2 full", "warning")]


EXAMPLES = [
    *CLOUDS,
    Example("Collector, otlp_proto", "otlp_proto", _OTLP.SerializeToString(), _OTLP_EVENTS),
    Example("Collector, otlp_json", "otlp_json", in_json(_OTLP), _OTLP_EVENTS),
    Example(
        "CloudTrail",
        "cloudtrail",
        b'{"Records":[{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","userIdentity":{"userName":"ann"}},'
        b'{"eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"AccessDenied"}]}',
        [Event("iam.amazonaws.com", "CreateUser ann"), Event("s3.amazonaws.com", "GetObject AccessDenied")],
        {"eventName": "CreateUser"},
    ),
    Example(
        "an array, as HTTP sinks batch",
        "json-array",
        b' [\n{"service.name": "a", "message": "one", "log.level": "ERROR"},\n{"app": "b", "msg": "two"} ]\n',
        [Event("a", "one", "error"), Event("b", "two")],
        {"service.name": "a", "message": "one", "log.level": "ERROR"},
    ),
    Example(
        "lines of JSON",
        "ndjson",
        b'{"source":"a","message":"one"}\r\n\n{"container_name":"/b","log":"two\\n"}\n',
        [Event("a", "one"), Event("b", "two")],
    ),
    Example(
        "rsyslog, RFC 5424",
        "syslog",
        b"<165>1 2026-03-01T22:14:15.003Z web-1 orders 8710 - - order 17 was refused",
        [Event("orders", "order 17 was refused", "notice")],
    ),
    Example(
        "syslog, RFC 3164",
        "syslog",
        b"<11>Mar  1 22:14:15 web-1 orders[8710]: order 17 was refused",
        [Event("orders", "order 17 was refused", "error")],
    ),
    Example(
        "a file of rsyslog",
        "syslog",
        b"Mar  1 22:14:15 web-1 orders[8710]: order 17 was refused",
        [Event("orders", "order 17 was refused")],
    ),
    Example(
        "containerd", "cri", b"2026-03-01T22:14:15.003194716Z stderr F disk full", [Event(TOPIC, "disk full")]
    ),
    Example(
        "kubelet",
        "klog",
        b"W0301 22:14:15.003194   17 a.go:130] disk full",
        [Event(TOPIC, "disk full", "warning")],
    ),
    Example(
        "nginx",
        "access-log",
        b'203.0.113.9 - - [01/Mar/2026:22:14:15 +0100] "GET /pay HTTP/1.1" 502 157 "-" "curl/8.5"',
        [
            Event(
                TOPIC,
                '203.0.113.9 - - [01/Mar/2026:22:14:15 +0100] "GET /pay HTTP/1.1" 502 157 "-" "curl/8.5"',
            )
        ],
    ),
    Example(
        "Go's slog",
        "logfmt",
        b'time=2026-03-01T22:14:15Z level=ERROR msg="disk full" service=storage',
        [Event("storage", "disk full", "error")],
    ),
    Example("a line of text", "text", b"disk full", [Event(TOPIC, "disk full")]),
]
