"""Records as clouds, clusters and brokers of events write them, and what is found in each."""

import json
from typing import Any

from consumer.records.incoming import Headers
from pipeline.event import Event
from tests.consumer.records.formats.examples import Example


def _azure(**members: Any) -> dict[str, Any]:
    return {
        "time": "2026-03-01T22:14:15.0000000Z",
        "resourceId": "/SUBSCRIPTIONS/0/RESOURCEGROUPS/SHOP/PROVIDERS/MICROSOFT.WEB/SITES/CHECKOUT",
        "category": "AppServiceConsoleLogs",
        **members,
    }


def _records(*logs: dict[str, Any]) -> bytes:
    return json.dumps({"records": logs}).encode()


def _cloudwatch(*messages: str, kind: str = "DATA_MESSAGE", group: str = "/aws/lambda/checkout") -> bytes:
    return json.dumps(
        {
            "messageType": kind,
            "owner": "123456789012",
            "logGroup": group,
            "logStream": "2026/03/01/[$LATEST]8f1",
            "subscriptionFilters": ["all"],
            "logEvents": [
                {"id": f"3{place}", "timestamp": 1_764_376_954_001, "message": message}
                for place, message in enumerate(messages)
            ],
        },
        separators=(",", ":"),
    ).encode()


def _kubernetes(name: str, kind: str = "Pod", **members: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.17", "namespace": "shop"},
        "involvedObject": {"kind": kind, "name": name, "namespace": "shop"},
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "type": "Warning",
        "lastTimestamp": "2026-03-01T22:14:15Z",
        **members,
    }


def _cloudevent(**members: Any) -> bytes:
    event = {"specversion": "1.0", "id": "a1", "source": "/shop/orders", "type": "com.example.order.failed"}
    return json.dumps(event | members).encode()


_CE_HEADERS: Headers = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"a1"),
    ("ce_source", b"/shop/orders"),
    ("ce_type", b"com.example.order.failed"),
    ("ce_subject", b"order/17"),
    ("content-type", b"application/json"),
]

