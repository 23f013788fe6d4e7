"""``logsluice check``: everything a run needs, tried one by one."""

import sys
from collections.abc import Iterator, Set

import click

from console.settings import AllSettings
from consumer.errors import EXIT_BUNDLE, BrokerError, ConsumerError
from consumer.kafka.clients import check_properties
from consumer.kafka.cluster import topics_of
from consumer.kafka.newest import newest_records
from consumer.kafka.schema_registry import frame_decoder
from consumer.kafka.topics import all_topics, check_compacted
from consumer.llm.blocking import open_pool
from consumer.llm.decisions import Decision
from consumer.llm.prompt import Question
from consumer.log import configure_logging
from consumer.records.formats.readers import Readers
from consumer.settings import Settings, read_as
from consumer.settings.core import described
from consumer.settings.routes import check_routes
from pipeline.bundle import default_bundle, read_bundle
from pipeline.errors import PipelineError

TIMEOUT_S = 10.0


@click.command()
@click.option(
    "--sample",
    type=click.IntRange(1, 10_000),
    is_flag=False,
    flag_value=20,
    metavar="[N]",
    help="Also say what the newest records of each input topic are, 20 or N of them, and what would be dead letters.",
)
def check(sample: int | None) -> None:
    """Check settings, bundle, broker, topics and LLM, a line each; exit with 0 only if all hold."""
    exit_code = 0
    for what, outcome in _checks(sample):
        failed = isinstance(outcome, Exception)
        mark = click.style("fail", fg="red") if failed else click.style("  ok", fg="green")
        for line in str(outcome).splitlines():
            click.echo(f"{mark}  {what:<9} {line}")
        if failed and not exit_code:
            exit_code = outcome.exit_code if isinstance(outcome, ConsumerError) else EXIT_BUNDLE
    sys.exit(exit_code)


def _checks(sample: int | None) -> Iterator[tuple[str, str | Exception]]:
    configure_logging("auto", "error")
    try:
        settings = read_as(AllSettings)
        check_properties(settings)
    except ConsumerError as error:
        yield "settings", error
        return
    yield "settings", f"{', '.join(settings.input_topic)} to {settings.output_topic}, {settings.delivery}"
    yield "core", _core(settings)
    yield "bundle", _bundle(settings)
    try:
        topics = topics_of(settings, TIMEOUT_S)
    except ConsumerError as error:
        yield "broker", error
        return
    yield "broker", f"{settings.bootstrap_servers} answers"
    yield "topics", _topics(settings, topics.keys())
    if sample is not None:
        for topic in settings.input_topic:
            if topic in topics:
                yield "sample", _sample(settings, topic, topics[topic], sample)
    yield "llm", _llm(settings)


def _core(settings: Settings) -> str | Exception:
    try:
        return described(settings.core)
    except ConsumerError as error:
        return error


def _topics(settings: Settings, topics: Set[str]) -> str | Exception:
    missing = [topic for topic in all_topics(settings) if topic not in topics]
    if missing:
        help_text = "run `logsluice topics create`; or, if they are there, grant this user access"
        return BrokerError(f"{', '.join(missing)} missing: {help_text}")
    try:
        warning = check_compacted(settings)
    except BrokerError as error:
        return error
    return f"all there; {warning}" if warning else "all there"


def _bundle(settings: Settings) -> str | Exception:
    from pipeline.cascade import load_cascade  # it loads ONNX Runtime, which `--help` need not wait for

    try:
        bundle = read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)
        load_cascade(bundle)
        check_routes(settings, bundle.labels, bundle.version)
    except (PipelineError, ConsumerError) as error:
        return error
    return (
        f"{bundle.version}: {len(bundle.manifest.labels)} labels, {len(bundle.rules.rules)} rules, "
        f"threshold {bundle.manifest.threshold:.2f}, digest {bundle.digest}"
    )


def _sample(settings: Settings, topic: str, partitions: int, count: int) -> str | Exception:
    """Read the newest records of a topic, and return what they are."""
    from logsluice.cli.sample import summary

    def wait(why: str) -> None:
        raise BrokerError(why)

    try:
        messages = newest_records(settings, topic, partitions, count, TIMEOUT_S)
        decode = frame_decoder(settings, wait, lambda: None)
        readers = Readers(settings.input_format, settings.source_field, settings.message_field, decode)
        lines = [f"{topic}: the newest {len(messages)} records" if messages else f"{topic} is empty"]
        return "\n".join([*lines, *summary(messages, readers.read)])
    except ConsumerError as error:
        return error


def _llm(settings: Settings) -> str | Exception:
    """Ask the LLM one question, as the slow lane would."""
    if not settings.llm.enabled:
        return "none configured: what no tier decides is published as Unclassified"
    endpoint = settings.llm.endpoint()
    labels = {"System Notification": "routine work of a system", "Error": "something failed"}
    question = Question("service started", "logsluice")
    with open_pool(settings.llm, labels, lambda call: None) as pool:
        answer = pool.decide([question], settings.llm.deadline_s * 2)[question]
        refusal = pool.state().refusal
    where = f"{endpoint.model} at {endpoint.base_url or settings.llm.provider}"
    if isinstance(answer, Decision):
        return f"{where} answers"
    return ConsumerError(refusal or f"{where} gives no answer ({answer.reason}): its events would wait")
