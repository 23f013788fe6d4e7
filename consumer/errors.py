"""What ends the service or a command, as a tree; each class is one exit code::

    ConsumerError              1  failed
    ├── SettingsError          3  settings are invalid
    ├── BrokerError            4  the broker cannot be reached, refuses us, or topics are missing
    │   └── RefusedError          it refuses us: waiting does not help
    └── (pipeline.BundleError  5  the bundle is invalid)

Each message is a sentence, or one sentence a line, that says what is wrong and what to do.
"""

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_SETTINGS = 3
EXIT_BROKER = 4
EXIT_BUNDLE = 5


class ConsumerError(Exception):
    """Any error that the consumer raises on purpose."""

    exit_code = EXIT_FAILED


class SettingsError(ConsumerError):
    """Settings are invalid; the message has one line for each."""

    exit_code = EXIT_SETTINGS


class BrokerError(ConsumerError):
    """The broker cannot be reached, refuses us, or topics are missing."""

    exit_code = EXIT_BROKER


class RefusedError(BrokerError):
    """The broker refuses us, and waiting does not help: a password or a permission is wrong."""
