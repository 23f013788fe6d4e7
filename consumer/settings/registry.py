"""How to reach a schema registry, ``LOGSLUICE_SCHEMA_REGISTRY__*``."""

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from consumer.llm.settings import together

_VARIABLES = "LOGSLUICE_SCHEMA_REGISTRY__"
_URL = r"https?://[^\s/?#@,]+(/[^\s?#,]*)?"


class RegistrySettings(BaseModel):
    """Where the schemas of records are, and who asks for them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str | None = Field(
        None, pattern=rf"^{_URL}(,{_URL})*$", description="URLs of the schema registry, separated by commas"
    )
    user: str | None = Field(None, pattern=r"^[^:]+$", description="user, or key of the API")
    password: SecretStr | None = Field(None, description="its password, or secret of the API")
    token: SecretStr | None = Field(None, description="bearer token, instead of a user")
    cluster: str | None = Field(
        None, description="logical cluster that goes with a token, lsrc-..., at Confluent Cloud"
    )
    ca_file: Path | None = Field(None, description="certificates that are trusted; the usual ones if not set")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problem = None
        if not self.url and any((self.user, self.password, self.token, self.ca_file)):
            problem = f"the settings {_VARIABLES}* need {_VARIABLES}URL"
        elif bool(self.user) != bool(self.password):
            problem = f"{_VARIABLES}USER and {_VARIABLES}PASSWORD go together"
        elif self.user and self.token:
            problem = f"{_VARIABLES}USER and {_VARIABLES}TOKEN exclude each other"
        elif self.ca_file and not self.ca_file.exists():
            problem = f"{_VARIABLES}CA_FILE: there is no {self.ca_file}"
        if problem:
            raise together(problem)
        return self

    def client_properties(self) -> dict[str, Any]:
        """Return what the client of the registry takes. Holds secrets: never to be printed."""
        properties: dict[str, Any] = {"url": self.url, "timeout": 5, "max.retries": 1}
        if self.user and self.password:
            properties["basic.auth.user.info"] = f"{self.user}:{self.password.get_secret_value().strip()}"
        if self.token:
            properties["bearer.auth.credentials.source"] = "STATIC_TOKEN"
            properties["bearer.auth.logical.cluster"] = self.cluster or ""
            properties["bearer.auth.token"] = self.token.get_secret_value().strip()
        if self.ca_file:
            properties["ssl.ca.location"] = str(self.ca_file)
        return properties
