"""``logsluice replay``: send dead letters back to the topics they came from."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from consumer.errors import BrokerError, ConsumerError
from consumer.kafka.one_shot import NotPublished, publish_all
from consumer.kafka.reader import require_topic
from consumer.records.dead_letter import DeadLetter, replay_marker, replayed_letter
from consumer.settings import Settings
from logsluice.cli.letters import Letters, by_reason, count_of, filter_of, filter_options, read_letters
from logsluice.cli.progress import progress
from logsluice.cli.settings import command_settings

BATCH = 1_000
DEADLINE_S = 60.0


@click.command()
@filter_options
@click.option("--dry-run", is_flag=True, help="Count them and send nothing.")
@click.option(
    "--rate", type=click.IntRange(min=1), default=1_000, show_default=True, help="Letters a second at most."
)
@click.option(
    "--max-attempts",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Leave alone events that were replayed so often.",
)
@click.option("--again", is_flag=True, help="Send letters too that were sent back before.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before sending.")
def replay(dry_run: bool, rate: int, max_attempts: int, again: bool, yes: bool, **options: Any) -> None:
    """Send dead letters back to the topics they came from, after the cause is fixed.

    Each letter is sent back once: a record in the dead-letter topic marks those that were sent, and the next replay
    leaves them alone. An event that dies again has a new letter, which counts how often it was replayed.
    """
    settings = command_settings()
    letters = _to_replay(read_letters(settings, filter_of(options)), max_attempts, again)
    topics = Counter(letter.topic for letter in letters)
    where = ", ".join(f"{count:,} to {topic}" for topic, count in topics.most_common())
    click.echo(f"{count_of(len(letters))}, {where}: {by_reason(letters)}", err=True)
    if dry_run:
        return
    if not yes and not click.confirm("Send them back?", default=False, err=True):
        raise ConsumerError("nothing was sent")
    for topic in topics:
        require_topic(settings, topic)
    refused = _send(settings, letters, rate)
    click.echo(f"{count_of(len(letters) - len(refused))} sent back", err=True)
    if refused:
        reasons = Counter(f"{each.record.topic}: {each.why}" for each in refused)
        lines = [f"{count_of(count)} refused by {reason}" for reason, count in reasons.most_common()]
        raise ConsumerError("\n".join(lines))


def _to_replay(letters: Letters, max_attempts: int, again: bool) -> list[DeadLetter]:
    """Return the letters to send, and say of the others why not.

    Raises:
        ConsumerError: there are none.
    """
    chosen: list[DeadLetter] = []
    left: Counter[str] = Counter()
    for letter in letters.meant:
        if letter.place in letters.replayed and not again:
            left["sent back before; --again sends them once more"] += 1
        elif letter.is_cut:
            left["only the first part was kept"] += 1
        elif letter.attempt >= max_attempts:
            left[f"replayed {letter.attempt} times already"] += 1
        else:
            chosen.append(letter)
    for why, count in left.items():
        click.echo(f"{count_of(count)} left alone: {why}", err=True)
    if not chosen:
        raise ConsumerError("there is nothing to replay: see `logsluice dead`")
    return chosen


def _send(settings: Settings, letters: Sequence[DeadLetter], rate: int) -> list[NotPublished]:
    """Send letters back, each batch marked before the next is sent; return what the broker refuses."""
    size = min(BATCH, rate)
    started = time.monotonic()
    refused: list[NotPublished] = []
    with progress() as shown:
        shown.step("sending letters back", len(letters))
        for start in range(0, len(letters), size):
            batch = [(each, replayed_letter(each)) for each in letters[start : start + size]]
            failed = publish_all(settings, [record for _, record in batch], DEADLINE_S)
            sent = [each for each, record in batch if all(record is not no.record for no in failed)]
            refused += failed
            if sent and publish_all(settings, [replay_marker(settings.dead_letter_topic, sent)], DEADLINE_S):
                raise BrokerError(
                    f"{count_of(len(sent))} sent back, and {settings.dead_letter_topic} takes no mark of it: grant "
                    "WRITE on it; until then another replay sends these again"
                )
            shown.reach(start + len(batch))
            time.sleep(max(0.0, (start + len(batch)) / rate - (time.monotonic() - started)))
    return refused
