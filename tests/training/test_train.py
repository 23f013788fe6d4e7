"""``logsluice train``: a user's CSV in, a bundle out that labels what was held back from it."""

import csv
from collections.abc import Iterable
from pathlib import Path
from shutil import copytree

import pytest

from files.labelled import Reading
from pipeline.bundle import ENCODER_DELTA, MANIFEST, ROUTES, RULES, read_bundle
from pipeline.cascade import load_cascade
from pipeline.errors import BundleError, ChecksumError, RuleError
from pipeline.event import Event
from pipeline.verdict import Verdict
from tests.conftest import Command, invoke
from training.rows import Row, digest, read_rows
from training.train import choose_examples, seal

PHRASES = {
    "Payment": (
        ("invoice", "refund", "card payment", "bank transfer", "credit note", "direct debit", "bill", "receipt"),
        ("{} was settled", "could not charge {}", "{} is overdue by {} days", "{} was booked twice",
         "amount of {} is in the wrong currency", "the bank sent {} back", "customer disputes {}", "VAT of {}"),
    ),
    "Delivery": (
        ("parcel", "pallet", "courier van", "return shipment", "container", "letter", "crate", "consignment"),
        ("{} left the depot", "driver could not find the address of {}", "{} arrived {} hours late",
         "customs holds {}", "{} was damaged on the road", "{} is on its way", "route of {} changed",
         "neighbour took {}"),
    ),
    "Climate": (
        ("greenhouse", "server room", "cold store", "cellar", "office", "attic", "hall", "incubator"),
        ("humidity in {} rose to {} percent", "{} is too warm", "fan of {} started", "window in {} is open",
         "thermostat of {} set to {} degrees", "frost warning for {}", "{} cooled down", "air in {} is stale"),
    ),
}  # fmt: skip
MEANINGS = {
    "Climate": "the air in a room",
    "Payment": "money",
    "Delivery": "goods on the road",
    "Unused": "x",
}
RULES_TEXT = "- {name: frost, label: Climate, pattern: black ice, match: [black ice on the ramp]}\n"


def rows() -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    """Return (label, source, message) rows to train on, and some to hold back: words in new company."""
    training: list[tuple[str, str, str]] = []
    held_back: list[tuple[str, str, str]] = []
    for label, (subjects, phrases) in PHRASES.items():
        for i, subject in enumerate(subjects):
            for j, phrase in enumerate(phrases):
                message = phrase.format(f"{subject} {100 * i + j}", 7 * j)
                (held_back if (i + 3 * j) % 8 == 0 else training).append((label, f"app-{j % 2}", message))
    return training, held_back


