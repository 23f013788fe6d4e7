"""``logsluice train``: what it refuses in a sentence, what it never replaces, and sealing."""

import gzip
from pathlib import Path
from shutil import copytree

import pytest

from pipeline.bundle import MANIFEST, ROUTES, RULES, read_bundle
from pipeline.errors import BundleError, ChecksumError, RuleError
from tests.conftest import Command
from tests.support.own_rows import PHRASES, rows, training_rows, write_csv
from training.train import choose_examples, seal


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
    Path("mine.csv").write_text("note,topic\nup,Up\n")
    result = logsluice("train", "mine.csv", "-o", "mine")
    assert result.exit_code == 1
    assert result.stderr == (
        "logsluice: mine.csv has no column 'log_message' or 'message' or 'msg', only 'note', 'topic': "
        "name the right one with --message-column\n"
    )


SEVEN = ["pump {} failed", "valve {} stuck", "belt {} torn", "lamp {} lit", "door {} shut", "fan {} on"]


@pytest.mark.parametrize(
    ("name", "dialect", "encoding"),
    [
        ("mine.csv", "source;log_message;label", "cp1252"),
        ("mine.tsv", "source\tMessage\ttarget_label", "utf-16"),
        ("mine.csv", "sep=|\n\nsource|msg|Label", "utf-8-sig"),
        ("mine.csv.gz", "source,text,class", "utf-8"),
    ],
)
def test_every_dialect_and_encoding_trains_the_same(
    logsluice: Command, name: str, dialect: str, encoding: str
) -> None:
    delimiter = next(each for each in ";\t|," if each in dialect.splitlines()[-1])
    lines = [delimiter.join(("plc", f"{each} überall", "AB"[n // 3])) for n, each in enumerate(SEVEN)]
    content = "\n".join((dialect, *lines, "")).encode(encoding)
    Path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    result = logsluice("train", name, "-o", "mine")
    assert result.exit_code == 0, result.stderr
    assert read_bundle(Path("mine")).manifest.trained_on["by_label"] == {"A": 3, "B": 3}


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
        (RULES, "- {name: hail, label: Climate, pattern: hail, match: [rain]}\n", RuleError),
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
