"""What was found in a heap: its figures, its clusters, and every template with its place on the map."""

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from training.discovery.clusters import NONE, Clusters, Way, cluster, default_size
from training.discovery.heap import Kept
from training.discovery.names import telling_words
from training.discovery.projection import Method, Projection, project, sentence
from training.discovery.templates import Labelled, Template

EXAMPLES = 3
UNNAMED = "(no words)"


class Cluster(msgspec.Struct, frozen=True):
    """Templates that mean something similar.

    ``name`` is made of its most telling ``words``. ``labels`` and ``sources`` are those of its events with how many
    there are, the most frequent first; ``examples`` are its most frequent templates.
    """

    number: int
    name: str
    words: list[str]
    templates: int
    events: int
    labels: dict[str, int]
    sources: dict[str, int]
    examples: list[str]


class Placed(msgspec.Struct, frozen=True):
    """A template, the number of its cluster, -1 for none, and its place on the map, from 0 to 1."""

    template: Template
    cluster: int
    x: float
    y: float


class Discovery(msgspec.Struct, frozen=True):
    """What ``logsluice discover`` found. ``left_out_events`` are those of templates too rare to be looked at."""

    input: str
    bundle: str
    events: int
    distinct_templates: int
    left_out_events: int
    clustered_by: str
    projection: Method
    projection_said: str
    seed: int
    clusters: list[Cluster]
    templates: list[Placed]


class Wanted(msgspec.Struct, frozen=True):
    """How to cluster and to project. ``least`` templates of a cluster, and ``epsilon``: None to have it chosen."""

    way: Way
    least: int | None
    epsilon: float | None
    method: Method
    seed: int


def discover(
    kept: Kept, labelled: Labelled, wanted: Wanted, name: str, bundle: str, step: Callable[[str], None]
) -> Discovery:
    """Return what is in a heap, clustered and on a map; ``step`` is called with what is being done.

    Raises:
        ModuleNotFoundError: scikit-learn, or what ``wanted`` asks for, is not installed.
    """
    templates = labelled.templates
    step("projecting")
    projection = project(labelled.embeddings, wanted.method, wanted.seed)
    step("clustering")
    least = wanted.least if wanted.least is not None else default_size(len(templates))
    clusters = cluster(labelled.embeddings, projection, wanted.way, least, wanted.epsilon)
    return Discovery(
        input=name,
        bundle=bundle,
        events=kept.events,
        distinct_templates=kept.templates,
        left_out_events=kept.left_out_events,
        clustered_by=f"{wanted.way}, {least} templates or more",
        projection=projection.method,
        projection_said=sentence(projection),
        seed=wanted.seed,
        clusters=describe(templates, clusters),
        templates=place(templates, clusters, projection),
    )


def place(templates: Sequence[Template], clusters: Clusters, projection: Projection) -> list[Placed]:
    """Return templates with their clusters and places."""
    places = projection.places.round(5).tolist()
    return [
        Placed(template, number, x, y)
        for template, number, (x, y) in zip(templates, clusters.tolist(), places, strict=True)
    ]


def describe(templates: Sequence[Template], clusters: Clusters) -> list[Cluster]:
    """Return what is to be said of each cluster, in the order of their numbers."""
    numbers = clusters.tolist()
    words = telling_words([each.template for each in templates], numbers)
    members: dict[int, list[Template]] = {number: [] for number in words}
    for template, number in zip(templates, numbers, strict=True):
        if number != NONE:
            members[number].append(template)
    return [_described(number, words[number], own) for number, own in members.items()]


def _described(number: int, words: list[str], templates: Sequence[Template]) -> Cluster:
    labels: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for each in templates:
        labels[each.label] += each.events
        sources.update(each.sources)
    frequent = sorted(templates, key=lambda each: -each.events)
    return Cluster(
        number=number,
        name=" ".join(words) or UNNAMED,
        words=words,
        templates=len(templates),
        events=labels.total(),
        labels=dict(labels.most_common()),
        sources=dict(sources.most_common()),
        examples=[each.template for each in frequent[:EXAMPLES]],
    )
