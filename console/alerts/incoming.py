"""What Alertmanager sends to a webhook, version 4."""

from typing import Literal

from pydantic import BaseModel, Field

Labels = dict[str, str]


class Alert(BaseModel):
    """One alert; times are in RFC 3339."""

    status: Literal["firing", "resolved"]
    labels: Labels = Field(
        {}, description="alertname and what else the rule says; label and source name events"
    )
    annotations: Labels = {}
    startsAt: str = ""  # noqa: N815 - Alertmanager's names
    generatorURL: str = ""  # noqa: N815


class Notification(BaseModel):
    """A group of alerts."""

    version: Literal["4"]
    status: Literal["firing", "resolved"]
    groupKey: str = ""  # noqa: N815
    receiver: str = ""
    externalURL: str = ""  # noqa: N815
    alerts: list[Alert] = Field(max_length=10_000)
