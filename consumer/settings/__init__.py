"""The settings of the service, ``LOGSLUICE_*``: what there is, what is refused and why, and how they are read.

`model.py` has every setting, `checks.py` what each accepts; `sources.py` is where they come from; `kafka_properties.py`
what of librdkafka may not be changed; `reading.py` reads them, and makes a sentence of everything that is wrong.
"""

from consumer.settings.model import Settings
from consumer.settings.reading import read_as, read_settings
from consumer.settings.sources import PREFIX

__all__ = ["PREFIX", "Settings", "read_as", "read_settings"]
