"""Discoveries made by hand: places and labels that a test knows."""

from training.discovery.discovery import Cluster, Discovery, Placed
from training.discovery.templates import Template

LOUD = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)> <num>"


def template(text: str, label: str = "Error", source: str = "web", events: int = 1) -> Template:
    return Template(text, events, {source: events}, label, 0.9, "embedding")


def discovery() -> Discovery:
    """Two clusters of three templates, to the left and to the right, and one template in the middle that is in none."""
    left = [
        (f"login refused {name}", x, y) for name, x, y in (("a", 0.0, 0.4), ("b", 0.1, 0.6), ("c", 0.05, 0.5))
    ]
    right = [
        (f"disk filled {name}", x, y) for name, x, y in (("a", 0.9, 0.4), ("b", 1.0, 0.6), ("c", 0.95, 0.5))
    ]
    placed = [Placed(template(text, "Security Alert", "sshd", 20), 0, x, y) for text, x, y in left]
    placed += [Placed(template(text, "Resource Usage", "kernel", 3), 1, x, y) for text, x, y in right]
    placed.append(Placed(template(LOUD, "Error", "web"), -1, 0.5, 0.5))
    return Discovery(
        input="heap.log",
        bundle="default@1234567",
        events=70,
        distinct_templates=7,
        left_out_events=0,
        clustered_by="hdbscan, 3 templates or more",
        projection="pca",
        projection_said="projected by PCA",
        seed=1,
        clusters=[
            Cluster(
                0,
                "login refused",
                ["login", "refused"],
                3,
                60,
                {"Security Alert": 60},
                {"sshd": 60},
                ["login refused a"],
            ),
            Cluster(
                1,
                "disk filled",
                ["disk", "filled"],
                3,
                9,
                {"Resource Usage": 9},
                {"kernel": 9},
                ["disk filled a"],
            ),
        ],
        templates=placed,
    )
