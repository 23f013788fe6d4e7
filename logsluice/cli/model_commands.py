"""The commands that make and judge bundles."""

from pathlib import Path
from typing import Literal

import click

from logsluice.cli.settings import command_settings


@click.command()
@click.argument(
    "data", nargs=-1, metavar="[CSV]...", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the new bundle.",
)
@click.option(
    "--corpus/--no-corpus",
    default=None,
    help="Train on the built-in corpus too; default: only if no CSV is given.",
)
@click.option(
    "--taxonomy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML file of labels and what they mean, for the LLM.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path, dir_okay=False),
    help="rules.yaml of the bundle; default: the built-in one with the corpus, else none.",
)
@click.option(
    "--routes",
    type=click.Path(path_type=Path, dir_okay=False),
    help="routes.yaml of the bundle; default: likewise.",
)
@click.option(
    "--precision",
    type=click.FloatRange(0.5, 0.999),
    default=0.9,
    show_default=True,
    help="What share of the labels shall be right; chooses the threshold.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same data and seed give the same predictions."
)
@click.option(
    "--fine-tune",
    is_flag=True,
    help="Let the encoder learn from the rows too: better labels, for a minute or so per 1,000 rows.",
)
@click.option(
    "--second-opinion",
    is_flag=True,
    help="Let a label stand only where a second model gives the same: fewer labels, more of them right.",
)
@click.option(
    "--seal",
    is_flag=True,
    help="Train nothing: write the manifest of OUTPUT anew, after its rules or routes were edited.",
)
def train(
    data: tuple[Path, ...],
    output: Path,
    corpus: bool | None,
    taxonomy: Path | None,
    rules: Path | None,
    routes: Path | None,
    precision: float,
    seed: int,
    fine_tune: bool,
    second_opinion: bool,
    seal: bool,
) -> None:
    """Train a bundle from CSV files, from the built-in corpus, or from both.

    A CSV has the columns log_message and target_label, and source if there is one. Any labels will do, each
    with three different messages at the very least; dozens are better.
    """
    from logsluice.cli import train as training

    if seal:
        training.seal(output)
    else:
        with_corpus = corpus if corpus is not None else not data
        training.train(
            data, with_corpus, output, taxonomy, rules, routes, precision, seed, fine_tune, second_opinion
        )


@click.command()
@click.argument(
    "labelled", metavar="LABELLED.csv", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False),
    help="The bundle to judge; default: LOGSLUICE_BUNDLE or the built-in one.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another bundle to put beside it, with the events whose label changes.",
)
@click.option(
    "--tiers",
    type=click.Choice(["all", "embedding"]),
    default="all",
    show_default=True,
    help="What publishes: rules and embedding, by the bundle's routes, or the embedding tier alone.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write everything to this file as JSON.",
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with plots to this file; it needs no other file.",
)
@click.option("--source-column", help="Column that names the source; default: source, if there is one.")
@click.option(
    "--message-column", default="log_message", show_default=True, help="Column that holds the message."
)
@click.option("--label-column", help="Column of the true labels; default: target_label, else label.")
@click.option(
    "--lines-column",
    help="Column that says how many lines a row stands for; default: count or occurrences, if there is one.",
)
@click.option("--encoding", help="Encoding of the file; default: as for classify.")
def evaluate(
    labelled: Path,
    bundle: Path | None,
    against: Path | None,
    tiers: Literal["all", "embedding"],
    json_file: Path | None,
    html_file: Path | None,
    source_column: str | None,
    message_column: str,
    label_column: str | None,
    lines_column: str | None,
    encoding: str | None,
) -> None:
    """Judge a bundle by a CSV file whose labels are right.

    Prints accuracy, F1, calibration and how much can be answered at which precision, of the model alone and of
    what would be published; by label, tier and source, by template and by line.
    """
    from files.labelled import Columns
    from logsluice.cli import evaluate as evaluation

    settings = command_settings(**({"bundle": bundle} if bundle else {}))
    columns = Columns(source_column, message_column, label_column, lines_column)
    evaluation.evaluate(settings, labelled, columns, encoding, against, json_file, html_file, tiers)


@click.command()
@click.argument(
    "data", nargs=-1, metavar="[CSV]...", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--corpus/--no-corpus",
    default=None,
    help="Compare on the built-in corpus too; default: only if no CSV is given.",
)
@click.option(
    "--sample", type=click.IntRange(min=10), help="Use so many templates at most, drawn at random; quicker."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same data and seed give the same figures."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures to this file as JSON.",
)
def compare(
    data: tuple[Path, ...], corpus: bool | None, sample: int | None, seed: int, json_file: Path | None
) -> None:
    """Compare classifiers on CSV files, on the built-in corpus, or on both.

    Each is judged on systems that it has not learnt from: folds are grouped by source, and by kind of system in
    the corpus. A CSV has the columns that train needs.
    """
    from logsluice.cli import compare as comparison

    if not data and corpus is False:
        raise click.UsageError("there is nothing to compare on: name a CSV file, or leave out --no-corpus")
    comparison.run(data, corpus if corpus is not None else not data, sample, seed, json_file)
