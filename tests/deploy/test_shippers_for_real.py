"""Real shippers on a real Kafka, with what they write by default, in one service that is set to nothing but `auto`."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from consumer.records.incoming import last_header
from tests.deploy.collector import collector
from tests.deploy.processes import running
from tests.support import rsyslog
from tests.support.debian_packages import CACHE, environment, program
from tests.support.kafka_server import KafkaServer, free_port, wait_until
from tests.support.service_process import ServiceProcess
from tests.support.world import World

SYSLOG_NG = (
    "syslog-ng-core",
    "syslog-ng-mod-rdkafka",
    "libivykis0",
    "libnet1",
    "libpcre3",
    "libwrap0",
    "librdkafka1",
)
SOURCE, MESSAGE = "billing", "Payment 4711 was refused: the card is expired"
TEMPLATE = "Payment <num> was refused: the card is expired"
RSYSLOG_TEMPLATES = {
    "rsyslog-5424": "RSYSLOG_SyslogProtocol23Format",
    "rsyslog-3164": "RSYSLOG_TraditionalForwardFormat",
    "rsyslog-iso": "RSYSLOG_ForwardFormat",
    "rsyslog-json": "json",
}
SYSLOG_NG_MESSAGES = {
    "syslog-ng-json": "$(format-json --scope rfc5424 --scope nv-pairs)",
    "syslog-ng-5424": "<${PRI}>1 ${ISODATE} ${HOST} ${PROGRAM} ${PID:--} ${MSGID:--} - ${MSG}",
}
ENCODINGS = {"collector-otlp": "otlp_proto", "collector-json": "otlp_json"}
TOPICS = (*RSYSLOG_TEMPLATES, *SYSLOG_NG_MESSAGES, *ENCODINGS)


class Running(NamedTuple):
    """A service that reads what every shipper here writes, each in a topic of its own."""

    world: World
    service: ServiceProcess

    def topic(self, name: str) -> str:
        return f"shipped.{name}"

    def labelled(self, name: str) -> list[dict[str, Any]]:
        """Return the labelled events of a topic."""
        start = f"{self.topic(name)}-".encode()
        records = self.world.kafka.read_all(self.world.output)
        return [
            msgspec.json.decode(record.value() or b"")
            for record in records
            if last_header(record, "event_id").startswith(start)
        ]

    def wait_for(self, *names: str) -> None:
        """Return when an event of each topic is labelled, and check that it is what was logged."""
        for name in names:
            wait_until(lambda name=name: bool(self.labelled(name)), f"{name} is labelled", 60, 0.25)  # type: ignore[misc]
            for event in self.labelled(name):
                found = (event["classification"]["template"], event["classification"].get("severity"))
                assert found == (TEMPLATE, "error"), (name, event)
        by_source = self.service.series("logsluice_events_labelled_total")
        assert {labels[1] for labels, count in by_source.items() if count} == {SOURCE}
        assert self.service.total("logsluice_dead_letters_total") == 0


@pytest.fixture(scope="module")
def auto(kafka: KafkaServer, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    topics = [f"shipped.{name}" for name in TOPICS]
    kafka.create_topics(*topics, partitions=1)
    world = World(kafka, tmp_path_factory.mktemp("shipped"), "shipped", bundle=small)
    with world.start(INPUT_TOPIC=",".join(topics), METRIC_SOURCES=SOURCE) as service:
        service.wait_until_ready()
        yield Running(world, service)
        assert service.stop() == 0


@pytest.mark.timeout(300)
def test_rsyslog_by_its_own_templates(auto: Running, kafka: KafkaServer, tmp_path: Path) -> None:
    rsyslogd = program("rsyslogd", *rsyslog.PACKAGES)
    log = tmp_path / "app.log"
    log.touch()
    host, port = kafka.bootstrap_servers.split(":")
    actions = "".join(
        f'action(type="omkafka" broker=["{host}:{port}"] topic="{auto.topic(name)}" template="{template}")\n'
        for name, template in RSYSLOG_TEMPLATES.items()
    )
    configuration = tmp_path / "rsyslog.conf"
    configuration.write_text(
        f'global(workDirectory="{tmp_path}")\nmodule(load="imfile")\nmodule(load="omkafka")\n'
        'template(name="json" type="string" string="%jsonmesg%")\n'
        f'input(type="imfile" file="{log}" tag="{SOURCE}:" severity="error" facility="local0" ruleset="ship")\n'
        f'ruleset(name="ship") {{\n{actions}}}\n'
    )
    command = rsyslog.command(rsyslogd, configuration)
    with running(command, tmp_path / "rsyslog.log", environment(rsyslogd)):
        with log.open("a") as file:
            file.write(f"{MESSAGE}\n")
        auto.wait_for(*RSYSLOG_TEMPLATES)


@pytest.mark.timeout(300)
def test_syslog_ng_by_its_own_templates(auto: Running, kafka: KafkaServer, tmp_path: Path) -> None:
    syslog_ng = program("syslog-ng", *SYSLOG_NG)
    port = free_port()
    destinations = "".join(
        f'  destination {{ kafka-c(bootstrap-servers("{kafka.bootstrap_servers}") topic("{auto.topic(name)}") '
        f'message("{message}")); }};\n'
        for name, message in SYSLOG_NG_MESSAGES.items()
    )
    (tmp_path / "syslog-ng.conf").write_text(
        "@version: 3.35\noptions { keep-hostname(yes); };\n"
        f'log {{\n  source {{ network(ip("127.0.0.1") port({port}) transport("udp")); }};\n{destinations}}};\n'
    )
    command: list[str | Path] = [syslog_ng, "-F", "--no-caps", "-f", tmp_path / "syslog-ng.conf"]
    command += ["-R", tmp_path / "persist", "-c", tmp_path / "control", "-p", tmp_path / "pid"]
    variables = environment(syslog_ng)
    if variables:
        (modules,) = CACHE.glob("usr/lib/syslog-ng/*.*/")
        command.append(f"--module-path={modules}")
        variables["LD_LIBRARY_PATH"] += f":{modules.parent}"
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def is_shipped() -> bool:
        # A datagram that comes before the program listens is lost, and says nothing.
        sender.sendto(f"<131>Nov 28 12:00:00 web-1 {SOURCE}[4711]: {MESSAGE}".encode(), ("127.0.0.1", port))
        return all(sum(kafka.end_offsets(auto.topic(name)).values()) for name in SYSLOG_NG_MESSAGES)

    with sender, running(command, tmp_path / "syslog-ng.log", variables):
        wait_until(is_shipped, f"syslog-ng ships; its output is in {tmp_path}", 60, 0.5)
    auto.wait_for(*SYSLOG_NG_MESSAGES)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_collector_by_each_of_its_encodings(auto: Running, kafka: KafkaServer, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"ERROR {MESSAGE}\n")
    exporters = {
        f"kafka/{name}": {
            "brokers": [kafka.bootstrap_servers],
            "logs": {"topic": auto.topic(name), "encoding": encoding},
        }
        for name, encoding in ENCODINGS.items()
    }
    configuration = {
        "receivers": {
            "filelog": {
                "include": [str(log)],
                "start_at": "beginning",
                "resource": {"service.name": SOURCE},
                "operators": [
                    {
                        "type": "regex_parser",
                        "regex": "^(?P<level>[A-Z]+) (?P<message>.*)$",
                        "severity": {"parse_from": "attributes.level"},
                    },
                    {"type": "move", "from": "attributes.message", "to": "body"},
                ],
            }
        },
        "exporters": exporters,
        "service": {
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"logs": {"receivers": ["filelog"], "exporters": [*exporters]}},
        },
    }
    (tmp_path / "collector.yaml").write_bytes(msgspec.yaml.encode(configuration))
    with running([collector(), "--config", tmp_path / "collector.yaml"], tmp_path / "collector.log"):
        auto.wait_for(*ENCODINGS)
