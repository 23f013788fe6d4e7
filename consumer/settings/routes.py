"""Whether ``OUTPUT_ROUTES`` goes with a bundle."""

from collections.abc import Sequence

from consumer.errors import SettingsError
from consumer.log import escaped
from consumer.records.output_routes import check_labels
from consumer.settings.model import Settings


def check_routes(settings: Settings, labels: Sequence[str], bundle: str) -> None:
    """Return if the bundle has every label that a route names.

    Raises:
        SettingsError: it has not.
    """
    try:
        check_labels(settings.routes().values(), labels, bundle)
    except ValueError as error:
        raise SettingsError(f"LOGSLUICE_OUTPUT_ROUTES: {escaped(str(error))}.") from None
