"""Lines as daemons, devices, containers and web servers write them: what is found in each."""

import json
from typing import Any

import pytest

from consumer.records.formats.access_log import read_access_log
from consumer.records.formats.cri import read_cri
from consumer.records.formats.found import Origin, Read
from consumer.records.formats.klog import read_klog
from consumer.records.formats.logfmt import logfmt_reader
from consumer.records.formats.syslog import read_syslog
from consumer.records.formats.table import any_object
from consumer.records.reasons import UndecodableError
from pipeline.event import Event

ORIGIN = Origin("node-logs", timestamp_ms=1_764_376_954_001)
RECORD_TIME = "2025-11-29T00:42:34.001Z"
read_logfmt = logfmt_reader(any_object(None, None))


def read(reader: Read, line: str | bytes) -> tuple[Event, dict[str, Any]]:
    (found,) = reader(line.encode() if isinstance(line, str) else line, ORIGIN)
    assert found.index is None
    return found.event, json.loads(found.value)


def test_rfc5424_with_structured_data_and_a_byte_order_mark() -> None:
    event, value = read(
        read_syslog,
        '<165>1 2026-03-01T22:14:15.003Z web-1 orders 8710 ID47 [origin ip="10.0.0.7"][x@32473 say="a \\"b\\" \\]"]'
        " \ufefforder 17 was refused\n",
    )
    assert event == Event("orders", "order 17 was refused", "notice")
    assert value == {
        "message": "order 17 was refused",
        "@timestamp": "2026-03-01T22:14:15.003Z",
        "service.name": "orders",
        "host.name": "web-1",
        "log.syslog.appname": "orders",
        "log.syslog.procid": "8710",
        "log.syslog.msgid": "ID47",
        "log.syslog.structured_data": {"origin": {"ip": "10.0.0.7"}, "x@32473": {"say": 'a "b" ]'}},
        "log.level": "notice",
        "log.syslog.priority": 165,
        "log.syslog.facility.code": 20,
        "log.syslog.severity.code": 5,
    }


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("<34>1 - - su - ID47 - refused for lonvick", Event("su", "refused for lonvick", "critical")),
        ("<34>1 - - - - ID47 - refused", Event("ID47", "refused", "critical")),
        ("<34>1 - - - - - - refused", Event("node-logs", "refused", "critical")),
        ('<14>1 - h app - - [meta k="v"]', Event("app", '[meta k="v"]', "info")),
        ("33 <14>1 - h app - - - 17 is refused", Event("app", "17 is refused", "info")),
        ("<14>1 - h app - - - " + '{"level":"error","msg":"refused"}', Event("app", "refused", "error")),
        # logger, rsyslog's file forms, network devices
        ("<13>Oct 11 22:14:15 host-1 su: refused", Event("su", "refused", "notice")),
        ("<13>Oct  1 22:14:15 host-1 sshd[211]: refused", Event("sshd", "refused", "notice")),
        ("<13>Oct  1 22:14:15 sshd[211]: refused", Event("sshd", "refused", "notice")),
        ("Oct 11 22:14:15 combo sshd(pam_unix)[19939]: refused", Event("sshd(pam_unix)", "refused")),
        (
            "2026-03-01T22:14:15.003+01:00 host-1 CRON[9]: (root) CMD (true)",
            Event("CRON", "(root) CMD (true)"),
        ),
        (
            "<189>Oct 11 22:14:15 core-sw %LINK-3-UPDOWN: Gi0/1 is down",
            Event("%LINK-3-UPDOWN", "Gi0/1 is down", "notice"),
        ),
        (
            "<189>29: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured from console",
            Event("%SYS-5-CONFIG_I", "Configured from console", "notice"),
        ),
        ("<30>dockerd[17]: refused", Event("dockerd", "refused", "info")),
        ("<11>refused", Event("node-logs", "refused", "error")),
    ],
)
def test_the_source_is_the_program_and_the_severity_is_that_of_the_priority(line: str, event: Event) -> None:
    found, value = read(read_syslog, line)
    assert found == event
    assert value["message"] in line


def test_rfc3164_has_neither_year_nor_zone_so_the_time_is_that_of_the_record() -> None:
    assert read(read_syslog, "<13>Oct 11 22:14:15 host-1 su[7]: refused")[1] == {
        "message": "refused",
        "@timestamp": RECORD_TIME,
        "timestamp": "Oct 11 22:14:15",
        "service.name": "su",
        "host.name": "host-1",
        "log.syslog.appname": "su",
        "log.syslog.procid": "7",
        "log.level": "notice",
        "log.syslog.priority": 13,
        "log.syslog.facility.code": 1,
        "log.syslog.severity.code": 5,
    }


def test_a_line_of_a_container_is_what_the_program_wrote() -> None:
    event, value = read(
        read_cri, '2026-03-01T22:14:15.003194716Z stderr F level=warn msg="disk full" dev=sda1\n'
    )
    assert event == Event("node-logs", "disk full", "warning")
    assert value == {
        "message": 'level=warn msg="disk full" dev=sda1',
        "@timestamp": "2026-03-01T22:14:15.003194716Z",
        "log.iostream": "stderr",
        "logtag": "F",
    }


