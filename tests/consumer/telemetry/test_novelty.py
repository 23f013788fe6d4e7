"""Events whose wording the bundle has not learnt."""

from prometheus_client import CollectorRegistry

from consumer.telemetry.novelty import Novelty
from pipeline.verdict import Verdict

LEARNT = frozenset(("connection", "refused", "by", "the", "server"))


def counted(novelty: Novelty, registry: CollectorRegistry, label: str) -> float:
    value = registry.get_sample_value("logsluice_events_unfamiliar_total", {"label": label})
    assert value is not None
    return value


def test_events_of_unfamiliar_templates_are_counted_by_label_from_zero() -> None:
    registry = CollectorRegistry()
    novelty = Novelty(registry)
    novelty.add_labels(("Error", "Unclassified"))
    known = Verdict("Error", 0.9, "embedding", "connection refused by <addr>")
    strange = Verdict("Error", 0.9, "rules", "connexion refusée par le serveur <addr>")
    novelty.count([(strange, "app", 5)])
    assert counted(novelty, registry, "Error") == 0, "before there is a bundle nothing is known"
    novelty.learn(LEARNT)
    novelty.count([(known, "app", 3), (strange, "app", 5)])
    novelty.count([(strange, "app", 2)])
    assert counted(novelty, registry, "Error") == 7
    assert counted(novelty, registry, "Unclassified") == 0
    novelty.learn(LEARNT | {"connexion", "refusée", "par", "serveur"})
    novelty.count([(strange, "app", 2)])
    assert counted(novelty, registry, "Error") == 7
    novelty.learn(None)
    novelty.count([(strange, "app", 2)])
    assert counted(novelty, registry, "Error") == 7
