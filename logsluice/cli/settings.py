"""What every command does first."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.settings import AllSettings


def command_settings(**overrides: Any) -> "AllSettings":
    """Read the settings, and set up our own logs by them.

    Raises:
        SettingsError: naming every setting that is wrong.
    """
    from console.settings import AllSettings
    from consumer.log import configure_logging
    from consumer.settings import read_as

    settings = read_as(AllSettings, **overrides)
    configure_logging(settings.log_format, settings.log_level)
    return settings
