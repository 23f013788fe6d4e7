"""JSON objects of one event, as the usual shippers write them, by the names of their formats."""

import json
from typing import Any

from pipeline.event import Event
from tests.consumer.records.formats.examples import TOPIC, Example

_CONTAINER = "/var/log/containers/web-7d4f_shop_nginx-" + "0" * 64 + ".log"


def _example(name: str, form: str, event: Event, **members: Any) -> Example:
    value = json.dumps({key.replace("__", "."): each for key, each in members.items()}).encode()
    return Example(name, form, value, [event])


FAMILY = [
    _example(
        "Filebeat",
        "ecs",
        Event("checkout", "card refused", "error"),
        **{"@timestamp": "2026-03-01T22:14:15.003Z"},
        message="card refused",
        log={"level": "ERROR", "file": {"path": "/var/log/checkout.log"}},
        service={"name": "checkout"},
        host={"name": "web-1"},
    ),
    _example(
        "Filebeat of a file",
        "ecs",
        Event("checkout", "card refused"),
        message="card refused",
        log={"file": {"path": "/var/log/checkout.log"}, "offset": 17},
        agent={"type": "filebeat"},
    ),
    _example(
        "log4j2 JsonTemplateLayout",
        "ecs",
        Event("orders", "no such order", "warning"),
        ecs__version="1.2.0",
        log__level="WARN",
        message="no such order",
        service__name="orders",
        log__logger="app.Orders",
        process__thread__name="main",
    ),
    _example(
        "Fluent Bit in Kubernetes",
        "fluent-bit",
        Event("nginx", "upstream timed out"),
        **{"@timestamp": 1772403255.003},
        log="upstream timed out\n",
        stream="stderr",
        kubernetes={"pod_name": "web-7d4f", "container_name": "nginx", "labels": {"app": "web"}},
    ),
    _example(
        "Fluent Bit, a program that logs JSON",
        "fluent-bit",
        Event("pay", "charge failed: card expired", "error"),
        log='{"level":"error","msg":"charge failed","error":"card expired","amount":17}\n',
        stream="stdout",
        kubernetes={"container_name": "pay"},
    ),
    _example(
        "Fluentd, Docker's driver",
        "fluentd",
        Event("web-1", "started", "info"),
        container_name="/web-1",
        container_id="4711",
        source="stdout",
        log='time="2026-03-01T22:14:15Z" level=info msg="started"\n',
    ),
    _example(
        "Vector, a file",
        "vector",
        Event("checkout", "card refused"),
        file="/var/log/checkout.log",
        host="web-1",
        message="card refused",
        source_type="file",
    ),
    _example(
        "Vector in Kubernetes",
        "vector",
        Event("nginx", "GET / 200", "info"),
        message="GET / 200",
        level="info",
        kubernetes={"container_name": "nginx"},
        source_type="kubernetes_logs",
    ),
    _example(
        "Logstash's encoder",
        "logstash",
        Event("billing", "invoice 17 sent", "info"),
        **{"@timestamp": "2026-03-01T22:14:15.003Z", "@version": "1"},
        message="invoice 17 sent",
        level="INFO",
        level_value=20000,
        logger_name="app.Invoices",
        application="billing",
    ),
    _example(
        "Docker's file",
        "docker",
        Event(TOPIC, "ready"),
        log="ready\r\n",
        stream="stdout",
        time="2026-03-01T22:14:15.003Z",
    ),
    _example(
        "Kubernetes' link to Docker's file",
        "docker",
        Event("nginx", "ready"),
        log="ready\n",
        stream="stdout",
        file=_CONTAINER,
    ),
    _example(
        "journald",
        "journald",
        Event("sshd", "Failed password for root", "error"),
        MESSAGE="Failed password for root",
        PRIORITY="3",
        SYSLOG_IDENTIFIER="sshd",
        _SYSTEMD_UNIT="ssh.service",
    ),
    _example(
        "journald, of bytes",
        "journald",
        Event("app.service", "caf\ufffd", "info"),
        MESSAGE=[99, 97, 102, 233],
        PRIORITY="6",
        _SYSTEMD_UNIT="app.service",
    ),
    _example(
        "GELF",
        "gelf",
        Event("shop", "out of stock", "warning"),
        version="1.1",
        host="web-1",
        short_message="out of stock",
        full_message="out of stock\nat Shop.buy",
        level=4,
        _app="shop",
    ),
    _example("bunyan and pino", "json", Event("api", "boom", "error"), level=50, msg="boom", app="api", v=0),
    _example(
        "Google Cloud",
        "json",
        Event("web", "boom", "critical"),
        textPayload="boom",
        severity="EMERGENCY",
        resource={"labels": {"container_name": "web"}},
    ),
]

AUDIT = [
    _example(
        "Kubernetes audit log, refused",
        "k8s-audit",
        Event("kube-apiserver", "delete secrets shop/db by ci-bot: 403 Forbidden no access"),
        kind="Event",
        apiVersion="audit.k8s.io/v1",
        level="Metadata",
        auditID="4711",
        stage="ResponseComplete",
        verb="delete",
        requestURI="/api/v1/namespaces/shop/secrets/db",
        user={"username": "ci-bot"},
        objectRef={"resource": "secrets", "namespace": "shop", "name": "db"},
        responseStatus={"code": 403, "status": "Failure", "reason": "Forbidden", "message": "no access"},
    ),
    _example(
        "Kubernetes audit log, of no object",
        "k8s-audit",
        Event("kube-apiserver", "get /healthz by probe: 200"),
        auditID="4712",
        verb="get",
        requestURI="/healthz",
        user={"username": "probe"},
        responseStatus={"code": 200},
    ),
]
