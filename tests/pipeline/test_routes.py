from pathlib import Path

import pytest

from pipeline.errors import BundleError
from pipeline.routes import DEFAULT_ROUTE, Routes, read_routes


def read(tmp_path: Path, content: str | bytes) -> Routes:
    file = tmp_path / "routes.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_routes(file)


def test_a_source_takes_its_route_and_all_others_the_default(tmp_path: Path) -> None:
    routes = read(tmp_path, "default: [rules, llm]\nsources:\n  CRM: [memory, llm]\n  404: [rules]\n")
    assert routes.of("CRM") == ("memory", "llm")
    assert routes.of("404") == ("rules",)
    assert routes.of("crm") == routes.of("") == ("rules", "llm")


@pytest.mark.parametrize("content", ["", "# nothing\n", "sources:\n", "sources: {}\n"])
def test_all_of_it_may_be_left_out(tmp_path: Path, content: str) -> None:
    routes = read(tmp_path, content)
    assert routes.of("any") == DEFAULT_ROUTE
    assert routes.by_source == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[rules]", "must hold `default` and `sources`, and nothing else"),
        ("source: {a: [rules]}", "must hold `default` and `sources`, and nothing else"),
        ("sources: [a]", "`sources` must map the name of a source to a list of tiers"),
        (
            "default: []",
            "the route of 'default' must list some of ['rules', 'memory', 'embedding', 'llm'], each once",
        ),
        ("default: rules", "the route of 'default' must list"),
        ("default:", "the route of 'default' must list"),
        ("sources: {a: [rules, none]}", "the route of 'a' must list"),
        ("sources: {a: [rules, rules]}", "the route of 'a' must list"),
        ("sources: {a: [regex]}", "the route of 'a' must list"),
        ("sources: {a: {rules: 1}}", "the route of 'a' must list"),
        ("default: [", "cannot be read: while parsing a flow"),
        ("default: 2024-99-99", "cannot be read: month must be in 1..12"),
        ("[" * 1_200, "cannot be read: maximum recursion depth"),
        (b"\xff", "cannot be read: 'utf-8' codec can't decode"),
    ],
)
def test_a_file_of_another_form_is_refused_in_a_sentence(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    with pytest.raises(BundleError) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "routes.yaml"))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"routes\.yaml cannot be read: .*No such file"):
        read_routes(tmp_path / "routes.yaml")
