"""Where settings come from."""

from pathlib import Path
from typing import Any

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource, NestedSecretsSettingsSource

PREFIX = "LOGSLUICE_"


class _LeavesWrongJson:
    """A source of settings that leaves a value which is not JSON to its field, so that the field can be named."""

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:
        """Return what a value stands for as JSON, or the value itself."""
        try:
            return super().decode_complex_value(field_name, field, value)  # type: ignore[misc]
        except (ValueError, RecursionError):
            return value


class Environment(_LeavesWrongJson, EnvSettingsSource):
    """The environment."""


class EnvFile(_LeavesWrongJson, DotEnvSettingsSource):
    """The file ``.env``."""


class SecretFiles(_LeavesWrongJson, NestedSecretsSettingsSource):
    """A directory of secret files, each named like a setting."""

    @classmethod
    def load_secrets(cls, path: Path) -> dict[str, str]:
        """Return the files of settings; what else lies there is not read, and may be anything."""
        names = (PREFIX.lower(), "groq_api_key")
        files = [file for file in path.iterdir() if file.name.lower().startswith(names) and file.is_file()]
        return {file.name: file.read_text(encoding="utf-8").strip() for file in files}