def write_csv(path: Path, content: Iterable[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["target_label", "source", "log_message"])
        writer.writerows(content)
    return path


def training_rows(path: Path) -> list[Row]:
    with path.open("rb") as stream:
        return read_rows(stream, str(path), Reading(), lambda note: None)


def verdicts(bundle: Path) -> list[Verdict]:
    """Return what a bundle says of the rows that were held back."""
    return load_cascade(read_bundle(bundle)).label(
        [Event(source, message) for _, source, message in rows()[1]]
    )


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of three labels, trained from a CSV file with a taxonomy and a rule."""
    directory = tmp_path_factory.mktemp("training")
    data = write_csv(directory / "mine.csv", rows()[0])
    (directory / "taxonomy.yaml").write_text("".join(f"{name}: {text}\n" for name, text in MEANINGS.items()))
    (directory / "rules.yaml").write_text(RULES_TEXT)
    options: list[str | Path] = [
        "--taxonomy",
        directory / "taxonomy.yaml",
        "--rules",
        directory / "rules.yaml",
    ]
    result = invoke("train", data, "-o", directory / "mine", *options)
    assert result.exit_code == 0, result.output
    assert f"{directory / 'mine'}: trained on 168 templates, threshold 0." in result.stdout
    assert "on what was held out: accuracy " in result.stdout
    return directory / "mine"


def test_a_bundle_labels_what_was_held_back_from_it(mine: Path) -> None:
    found = verdicts(mine)
    right = [verdict.label == label for verdict, (label, _, _) in zip(found, rows()[1], strict=True)]
    guessed = [
        label in (verdict.label, verdict.best_guess)
        for verdict, (label, _, _) in zip(found, rows()[1], strict=True)
    ]
    assert len(found) == 24
    assert sum(right) >= 20
    assert sum(guessed) >= 23


def test_the_fewest_rows_that_are_taken_will_do(logsluice: Command) -> None:
    words = ("amber", "birch", "cedar", "dolphin", "ember", "falcon")
    data = [("A" if place < 3 else "B", "", f"{word} seen") for place, word in enumerate(words)]
    result = logsluice("train", write_csv(Path("mine.csv"), data), "-o", "mine")
    assert result.exit_code == 0, result.output
    assert {verdict.label for verdict in verdicts(Path("mine"))} <= {"A", "B", "Unclassified"}


def test_its_taxonomy_is_the_user_s_and_says_what_each_label_means(mine: Path) -> None:
    manifest = read_bundle(mine).manifest
    assert list(manifest.labels.items()) == [pair for pair in MEANINGS.items() if pair[0] != "Unused"]
    assert manifest.name == "mine"
    data = mine.parent / "mine.csv"
    assert manifest.trained_on["rows_sha256"] == digest(training_rows(data))
    assert manifest.trained_on["by_label"] == {"Climate": 56, "Delivery": 56, "Payment": 56}
    assert manifest.trained_on["fine_tuned"] is False
    assert manifest.scores["held_out"]["threshold"] == manifest.threshold


def test_its_rules_are_the_user_s_and_not_those_built_in(mine: Path) -> None:
    bundle = read_bundle(mine)
    assert [rule.name for rule in bundle.rules.rules] == ["frost"]
    (verdict,) = load_cascade(bundle).label([Event("", "BLACK ICE? no, black ice")])
    assert (verdict.label, verdict.tier) == ("Climate", "rules")


def test_the_same_data_and_seed_give_the_same_verdicts(mine: Path, tmp_path: Path) -> None:
    options: list[str | Path] = [
        "--taxonomy",
        mine.parent / "taxonomy.yaml",
        "--rules",
        mine.parent / "rules.yaml",
    ]
    result = invoke("train", mine.parent / "mine.csv", "-o", tmp_path / "again", *options)
    assert result.exit_code == 0
    assert verdicts(tmp_path / "again") == verdicts(mine)
    first, second = (read_bundle(directory).manifest for directory in (mine, tmp_path / "again"))
    assert (first.threshold, first.scores, first.trained_on) == (
        second.threshold,
        second.scores,
        second.trained_on,
    )


def test_a_trained_bundle_labels_a_file(mine: Path, logsluice: Command) -> None:
    held_back = write_csv(Path("new.csv"), rows()[1])
    result = logsluice("classify", held_back, "--bundle", mine)
    assert result.exit_code == 0
    table = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["target_label_before"] for row in table] == [label for label, _, _ in rows()[1]]
    assert [row["target_label"] for row in table] == [verdict.label for verdict in verdicts(mine)]


def test_a_label_s_own_name_is_its_meaning_where_none_is_given(tmp_path: Path, logsluice: Command) -> None:
    few = [row for row in rows()[0] if row[0] != "Climate"][::4]
    result = logsluice("train", write_csv(tmp_path / "few.csv", few), "-o", "few")
    assert result.exit_code == 0
    bundle = read_bundle(Path("few"))
    assert bundle.manifest.labels == {"Payment": "Payment", "Delivery": "Delivery"}
    assert not bundle.rules.rules
    assert bundle.routes.by_source == {}


@pytest.mark.timeout(300)  # three fine-tunings: seconds on a quiet machine, minutes on a busy one
@pytest.mark.long
def test_a_fine_tuned_bundle_carries_its_encoder_and_labels_as_well(
    tmp_path: Path, logsluice: Command
) -> None:
    data = write_csv(tmp_path / "mine.csv", rows()[0][::3])
    result = logsluice("train", data, "-o", "tuned", "--fine-tune")
    assert result.exit_code == 0, result.output
    bundle = read_bundle(Path("tuned"))
    assert bundle.encoder_delta == Path("tuned", ENCODER_DELTA).read_bytes()
    assert bundle.manifest.trained_on["fine_tuned"] is True
    guesses = [verdict.best_guess or verdict.label for verdict in verdicts(Path("tuned"))]
    right = [guess == label for guess, (label, _, _) in zip(guesses, rows()[1], strict=True)]
    assert sum(right) >= 20
    assert "fine-tuning" in result.stderr


def lines(*labels: str, message: str = "message of kind {}") -> list[tuple[str, str, str]]:
    """Return one row for each label, their messages all different."""
    return [(label, "", message.format("abcdefghijklmnop"[place] * 3)) for place, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            lines("A", "A", "A", "B", "B"),
            "too few distinct templates, after masking, of: B (2); each label needs 3 or more",
        ),
        (
            [*lines("A", "A", "A"), *(("B", "", f"disk {number} is full") for number in range(9))],
            "too few distinct templates, after masking, of: B (1); each label needs 3 or more",
        ),
        (lines("A", "A", "A", "A"), "there is only the label A: a classifier needs two or more"),
        ([], "there is only the label (none): a classifier needs two or more"),
        ([*lines("A"), ("B", "app", " ")], "line 3: there is no message; fill it in or drop the row"),
        ([*lines("A"), ("", "app", "up")], "line 3: there is no label; fill it in or drop the row"),
    ],
)
def test_data_that_teaches_nothing_is_1_and_one_sentence(
    logsluice: Command, content: list[tuple[str, str, str]], sentence: str
) -> None:
    result = logsluice("train", write_csv(Path("mine.csv"), content), "-o", "mine")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("logsluice: ")
    assert line.endswith(sentence)
    assert [path.name for path in Path().iterdir()] == ["mine.csv"]


def test_unknown_columns_are_1_and_name_those_found(logsluice: Command) -> None:
    Path("mine.csv").write_text("text,category\nup,Up\n")
    result = logsluice("train", "mine.csv", "-o", "mine")
    assert result.exit_code == 1
    assert result.stderr == (
        "logsluice: mine.csv has no column log_message and no target_label; found: text, category\n"
    )


@pytest.mark.parametrize(
    ("option", "content", "code", "sentence"),
    [
        ("--rules", None, 5, "nowhere.yaml cannot be read: "),
        ("--routes", None, 5, "nowhere.yaml cannot be read: "),
        ("--taxonomy", None, 1, "nowhere.yaml cannot be read: "),
        ("--taxonomy", "[Payment, Delivery]", 1, "must map each label to a sentence that says what it means"),
        ("--taxonomy", "Payment: 7", 1, "must map each label to a sentence that says what it means"),
        (
            "--rules",
            "- {name: x, label: Bliss, pattern: x, match: [x]}",
            5,
            "has the label 'Bliss', which is",
        ),
        ("--routes", "default: [magic]", 5, "the route of 'default' must list some of"),
    ],
)
def test_a_file_that_does_not_fit_is_a_sentence_and_leaves_no_bundle(
    logsluice: Command, option: str, content: str | None, code: int, sentence: str
) -> None:
    data = write_csv(Path("mine.csv"), rows()[0][::8])
    name = Path("nowhere.yaml" if content is None else "given.yaml")
    if content is not None:
        name.write_text(content)
    result = logsluice("train", data, "-o", "mine", option, name)
    assert result.exit_code == code
    (line,) = result.stderr.splitlines()  # hence before anything is fitted
    assert line.startswith("logsluice: ")
    assert sentence in line
    assert not [path for path in Path().iterdir() if path not in (data, name)]


def test_what_is_no_bundle_is_never_replaced(logsluice: Command) -> None:
    data = write_csv(Path("mine.csv"), rows()[0][::8])
    Path("photos").mkdir()
    Path("photos/summer.jpg").write_text("sun")
    result = logsluice("train", data, "-o", "photos")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].endswith(
        "photos exists and is not a bundle: name another directory with -o"
    )
    assert [path.name for path in Path("photos").iterdir()] == ["summer.jpg"]


def test_a_bundle_is_replaced_by_a_whole_one_alone(mine: Path, logsluice: Command) -> None:
    copytree(mine, "old")
    before = read_bundle(Path("old")).digest
    bad = write_csv(Path("bad.csv"), lines("A", "A"))
    assert logsluice("train", bad, "-o", "old").exit_code == 1
    assert read_bundle(Path("old")).digest == before
    good = write_csv(Path("good.csv"), rows()[0][::4])
    assert logsluice("train", good, "-o", "old").exit_code == 0
    assert read_bundle(Path("old")).digest != before
    assert {path.name for path in Path().iterdir()} == {"old", "bad.csv", "good.csv"}


def test_sealing_makes_an_edited_bundle_whole_again(mine: Path, logsluice: Command) -> None:
    copytree(mine, "edited")
    with Path("edited", RULES).open("a") as file:
        file.write("- {name: hail, label: Climate, pattern: hail, match: [hail tonight]}\n")
    with pytest.raises(ChecksumError):
        read_bundle(Path("edited"))
    result = logsluice("train", "--seal", "-o", "edited")
    assert result.exit_code == 0
    bundle = read_bundle(Path("edited"))
    assert result.stdout == f"edited: sealed, digest {bundle.digest}\n"
    assert [rule.name for rule in bundle.rules.rules] == ["frost", "hail"]
    assert bundle.manifest.scores == read_bundle(mine).manifest.scores


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        (RULES, "- {name: hail, label: Bliss, pattern: hail, match: [hail]}\n", RuleError),
        (ROUTES, "default: [magic]\n", BundleError),
        ("classifier.npz", "swapped", ChecksumError),
    ],
)
def test_sealing_hides_nothing(
    mine: Path, tmp_path: Path, name: str, content: str, error: type[BundleError]
) -> None:
    edited = copytree(mine, tmp_path / "edited")
    manifest = (edited / MANIFEST).read_bytes()
    (edited / name).write_text(content)
    with pytest.raises(error):
        seal(edited)
    assert (edited / MANIFEST).read_bytes() == manifest


def test_sealing_what_is_no_bundle_is_5(logsluice: Command) -> None:
    result = logsluice("train", "--seal", "-o", "nothing")
    assert result.exit_code == 5
    assert result.stderr == "logsluice: nothing is not a bundle: it has no manifest.json\n"


def test_the_examples_for_the_llm_are_of_every_label(tmp_path: Path) -> None:
    data = training_rows(write_csv(tmp_path / "mine.csv", rows()[0]))
    assert {data[place].label for place in choose_examples(data)} == set(PHRASES)
    many = data * 20
    chosen = choose_examples(many)
    assert chosen == sorted(set(chosen))
    shares = [sum(many[place].label == label for place in chosen) for label in PHRASES]
    assert max(shares) - min(shares) <= 1
