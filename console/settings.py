"""The settings of the console, ``LOGSLUICE_CONSOLE__*``. This module needs nothing that the base lacks."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from consumer.llm.settings import from_json, in_small_letters, together
from consumer.settings import Settings
from consumer.settings.names import Names
from files.table import Format

MIN_TOKEN_CHARS = 16
DEFAULT_STORE = Path("~/.local/state/logsluice/console.db")
_URL = re.compile(r"https?://[^\s/?#]+\S*")


class ConsoleSettings(BaseModel):
    """Where the console listens, who may use it, and what it takes and keeps."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field("127.0.0.1", min_length=1, description="address that `logsluice serve` listens on")
    port: int = Field(8080, ge=0, le=65535, description="port that it listens on; 0 takes a free one")
    token: SecretStr | None = Field(
        None,
        description="what a client must show: as a bearer token, or on the login page; 16 characters or more",
    )
    trusted_header: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9-]+$",
        description="header by which a proxy in front says who has logged in; without it a request is refused",
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/?#@]+/?$",
        description="address of the console as its users see it, if a proxy stands in front; links begin with it",
    )
    max_file_size: ByteSize = Field(
        ByteSize(200_000_000),
        gt=0,
        description="largest file that is taken, and that gzip may unpack to: 200MB, 1GB",
    )
    supported_formats: Names = Field(
        ("csv", "jsonl", "text"), description="formats of files that are taken, separated by commas"
    )
    keep_examples: bool = Field(
        False, description="whether raw messages are kept in the store; masked templates alone if not"
    )
    store: Path = Field(
        DEFAULT_STORE, description="file of the store of templates; a console has one of its own"
    )
    retention_days: float = Field(
        30, gt=0, le=3_650, description="days that counts, and templates that are not seen again, are kept"
    )
    max_templates: int = Field(500_000, ge=1_000, description="templates in the store, 1000 or more")
    max_counts: int = Field(
        10_000_000, ge=10_000, description="counts of a template in an hour that are kept, 10000 or more"
    )
    warm_up_s: float = Field(
        86_400, ge=0, description="seconds from the making of the store in which no template counts as new"
    )
    webhook_url: SecretStr | None = Field(
        None, description="where alerts are passed on to, with the templates behind them; http:// or https://"
    )
    webhook_format: Literal["slack", "json"] = Field(
        "slack", description="slack, which many others take too, or json"
    )
    spool_dir: Path | None = Field(
        None, description="directory of uploads and results while a job lasts; the system's if not set"
    )
    jobs: int = Field(20, ge=1, le=1_000, description="jobs at once, those whose result is kept included")
    jobs_size: ByteSize = Field(
        ByteSize(4_000_000_000), gt=0, description="disk that uploads and results may take together"
    )

    @field_validator("token")
    @classmethod
    def _long(cls, value: SecretStr | None) -> SecretStr | None:
        token = (
            value.get_secret_value().strip() if value else ""
        )  # a file of a secret often ends with a newline
        if not token:
            return None
        if len(token) < MIN_TOKEN_CHARS or not (token.isascii() and token.isprintable()) or " " in token:
            raise ValueError(
                f"a token has {MIN_TOKEN_CHARS} characters or more, in ASCII, without spaces: "
                "`openssl rand -hex 32` makes one"
            )
        return SecretStr(token)

    @field_validator("webhook_url")
    @classmethod
    def _web(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _URL.fullmatch(value.get_secret_value()):
            raise ValueError("an address begins with http:// or https:// and names a host")
        return value

    @field_validator("webhook_format", mode="before")
    @classmethod
    def _in_small_letters(cls, value: Any) -> Any:
        return in_small_letters(value)

    @field_validator("supported_formats")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        formats = tuple(each.lower() for each in value)
        if not formats or set(formats) - {*get_args(Format)}:
            raise ValueError(f"it takes one or more of {', '.join(get_args(Format))}")
        return formats

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.token is not None and self.trusted_header is not None:
            raise together(
                "LOGSLUICE_CONSOLE__TOKEN and LOGSLUICE_CONSOLE__TRUSTED_HEADER are both set: a proxy that "
                "says who has logged in, or a token, is enough; unset one of them"
            )
        return self


class AllSettings(Settings):
    """The settings of the service, and those of the console."""

    console: Annotated[ConsoleSettings, BeforeValidator(from_json)] = Field(
        ConsoleSettings(), description="where the console listens, who may use it, and what it keeps"
    )
