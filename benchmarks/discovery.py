"""``python -m benchmarks.discovery FILE.csv``: how pure the clusters of `logsluice discover` are, how long they take.

The file has true labels, which the clusters do not see. Purity is the share of the clustered templates whose label is
that of most templates of their cluster; it is worth something only where many are clustered, in few clusters.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import CDPSession
from rich.console import Console
from rich.table import Table

from files.labelled import Reading, open_labelled, opened
from pipeline.bundle import default_bundle, read_bundle
from pipeline.encoder import Embeddings, load_encoder
from pipeline.event import Event
from pipeline.features import encoder_text
from pipeline.masking import mask
from tests.support.chromium import running_browser
from training.discovery.clusters import NONE, WAYS, Clusters, cluster, default_size
from training.discovery.discovery import Wanted, discover
from training.discovery.heap import Heap
from training.discovery.page import page
from training.discovery.projection import METHODS, default_method, has_umap, project
from training.discovery.templates import Labelled, Template, label_templates

LEAST_PURITY = 0.85
SEED = 1
SEEDS = (1, 2, 3)
FRAMES = 60
PAN = f"""async () => {{
  const {{ view }} = document.querySelector("main").logmap, drawn = [];
  for (let i = 0; i < {FRAMES}; i++) {{
    view.canvas.pan(i % 2 ? 9 : -7, 5 - i % 11);
    view.redraw();
    await new Promise((done) => requestAnimationFrame(done));
    drawn.push(view.spent);
  }}
  drawn.sort((a, b) => a - b);
  return [drawn[0], drawn[{FRAMES // 2}]];
}}"""


def purity(clusters: Clusters, names: Sequence[str]) -> float:
    """Return the share of the clustered templates that have the commonest name of their cluster."""
    groups: dict[int, Counter[str]] = {}
    for number, name in zip(clusters.tolist(), names, strict=True):
        if number != NONE:
            groups.setdefault(number, Counter())[name] += 1
    most = sum(group.most_common(1)[0][1] for group in groups.values())
    return most / max(1, sum(group.total() for group in groups.values()))


def purities(labelled: Path) -> tuple[Table, Embeddings, list[str]]:
    """Return a table with a row for each embedding, projection and way of clustering, and the bundle's embeddings."""
    with opened(labelled) as (stream, name):
        rows = list(open_labelled(stream, name, Reading())[1])
    first = {mask(row.message): row for row in reversed(rows)}
    templates = list(first)
    labels, sources = [each.label for each in first.values()], [each.source for each in first.values()]
    texts = [encoder_text(each) for each in templates]
    bundle = read_bundle(default_bundle())
    tuned = load_encoder(bundle.manifest.encoder, bundle.encoder_delta).encode(texts)
    plain = load_encoder(bundle.manifest.encoder).encode(texts)
    both = np.hstack([tuned, plain]) / np.float32(np.sqrt(2))
    table = Table(
        *(
            "embedding",
            "projection",
            "by",
            "purity by label",
            "by source",
            "clustered",
            "clusters",
            "largest",
        ),
        title=f"{len(templates)} templates of {labelled.name}, clusters of {default_size(len(templates))} or more; "
        f"means of seeds {', '.join(map(str, SEEDS))}",
        title_justify="left",
    )
    for embedding, vectors in (("of the bundle", tuned), ("MiniLM as it is", plain), ("both joined", both)):
        for method in METHODS:
            if method == "umap" and not has_umap():
                continue
            projections = [project(vectors, method, seed) for seed in SEEDS]
            for way in WAYS:
                if way == "dbscan" and method != "pca":
                    continue  # it does not look at the map
                found = [
                    cluster(vectors, each, way, default_size(len(templates)), None) for each in projections
                ]
                figures = np.mean([_figures(each, labels, sources) for each in found], axis=0)
                table.add_row(
                    embedding,
                    "-" if way == "dbscan" else method,
                    way,
                    *(f"{share:.3f}" for share in figures[:3]),
                    *(f"{number:.0f}" for number in figures[3:]),
                )
    return table, tuned, templates


def _figures(clusters: Clusters, labels: Sequence[str], sources: Sequence[str]) -> list[float]:
    sizes = Counter(clusters[clusters != NONE].tolist())
    return [
        purity(clusters, labels),
        purity(clusters, sources),
        float((clusters != NONE).mean()),
        len(sizes),
        max(sizes.values(), default=0),
    ]


def many(templates: Sequence[str], embeddings: Embeddings, count: int) -> Labelled:
    """Return so many templates made from a few: each a variant with words of two, and an embedding between theirs."""
    random = np.random.default_rng(SEED)
    one, other = random.integers(0, len(templates), (2, count))
    near = random.choice([0.0, 0.1, 0.3], count)[:, None]
    rows = (
        embeddings[one] * (1 - near)
        + embeddings[other] * near
        + random.normal(0, 0.01, (count, embeddings.shape[1]))
    )
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    labels = ("Error", "System Notification", "Security Alert", "Resource Usage", "User Action")
    made = [
        Template(
            f"{templates[a]} {templates[b][:20]} variant {place:x}",
            1 + place % 50,
            {f"service-{a % 30}": 1 + place % 50},
            labels[a % 5],
            (place % 100) / 100,
            "embedding",
        )
        for place, (a, b) in enumerate(zip(one.tolist(), other.tolist(), strict=True))
    ]
    return Labelled(made, rows)


def timed(times: dict[str, float], name: str, act: Callable[[], object]) -> None:
    """Note how long something takes: seconds of processor time, of all threads."""
    began = time.process_time()
    act()
    times[name] = time.process_time() - began


def at_scale(templates: Sequence[str], embeddings: Embeddings, count: int, console: Console) -> None:
    """Print what so many templates cost, how large their page is, and how long a frame takes in a browser."""
    times: dict[str, float] = {}
    heap = Heap(read_bundle(default_bundle()).rules)
    heap.add([Event("a", each) for each in templates])
    bundle, kept = read_bundle(default_bundle()), heap.kept(count)
    timed(times, "label and embed", lambda: label_templates(kept, bundle, lambda done: None))
    each = times.pop("label and embed") / len(kept.kinds)
    labelled = many(templates, embeddings, count)
    wanted = Wanted("hdbscan", None, None, default_method(), SEED)
    began = {"": time.process_time()}
    marks = [("labelling and embedding, by the time of one", each * count)]

    def step(name: str) -> None:
        now = time.process_time()
        for earlier, start in began.items():
            if earlier:
                marks.append((earlier, now - start))
        began.clear()
        began[name] = now

    found = discover(kept, labelled, wanted, "heap", "default", step)
    step("writing the map")
    content = page(found)
    step("")
    table = Table("step", "seconds of processor time", title=f"{count:,} templates", title_justify="left")
    for name, seconds in marks:
        table.add_row(name, f"{seconds:.1f}")
    console.print(table)
    console.print(
        f"{found.projection_said}; {len(found.clusters)} clusters; the page has {len(content) / 1e6:.1f} MB"
    )
    frames(content, console)


def frames(content: str, console: Console) -> None:
    """Print how long a frame takes in Chromium while the map of a page is moved, without a graphics processor."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "map.html"
        file.write_text(content, encoding="utf-8")
        for browser in running_browser():
            shown = browser.new_page(viewport={"width": 1400, "height": 900})
            shown.goto(file.as_uri())
            metrics = shown.context.new_cdp_session(shown)
            metrics.send("Performance.enable")
            before = _thread_seconds(metrics)
            best, middle = shown.evaluate(PAN)
            spent = (_thread_seconds(metrics) - before) / FRAMES
            console.print(
                f"moving the map: a frame takes {spent * 1000:.1f} ms of processor time; "
                f"it is drawn in {best:.1f} ms at best, {middle:.1f} ms in the median"
            )


def _thread_seconds(metrics: CDPSession) -> float:
    """Return the processor time of the page's own thread, in which it draws."""
    found = metrics.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in found if each["name"] == "ThreadTime"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "labelled", type=Path, help="a file with true labels, as `logsluice evaluate` takes it"
    )
    parser.add_argument(
        "--templates", type=int, default=100_000, help="how many the timing is for; 0 leaves it out"
    )
    options = parser.parse_args()
    console = Console(width=120)
    table, embeddings, templates = purities(options.labelled)
    console.print(table)
    console.print(
        f"wanted: purity by label >= {LEAST_PURITY} of what the command does where nothing is named"
    )
    if options.templates:
        at_scale(templates, embeddings, options.templates, console)


if __name__ == "__main__":
    main()
