"""The settings of the console, ``LOGSLUICE_CONSOLE__*``. This module needs nothing that the base lacks."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, SecretStr

from consumer.llm.settings import from_json
from consumer.settings import Settings
from consumer.settings.model import Names

MIN_TOKEN_CHARS = 16


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
        ByteSize(200_000_000), gt=0, description="largest file that is taken, also when unpacked: 200MB, 1GB"
    )
    supported_formats: Names = Field(
        ("csv", "jsonl", "text"), description="formats of files that are taken, separated by commas"
    )
    keep_examples: bool = Field(
        False, description="whether raw messages are kept in the store; masked templates alone if not"
    )
    spool_dir: Path | None = Field(
        None, description="directory of uploads and results while a job lasts; the system's if not set"
    )
    jobs: int = Field(20, ge=1, le=1_000, description="jobs at once, those whose result is kept included")
    jobs_size: ByteSize = Field(
        ByteSize(4_000_000_000), gt=0, description="disk that uploads and results may take together"
    )


class AllSettings(Settings):
    """The settings of the service, and those of the console."""

    console: Annotated[ConsoleSettings, BeforeValidator(from_json)] = Field(
        ConsoleSettings(), description="where the console listens, who may use it, and what it keeps"
    )