def test_a_part_of_a_line_is_an_event_that_says_so() -> None:
    event, value = read(read_cri, "2026-03-01T22:14:15.003+01:00 stdout P the first half of")
    assert event.message == "the first half of"
    assert value["logtag"] == "P"


def test_a_line_of_klog() -> None:
    event, value = read(
        read_klog, 'E0301 22:14:15.003194   17 pod_workers.go:1301] "Error syncing pod" pod="a/b"'
    )
    assert event == Event("node-logs", '"Error syncing pod" pod="a/b"', "error")
    assert value == {
        "message": '"Error syncing pod" pod="a/b"',
        "@timestamp": RECORD_TIME,
        "timestamp": "0301 22:14:15.003194",
        "log.level": "error",
        "process.thread.id": 17,
        "log.origin.file.name": "pod_workers.go",
        "log.origin.file.line": 1301,
    }


def test_a_line_of_a_web_server_is_its_message_and_has_no_severity() -> None:
    line = (
        '203.0.113.9 - alice [01/Mar/2026:22:14:15 +0100] "POST /pay?id=17 HTTP/1.1" 502 157'
        ' "https://shop.example/" "curl/8.5 (\\"x\\")" 0.012'
    )
    event, value = read(read_access_log, line)
    assert event == Event("node-logs", line)
    assert value == {
        "message": line,
        "@timestamp": "2026-03-01T22:14:15+01:00",
        "client.address": "203.0.113.9",
        "user.name": "alice",
        "http.request.method": "POST",
        "url.original": "/pay?id=17",
        "http.version": "1.1",
        "http.response.status_code": 502,
        "http.response.body.bytes": 157,
        "http.request.referrer": "https://shop.example/",
        "user_agent.original": 'curl/8.5 (\\"x\\")',
    }


@pytest.mark.parametrize(
    "line",
    [
        '127.0.0.1 - - [01/Mar/2026:22:14:15 +0000] "GET / HTTP/1.0" 200 2326',
        '::1 - - [01/Mar/2026:22:14:15 +0000] "-" 408 -',
        '::1 - - [01/Mar/2026:22:14:15 +0000] "\\x16\\x03\\x01" 400 0 "-" "-"',
    ],
)
def test_other_lines_of_web_servers(line: str) -> None:
    event, value = read(read_access_log, line)
    assert event.message == line
    assert isinstance(value["http.response.status_code"], int)


def test_the_virtual_host_of_a_web_server_is_the_source() -> None:
    line = 'shop.example:443 203.0.113.9 - - [01/Mar/2026:22:14:15 +0000] "GET / HTTP/2.0" 200 1 "-" "-"'
    assert read(read_access_log, line)[0].source == "shop.example"


@pytest.mark.parametrize(
    ("line", "event", "more"),
    [
        (
            'time=2026-03-01T22:14:15Z level=ERROR msg="disk \\"sda\\" full" app=billing free=0 dry',
            Event("billing", 'disk "sda" full', "error"),
            {"free": "0", "dry": "", "time": "2026-03-01T22:14:15Z"},
        ),
        (
            "at=error code=H12 desc=timeout dyno=web.1",
            Event("node-logs", "at=error code=H12 desc=timeout dyno=web.1"),
            {"code": "H12"},
        ),
    ],
)
def test_a_line_of_logfmt_is_read_as_its_members(line: str, event: Event, more: dict[str, str]) -> None:
    found, value = read(read_logfmt, line)
    assert found == event
    assert more.items() <= value.items()


@pytest.mark.parametrize(
    ("reader", "line"),
    [
        (read_syslog, "disk full"),
        (read_syslog, "<192>Oct 11 22:14:15 host-1 su: refused"),
        (read_cri, "disk full"),
        (read_klog, "disk full"),
        (read_access_log, "disk full"),
        (read_logfmt, "the disk is full"),
        (read_logfmt, 'a="b'),
    ],
)
def test_what_is_not_of_the_format_is_refused(reader: Read, line: str) -> None:
    with pytest.raises(UndecodableError, match="not_this_format"):
        reader(line.encode(), ORIGIN)


@pytest.mark.parametrize("reader", [read_syslog, read_cri, read_klog, read_access_log, read_logfmt])
def test_bytes_that_are_not_utf8_are_refused(reader: Read) -> None:
    with pytest.raises(UndecodableError, match="not_utf8"):
        reader(b"<13>Oct 11 22:14:15 host-1 su: \xff", ORIGIN)


@pytest.mark.parametrize(
    ("reader", "line"),
    [
        (read_syslog, "<13>Oct 11 22:14:15 host-1 su: "),
        (read_cri, "2026-03-01T22:14:15Z stdout F \n"),
        (read_klog, "E0301 22:14:15.003194   17 pod_workers.go:1301] "),
    ],
)
def test_a_line_without_a_message_says_so(reader: Read, line: str) -> None:
    with pytest.raises(UndecodableError, match="no_message"):
        reader(line.encode(), ORIGIN)
