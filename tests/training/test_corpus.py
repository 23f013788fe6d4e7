"""The corpus: what is refused, and that the one that is built in is sound."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from pipeline.bundle import default_bundle
from training.corpus import CorpusError, Template, placeholders, read_corpus
from training.values import expand, settle

LABELS = ("Error", "User Action")


def corpus(directory: Path, **files: str) -> Path:
    """Write files of rows, each with the right header, and return their directory."""
    for name, rows in files.items():
        (directory / f"{name}.csv").write_text(f"label,system,template\n{rows}", encoding="utf-8")
    return directory


def problems(directory: Path, **files: str) -> list[str]:
    with pytest.raises(CorpusError) as caught:
        read_corpus(corpus(directory, **files), LABELS)
    return str(caught.value).splitlines()


def test_templates_come_in_the_order_of_files_and_rows(tmp_path: Path) -> None:
    second = 'User Action,shop,"{user} said ""yes"",\u2028twice"\n'
    first = "Error,db,disk {device} failed\nUser Action,db,{user} logged in\n"
    assert read_corpus(corpus(tmp_path, web_shops=second, hpc=first), LABELS) == [
        Template("Error", "db", "disk {device} failed", kind="hpc"),
        Template("User Action", "db", "{user} logged in", kind="hpc"),
        Template("User Action", "shop", '{user} said "yes",\u2028twice', kind="web"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        "writing block {int} of the journal failed",
        "Writing block {hex} of the journal FAILED",
        "writing block 17 of the journal failed!",
        "writing  block={id}, of the journal: failed",
    ],
)
def test_what_differs_in_values_case_or_punctuation_alone_is_a_duplicate(tmp_path: Path, other: str) -> None:
    rows = "Error,db,writing block {int} of the journal failed\n"
    (problem,) = problems(
        tmp_path, a=rows, b=f'User Action,x,something else entirely\nError,disk,"{other}"\n'
    )
    assert problem == f"b.csv:3: duplicates a.csv:2: {other!r}"


def test_the_same_template_with_two_labels_is_a_contradiction(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path, a="Error,db,session of {user} ended\n", b="User Action,db,Session of {id} ended\n"
    )
    assert problem == "b.csv:2: contradicts (Error) a.csv:2: 'Session of {id} ended'"


def test_a_minimal_pair_that_a_number_decides_is_no_contradiction(tmp_path: Path) -> None:
    rows = 'User Action,ci,"build of {job} ended, exit code 0"\n'
    pair = 'Error,ci,"build of {job} ended, exit code 1"\n'
    assert len(read_corpus(corpus(tmp_path, a=rows + pair), LABELS)) == 2


def test_a_number_that_differs_without_another_label_is_a_duplicate(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path,
        a='Error,ci,"build of {job} ended, exit code 2"\n',
        b='Error,ci,"build of {job} ended, exit code 1"\n',
    )
    assert problem == "b.csv:2: duplicates a.csv:2: 'build of {job} ended, exit code 1'"


def test_fragments_with_hardly_a_word_differ_by_every_sign(tmp_path: Path) -> None:
    rows = 'Error,db,"{int}/{int}"\nError,db,"{int}:{int}"\nError,db,q={hex}\nError,db,q: {hex}\n'
    assert len(read_corpus(corpus(tmp_path, a=rows), LABELS)) == 4
    (problem,) = problems(tmp_path, b="Error,db,Q={hex}\n")
    assert problem.startswith("b.csv:2: duplicates a.csv:4")


def test_every_problem_has_its_line_with_file_and_place(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("label,template\nError,x\n")
    found = problems(
        tmp_path,
        a="Panic,db,the node went down\nError,db,wrote {bytes} to {disk} of {user}\n",
        b="Error,db\nError,,no system here\nError,db,one,too many\n",
    )
    assert found == [
        "a.csv:2: 'Panic' is not a label",
        "a.csv:3: there is no placeholder {bytes}",
        "a.csv:3: there is no placeholder {disk}",
        *(f"b.csv:{line}: a row has a label, a system and a template" for line in (2, 3, 4)),
        "c.csv: the header must be label,system,template",
    ]


def test_any_label_will_do_where_none_are_given(tmp_path: Path) -> None:
    assert [t.label for t in read_corpus(corpus(tmp_path, a="Bliss,db,all is well here\n"))] == ["Bliss"]


def test_no_templates_are_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path} holds no CSV file with templates"]
    assert problems(tmp_path, a="") == [f"{tmp_path} holds no CSV file with templates"]


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("label,system,template\nError,db,größer\n".encode("cp1252"))
    with pytest.raises(CorpusError, match=r"a\.csv cannot be read: 'utf-8' codec"):
        read_corpus(tmp_path)


@pytest.fixture(scope="module")
def shipped() -> list[Template]:
    return read_corpus(labels=_labels())


def _labels() -> list[str]:
    lines = (default_bundle().parent / "taxonomy.yaml").read_text(encoding="utf-8").splitlines()
    return ["Unclassified", *(line.split(":")[0] for line in lines if line and line[0] != "#")]


def test_the_corpus_that_is_built_in_is_sound_and_speaks_of_every_label(shipped: list[Template]) -> None:
    counts = Counter(template.label for template in shipped)
    assert set(counts) == set(_labels())
    assert min(counts.values()) >= 200
    assert len({template.kind for template in shipped}) >= 10


def test_every_template_fills_with_values_settled_or_not(shipped: list[Template]) -> None:
    random = Random(7)
    for template in shipped:
        for text in (template.template, settle(template.template, random)):
            message = expand(text, random)
            assert message
            assert not placeholders(message), message


def test_every_placeholder_of_the_guide_has_values(tmp_path: Path) -> None:
    guide = (default_bundle().parent / "corpus" / "GUIDE.md").read_text(encoding="utf-8")
    names = placeholders(guide)
    assert len(names) >= 30
    row = "Error,db,failed at " + " ".join(f"{{{name}}}" for name in names) + "\n"
    (template,) = read_corpus(corpus(tmp_path, a=row), LABELS)
    assert not placeholders(expand(template.template, Random(1)))


def test_the_same_seed_gives_the_same_messages_and_another_one_others(shipped: list[Template]) -> None:
    def messages(seed: int) -> list[str]:
        random = Random(seed)
        return [expand(settle(template.template, random), random) for template in shipped[:200]]

    assert messages(1) == messages(1)
    assert messages(1) != messages(2)
    random = Random(3)
    values = {expand("{int}|{user}|{path}", random) for _ in range(50)}
    assert len(values) > 25
