"""The settings of the service, ``LOGSLUICE_*``: what there is, what is refused and why, and how they are read.

`model.py` has every setting; `kafka_properties.py` what of librdkafka may not be changed; `reading.py` reads the
environment, ``.env`` and the secret files, and makes a sentence of everything that is wrong.
"""

from consumer.settings.model import PREFIX, Settings
from consumer.settings.reading import read_settings

__all__ = ["PREFIX", "Settings", "read_settings"]
