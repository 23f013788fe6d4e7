"""What every command does first."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consumer.settings import Settings


def command_settings(**overrides: Any) -> "Settings":
    """Read the settings, and set up our own logs by them.

    Raises:
        SettingsError: naming every setting that is wrong.
    """
    from consumer.log import configure_logging
    from consumer.settings import read_settings

    settings = read_settings(**overrides)
    configure_logging(settings.log_format, settings.log_level)
    return settings
