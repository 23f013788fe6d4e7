"""``/alerts/webhook``: where Alertmanager sends alerts, to be passed on with the templates behind them."""

from anyio import to_thread
from fastapi import APIRouter
from prometheus_client import Counter
from pydantic import BaseModel

from console.alerts.evidence import Evidence, evidence_of
from console.alerts.incoming import Notification
from console.alerts.outgoing import json_body, slack_body
from console.alerts.passing import NotPassedOnError, pass_on
from console.api.bodies import errors
from console.api.from_store import now_ms, reading
from console.parts import Parts
from console.problems import Problem
from consumer.log import get_logger

OUTCOMES = ("passed_on", "failed")


class PassedOn(BaseModel):
    """Alerts that were taken by whom they were passed on to."""

    passed_on: int


def alerts_router(parts: Parts) -> APIRouter:
    """Return the route."""
    settings = parts.settings.console
    public_url = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    counter = Counter(
        "logsluice_console_alerts",
        "Alerts from Alertmanager, by what became of them.",
        ("outcome",),
        registry=parts.metrics.registry,
    )
    for outcome in OUTCOMES:
        counter.labels(outcome)
    router = APIRouter(prefix="/alerts", tags=["alerts"])

    def evidence(notification: Notification) -> list[Evidence]:
        if parts.store is None:
            return [evidence_of(None, alert, public_url, now_ms(parts)) for alert in notification.alerts]
        with reading(parts) as connection:
            return [
                evidence_of(connection, alert, public_url, now_ms(parts)) for alert in notification.alerts
            ]

    @router.post(
        "/webhook",
        summary="Pass alerts of Alertmanager on, with the templates behind them",
        responses=errors(
            s502="It was not taken by whom it is passed on to. Send it again.",
            s503="LOGSLUICE_CONSOLE__WEBHOOK_URL is not set, or the store does not answer in time.",
        ),
    )
    async def webhook(notification: Notification) -> PassedOn:
        if settings.webhook_url is None:
            raise Problem(503, "nobody is named to pass alerts on to: set LOGSLUICE_CONSOLE__WEBHOOK_URL")
        found = await to_thread.run_sync(evidence, notification)
        body = (
            slack_body(found) if settings.webhook_format == "slack" else json_body(found, notification.status)
        )
        try:
            await pass_on(settings.webhook_url.get_secret_value(), body)
        except NotPassedOnError as error:
            counter.labels("failed").inc(len(found))
            get_logger().error(
                "alerts were not passed on: Alertmanager will send them again", reason=str(error)
            )
            raise Problem(502, f"LOGSLUICE_CONSOLE__WEBHOOK_URL does not take the alerts: {error}") from error
        counter.labels("passed_on").inc(len(found))
        return PassedOn(passed_on=len(found))

    return router