CLOUDS = [
    Example(
        "Azure App Service and Front Door",
        "azure",
        _records(
            _azure(level="Error", resultDescription="cannot open the database"),
            _azure(
                category="FrontDoorAccessLog",
                operationName="Microsoft.Cdn/Profiles/AccessLog/Write",
                properties={
                    "httpMethod": "GET",
                    "requestUri": "https://shop.example/pay",
                    "httpStatusCode": "502",
                },
            ),
            _azure(
                category="FunctionAppLogs", level=2, properties="{'message':'no quota','appName':'resize'}"
            ),
            _azure(
                category="AppTraces",
                Message="cold start",
                SeverityLevel=2,
                AppRoleName="cart",
                Type="AppTraces",
            ),
            _azure(category="AuditEvent", operationName="SecretGet", resultSignature="Forbidden"),
        ),
        [
            Event("CHECKOUT", "cannot open the database", "error"),
            Event("CHECKOUT", "GET https://shop.example/pay 502"),
            Event("resize", "no quota", "error"),
            Event("cart", "cold start", "warning"),
            Event("CHECKOUT", "SecretGet: Forbidden"),
        ],
        {
            "@timestamp": "2026-03-01T22:14:15.0000000Z",
            "log.level": "Error",
            "category": "AppServiceConsoleLogs",
        },
    ),
    Example(
        "Azure Kubernetes Service",
        "azure",
        _records(
            _azure(
                category="kube-scheduler",
                properties={
                    "log": "E0301 no node fits\n",
                    "stream": "stderr",
                    "pod": "kube-scheduler-5",
                    "containerID": "9",
                },
            )
        ),
        [Event("kube-scheduler", "E0301 no node fits")],
    ),
    Example(
        "Azure, one log",
        "azure",
        json.dumps(_azure(resultDescription="started")).encode(),
        [Event("CHECKOUT", "started")],
    ),
    Example(
        "CloudWatch",
        "cloudwatch",
        _cloudwatch("cannot open the database\n", '{"level":"warn","msg":"slow"}'),
        [Event("checkout", "cannot open the database"), Event("checkout", "slow", "warning")],
        {
            "@timestamp": "2025-11-29T00:42:34.001Z",
            "service.name": "checkout",
            "aws.log.group.names": ["/aws/lambda/checkout"],
            "message": "cannot open the database\n",
        },
    ),
    Example(
        "CloudWatch, a check of the connection",
        "cloudwatch",
        _cloudwatch("CWL CONTROL MESSAGE", kind="CONTROL_MESSAGE"),
        [],
    ),
    Example(
        "CloudWatch, several back to back",
        "cloudwatch",
        _cloudwatch("one")
        + _cloudwatch("check", kind="CONTROL_MESSAGE")
        + _cloudwatch("two", group="/ecs/cart"),
        [Event("checkout", "one"), Event("cart", "two")],
    ),
    Example(
        "Kubernetes, a list of events",
        "k8s-events",
        json.dumps(
            {
                "kind": "EventList",
                "apiVersion": "v1",
                "items": [
                    _kubernetes("checkout-6d5f8c9b7d-x2k4q"),
                    _kubernetes("node-1", "Node", reason="Rebooted", type="Normal"),
                ],
            }
        ).encode(),
        [
            Event("checkout", "BackOff: Back-off restarting failed container", "warning"),
            Event("node-1", "Rebooted: Back-off restarting failed container", "info"),
        ],
        {"k8s.object.name": "checkout-6d5f8c9b7d-x2k4q", "k8s.event.reason": "BackOff", "reason": "BackOff"},
    ),
    Example(
        "Kubernetes, an event of events.k8s.io",
        "k8s-events",
        json.dumps(
            {
                "kind": "Event",
                "apiVersion": "events.k8s.io/v1",
                "regarding": {"kind": "Pod", "name": "agent-x2k4q"},
                "reason": "Killing",
                "note": "Stopping container agent",
                "type": "Normal",
            }
        ).encode(),
        [Event("agent", "Killing: Stopping container agent", "info")],
    ),
    Example(
        "CloudEvents, structured",
        "cloudevents",
        _cloudevent(time="2026-03-01T22:14:15Z", data={"message": "order 17 failed", "level": "error"}),
        [Event("/shop/orders", "order 17 failed", "error")],
        {
            "message": "order 17 failed",
            "@timestamp": "2026-03-01T22:14:15Z",
            "type": "com.example.order.failed",
        },
    ),
    Example(
        "CloudEvents, a batch",
        "json-array",
        b"[" + _cloudevent(data={"message": "order 17 failed"}) + b"," + _cloudevent(data="no stock") + b"]",
        [Event("/shop/orders", "order 17 failed"), Event("/shop/orders", "no stock")],
    ),
    Example(
        "CloudEvents, structured, text in base64",
        "cloudevents",
        _cloudevent(data_base64="b3JkZXIgMTcgZmFpbGVk", severitytext="ERROR"),
        [Event("/shop/orders", "order 17 failed", "error")],
    ),
    Example(
        "CloudEvents, structured, without a message",
        "cloudevents",
        _cloudevent(subject="order/17"),
        [Event("/shop/orders", "com.example.order.failed order/17")],
    ),
    Example(
        "CloudEvents, binary",
        "cloudevents",
        b'{"message":"order 17 failed","app":"orders"}',
        [Event("orders", "order 17 failed")],
        {"message": "order 17 failed", "cloudevents.event_type": "com.example.order.failed"},
        _CE_HEADERS,
    ),
    Example(
        "CloudEvents, binary, without a message",
        "cloudevents",
        b'{"order":17}',
        [Event("/shop/orders", "com.example.order.failed order/17")],
        {"order": 17, "message": "com.example.order.failed order/17"},
        _CE_HEADERS,
    ),
    Example(
        "CloudEvents, binary, text",
        "cloudevents",
        b"order 17 failed",
        [Event("/shop/orders", "order 17 failed")],
        {"message": "order 17 failed", "cloudevents.event_subject": "order/17"},
        _CE_HEADERS,
    ),
]
