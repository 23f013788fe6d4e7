"""The bundle that is built in: whole, made from what lies next to it, and right on what is plain."""

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest
import yaml

from pipeline.bundle import ENCODER_DELTA, ROUTES, RULES, default_bundle, read_bundle
from pipeline.encoder import packaged_weights, weights_sha256
from pipeline.event import Event
from pipeline.rules import Rule
from tests.support.default_model import bundle, new_cascade
from training.corpus import read_corpus
from training.rows import digest, distinct, rows_of_corpus

MODELS = default_bundle().parent
ROOT = MODELS.parent
LABELS = (
    "HTTP Status",
    "Security Alert",
    "System Notification",
    "User Action",
    "Resource Usage",
    "Error",
    "Critical Error",
    "Workflow Error",
    "Deprecation Warning",
)
OUTDATED = "the built-in bundle is older than what it is made from: run `make model`"


def test_it_is_whole_and_was_made_for_the_encoder_that_is_installed() -> None:
    found = read_bundle(default_bundle())
    assert found.version == f"default@{found.digest[:7]}"
    assert found.manifest.encoder.sha256 == weights_sha256(packaged_weights())
    files = {path.name for path in found.directory.iterdir()}
    assert files == {"manifest.json", *found.manifest.checksums}
    assert found.manifest.trained_on["fine_tuned"] == (ENCODER_DELTA in files)


def test_its_labels_are_the_nine_and_unclassified() -> None:
    assert bundle().labels == (*LABELS, "Unclassified")
    assert set(bundle().manifest.trained_on["by_label"]) == set(bundle().labels)


def test_it_was_made_from_the_rules_routes_and_taxonomy_next_to_it() -> None:
    for name in (RULES, ROUTES):
        assert (default_bundle() / name).read_bytes() == (MODELS / name).read_bytes(), OUTDATED
    taxonomy = yaml.safe_load((MODELS / "taxonomy.yaml").read_text(encoding="utf-8"))
    assert list(bundle().manifest.labels.items()) == list(taxonomy.items()), OUTDATED


def test_it_was_trained_on_the_corpus_next_to_it() -> None:
    trained_on = bundle().manifest.trained_on
    rows = distinct(rows_of_corpus(read_corpus(labels=bundle().labels), trained_on["seed"]))
    assert len(rows) == trained_on["rows"], OUTDATED
    assert digest(rows) == trained_on["rows_sha256"], OUTDATED


def test_its_threshold_is_the_one_that_its_card_explains() -> None:
    scores = bundle().manifest.scores
    assert scores["target_precision"] == 0.86
    assert scores["held_out"]["threshold"] == bundle().manifest.threshold
    precisions = [point["precision"] for point in scores["held_out"]["curve"]]
    assert precisions == sorted(precisions)
    assert precisions[-1] > 0.95


def test_it_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in default_bundle().iterdir()) <= 25 << 20


def test_the_wheel_holds_it() -> None:
    # Hatch packs whole directories, but for what .gitignore names.
    target = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    assert "models" in target["packages"]
    assert not {"exclude", "include", "only-include"} & set(target)
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]
    for path in (*default_bundle().iterdir(), *(MODELS / "corpus").iterdir(), MODELS / "taxonomy.yaml"):
        parts = path.relative_to(ROOT).parts
        assert not [part for part in parts for pattern in ignored if fnmatch(part, pattern)], path


def test_the_rules_decide_their_own_examples() -> None:
    cascade = new_cascade()
    rules = bundle().rules.rules
    assert len(rules) >= 100
    examples = [(rule, Event(rule.source or "", message)) for rule in rules for message in rule.match]
    for (rule, _), verdict in zip(examples, cascade.label([event for _, event in examples]), strict=True):
        assert (verdict.label, verdict.tier, verdict.rule) == (rule.label, "rules", rule.name)


def test_the_rules_leave_what_they_must_not_take() -> None:
    for rule, message in no_matches():
        found = bundle().rules.first_match(message, rule.source or "")
        assert found is None or found is not rule, message


def no_matches() -> Iterator[tuple[Rule, str]]:
    for rule in bundle().rules.rules:
        for message in rule.no_match:
            yield rule, message


PLAIN = [
    ("HTTP Status", "gateway", '198.51.100.4 - - [07/May/2026:09:00:01 +0000] "GET /basket/88 HTTP/1.1" 200 1834'),
    ("HTTP Status", "api", "POST /v2/orders HTTP/1.1 returned 201 in 35 ms"),
    ("HTTP Status", "proxy", '"DELETE /sessions/4471 HTTP/2.0" 404 153 "-" "curl/8.5.0"'),
    ("Security Alert", "sshd", "Failed password for invalid user oracle from 203.0.113.66 port 40022 ssh2"),
    ("Security Alert", "BillingSystem", "Account of user 8812 locked after five failed login attempts"),
    ("Security Alert", "firewall", "Port scan detected from 192.0.2.14, source address blocked"),
    ("System Notification", "backup", "Nightly backup of /srv/data finished in 14 minutes"),
    ("System Notification", "scheduler", "Service inventory started, listening on port 8080"),
    ("System Notification", "updater", "Configuration reloaded, 14 modules active"),
    ("User Action", "portal", "User alice logged in from the web console"),
    ("User Action", "admin", "User 4417 changed the e-mail address of her account"),
    ("User Action", "desktop", "User maria logged out"),
    ("Resource Usage", "nova", "Memory usage of worker 3: 812 MB of 2048 MB (39%)"),
    ("Resource Usage", "monitor", "CPU usage at 73% on node-17, load average 5.2"),
    ("Resource Usage", "storage", "Disk usage of /var is 81% (412 GB of 508 GB)"),
    ("Error", "orders", "java.net.SocketTimeoutException: Read timed out while calling payment service"),
    ("Error", "importer", "Failed to parse config file: unexpected token at line 14"),
    ("Error", "worker", "Connection to database lost, retrying in 5 seconds"),
    ("Critical Error", "kernel", "Kernel panic - not syncing: Fatal exception in interrupt"),
    ("Critical Error", "kernel", "Out of memory: Killed process 2817 (postgres) total-vm:8123456kB"),
    ("Critical Error", "storage", "Data corruption detected in block 7713, volume taken offline"),
    ("Workflow Error", "CRM", "Lead 7324 cannot be handed over: no owner is assigned to the region"),
    ("Workflow Error", "erp", "Invoice 5531 cannot be posted: the approval of the cost centre owner is missing"),
    ("Workflow Error", "shop", "Order 9921 could not be shipped because the delivery address is missing"),
    ("Deprecation Warning", "app", "DeprecationWarning: parse_date() is deprecated, use parse_datetime() instead"),
    ("Deprecation Warning", "build", "The option --legacy is deprecated and will be removed in version 5.0"),
    ("Deprecation Warning", "api", "API endpoint /v1/users is no longer supported, migrate to /v2/users"),
]  # fmt: skip


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    """The label of each plain message."""
    events = [Event(source, message) for _, source, message in PLAIN]
    labelled = zip(events, new_cascade().label(events), strict=True)
    return {event.message: verdict.label for event, verdict in labelled}


@pytest.mark.parametrize(("label", "message"), [(label, message) for label, _, message in PLAIN])
def test_what_is_plain_is_labelled_right(verdicts: dict[str, str], label: str, message: str) -> None:
    assert verdicts[message] == label


def test_each_label_has_plain_messages() -> None:
    assert {label for label, _, _ in PLAIN} == set(LABELS)
