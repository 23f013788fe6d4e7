"""At build: puts the file of htmx that the pages of the console load into the package.

It is taken from django-htmx, which carries it, so that neither this repository holds a copy nor an installation Django.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TARGET = "console/pages/static/htmx.min.js"


class HtmxHook(BuildHookInterface[Any]):
    """Writes `TARGET` before a wheel is built, an editable one included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Take the file from the package that carries it."""
        found = find_spec("django_htmx")
        if found is None or found.origin is None:
            raise RuntimeError(
                "the build needs django-htmx: it is listed under build-system in pyproject.toml"
            )
        source = Path(found.origin).parent / "static" / "django_htmx" / "htmx-2.min.js"
        Path(self.root, TARGET).write_bytes(source.read_bytes())
        build_data["artifacts"].append(TARGET)
