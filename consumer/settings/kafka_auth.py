"""How to log in to a managed Kafka with tokens, ``LOGSLUICE_KAFKA_AUTH__*``."""

import re
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from consumer.llm.settings import in_small_letters, together

_VARIABLES = "LOGSLUICE_KAFKA_AUTH__"
_NEEDS = {
    "oidc": ("token_url", "client_id", "client_secret"),
    "azure": ("tenant", "client_id", "client_secret"),
    "msk": (),
}
_AWS = re.compile(r"\.kafka(?:-serverless)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\.amazonaws\.com")
_AZURE_TOKENS = "https://login.microsoftonline.com/{}/oauth2/v2.0/token"


class KafkaAuthSettings(BaseModel):
    """Where tokens come from, if the client logs in with some: OAUTHBEARER, in Kafka's terms."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    method: Literal["oidc", "msk", "azure"] | None = Field(
        None, description="oidc, msk (AWS IAM) or azure (Entra): log in with tokens; as KAFKA says if not set"
    )
    token_url: str | None = Field(
        None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", description="URL that gives tokens, for oidc"
    )
    client_id: str | None = Field(
        None, min_length=1, description="client that asks for tokens, for oidc and azure"
    )
    client_secret: SecretStr | None = Field(None, min_length=1, description="its secret")
    scope: str | None = Field(
        None,
        min_length=1,
        description="scope to ask for; for azure the namespace of the first broker if not set",
    )
    tenant: str | None = Field(
        None, pattern=r"^[\w.-]+$", description="directory of Entra, by its id or its domain, for azure"
    )
    region: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+$",
        description="region of AWS, for msk; the one in the broker's name if not set",
    )

    @field_validator("method", mode="before")
    @classmethod
    def _in_small_letters(cls, value: Any) -> Any:
        return in_small_letters(value)

    @field_validator("client_secret")
    @classmethod
    def _without_white_space(cls, value: SecretStr | None) -> SecretStr | None:
        return (
            SecretStr(value.get_secret_value().strip()) if value else None
        )  # a file often ends with a newline

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.method is None:
            given = [name for name in type(self).model_fields if getattr(self, name)]
            if given:
                raise together(f"{_VARIABLES}{given[0].upper()} needs {_VARIABLES}METHOD: oidc, msk or azure")
            return self
        missing = [name for name in _NEEDS[self.method] if not getattr(self, name)]
        if missing:
            names = " and ".join(f"{_VARIABLES}{name.upper()}" for name in missing)
            raise together(f"{_VARIABLES}METHOD {self.method} needs {names}")
        return self

    def problem_with(self, properties: Mapping[str, Any], bootstrap_servers: str) -> str | None:
        """Return what does not go together with the other settings of the client; None where all does."""
        if self.method is None:
            return None
        named = [
            name for name in ("sasl.mechanism", "sasl.mechanisms", "sasl.password") if name in properties
        ]
        if named:
            return (
                f"{_VARIABLES}METHOD sets how to log in: take {named[0]} out of LOGSLUICE_KAFKA, or unset it"
            )
        if self.method == "msk" and not self.aws_region(bootstrap_servers):
            return f"{_VARIABLES}REGION is needed: no broker's name has a region of AWS in it"
        return None

    def aws_region(self, bootstrap_servers: str) -> str:
        """Return the region whose tokens the brokers take; empty where nothing says it."""
        found = _AWS.search(bootstrap_servers)
        return self.region or (found[1] if found else "")

    def properties(self, bootstrap_servers: str) -> dict[str, str]:
        """Return what the client needs to log in; for ``msk`` without the function that makes tokens."""
        if self.method is None:
            return {}
        ours = {"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"}
        if self.method == "msk":
            return ours
        url, scope = self.token_url or "", self.scope or ""
        if self.method == "azure":
            host = re.sub(r"^\w+://|:\d+$", "", bootstrap_servers.split(",")[0].strip())
            url, scope = (
                self.token_url or _AZURE_TOKENS.format(self.tenant),
                scope or f"https://{host}/.default",
            )
        secret = self.client_secret.get_secret_value() if self.client_secret else ""
        return {
            **ours,
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.token.endpoint.url": url,
            "sasl.oauthbearer.client.id": self.client_id or "",
            "sasl.oauthbearer.client.secret": secret,
            **({"sasl.oauthbearer.scope": scope} if scope else {}),
        }
