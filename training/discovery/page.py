"""The map of what was found: its data, the scripts that draw it, and a page of its own that holds both."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from files.terminal import printable
from training.discovery.discovery import Cluster, Discovery, Placed
from training.discovery.table import sentences

STATIC = Path(__file__).with_name("static")
SCRIPTS = ("map_data.js", "map_canvas.js", "map_view.js", "map.js", "map_start.js")
"""In the order in which a page has to load them, from `STATIC`."""
STYLES = "map.css"
_STEPS = 65_535


def page(found: Discovery) -> str:
    """Return the page. Whatever a template holds is shown as text."""
    environment = Environment(
        loader=PackageLoader("training.discovery", "."), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2").render(
        title=printable(f"Map of {found.input}"),
        sentences=sentences(found),
        style=Markup((STATIC / STYLES).read_text(encoding="utf-8")),  # noqa: S704 - ours
        scripts=[Markup((STATIC / name).read_text(encoding="utf-8")) for name in SCRIPTS],  # noqa: S704 - ours
        data=Markup(in_script(map_data(found.templates, found.clusters))),  # noqa: S704 - escaped
    )


def map_data(templates: Sequence[Placed], clusters: Sequence[Cluster]) -> dict[str, Any]:
    """Return what ``map_data.js`` reads: columns of equal length, an entry for each template.

    ``x`` and ``y`` go from 0 to 65535, ``confidence`` from 0 to 100. ``label``, ``source`` (the most frequent of a
    template) and ``cluster`` are numbers of the lists ``labels``, ``sources`` and ``clusters``.
    """
    labels = _frequent(each.template.label for each in templates)
    sources = _frequent(next(iter(each.template.sources), "") for each in templates)
    label_of = {name: place for place, name in enumerate(labels)}
    source_of = {name: place for place, name in enumerate(sources)}
    return {
        "x": [round(each.x * _STEPS) for each in templates],
        "y": [round(each.y * _STEPS) for each in templates],
        "template": [each.template.template for each in templates],
        "events": [each.template.events for each in templates],
        "label": [label_of[each.template.label] for each in templates],
        "source": [source_of[next(iter(each.template.sources), "")] for each in templates],
        "confidence": [round(each.template.confidence * 100) for each in templates],
        "cluster": [each.cluster for each in templates],
        "labels": labels,
        "sources": sources,
        "clusters": [{"name": each.name} for each in clusters],
    }


def in_script(data: dict[str, Any]) -> str:
    """Return data as JSON that may stand in a script element: nothing in it can end that."""
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")


def _frequent(names: Iterable[str]) -> list[str]:
    return [name for name, _ in Counter(names).most_common()]
