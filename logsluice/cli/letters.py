"""``logsluice dead`` and ``logsluice replay``: look at dead letters, and send them back to where they came from."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
import msgspec
from confluent_kafka import Message
from rich.console import Console
from rich.progress import Progress

from consumer.errors import ConsumerError
from consumer.kafka.delivery import Delivery
from consumer.kafka.reader import TopicReader, require_topic
from consumer.records.decoding import UndecodableError, decoder
from consumer.records.incoming import headers_of
from consumer.records.outgoing import Headers, OutgoingRecord
from consumer.settings import Settings
from consumer.telemetry.health import Health
from files.terminal import printable

ATTEMPT_HEADER = "replay_attempt"
FLUSH_EVERY = 1_000
PATIENCE_S = 60
RECORD_CHARS = 20
"""What is shown of a record even where the terminal has no room for it."""
_AGO = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Letter(msgspec.Struct, frozen=True):
    """A dead letter: where it came from (``event_id``), why and when it died, and the record as it was.

    ``attempt`` is how often it has been replayed. One that is ``cut`` is no longer whole.
    """

    event_id: str
    topic: str
    reason: str
    error: str
    written: datetime
    attempt: int
    is_cut: bool
    headers: Headers
    message: Message


class Filter(msgspec.Struct, frozen=True):
    """Which letters are meant; what is empty or None does not narrow."""

    reasons: tuple[str, ...] = ()
    source: str | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def read_time(text: str | None) -> datetime | None:
    """Return the time that ``2h`` (two hours ago; s, m, h, d) or ISO 8601 names.

    Raises:
        click.BadParameter: it names none.
    """
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time: write 2h, 30m or 2026-01-31T12:00") from None


def list_letters(settings: Settings, wanted: Filter, limit: int, as_json: bool) -> None:
    """Print the newest dead letters, the newest last.

    Raises:
        BrokerError: the dead-letter topic cannot be read.
    """
    letters = sorted(_letters(settings, wanted), key=lambda letter: letter.written)
    counts = Counter(letter.reason for letter in letters)
    if as_json:
        for letter in letters[-limit:]:
            click.echo(msgspec.json.encode(_as_row(letter)).decode())
        return
    rows = [("event", "written", "reason", "replays", "record")]
    for letter in letters[-limit:]:
        written = letter.written.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        record = printable((letter.message.value() or b"").decode("utf-8", "replace"))
        rows.append((letter.event_id, written, letter.reason, str(letter.attempt), record))
    # Whole even where the terminal is too narrow: `dead show` takes the name of an event.
    widths = [max(map(len, column)) + 2 for column in list(zip(*rows, strict=True))[:-1]]
    left = max(Console().width - sum(widths), RECORD_CHARS)
    for *cells, record in rows:
        line = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        click.echo(line + (record if len(record) <= left else f"{record[: left - 1]}…"))
    shown = f", the newest {limit:,} shown" if len(letters) > limit else ""
    click.echo(f"{_count(len(letters))}{shown}: {_by_reason(counts)}", err=True)


def show_letter(settings: Settings, event_id: str) -> None:
    """Print all of the dead letter of an event.

    Raises:
        ConsumerError: there is none.
    """
    found = next((each for each in _letters(settings, Filter()) if each.event_id == event_id), None)
    if found is None:
        raise ConsumerError(f"there is no dead letter of {event_id}: see `logsluice dead`")
    value = found.message.value()
    for name, content in _as_row(found).items():
        if name != "value":
            click.echo(f"{name:<9} {printable(str(content), 2_000)}")
    for header, raw in found.headers:
        click.echo(f"header    {printable(header)}: {printable((raw or b'').decode('utf-8', 'replace'))}")
    click.echo("value     none, a tombstone" if value is None else f"value     {len(value):,} bytes:")
    click.echo(printable((value or b"").decode("utf-8", "replace"), 100_000))


def replay(
    settings: Settings, wanted: Filter, max_attempts: int, rate: int, dry_run: bool, yes: bool
) -> None:
    """Send dead letters back to the topics they came from.

    A letter that was replayed ``max_attempts`` times, and one that is not whole, stays where it is. All of them
    stay in the dead-letter topic: a second replay of the same ones sends them again.

    Raises:
        ConsumerError: nothing is there to replay, or it was not confirmed.
        BrokerError: the broker does not take them.
    """
    letters, spent, cut = [], 0, 0
    for letter in _letters(settings, wanted):
        if letter.is_cut:
            cut += 1
        elif letter.attempt >= max_attempts:
            spent += 1
        else:
            letters.append(letter)
    if spent:
        click.echo(f"{_count(spent)} left alone: replayed {max_attempts} times already", err=True)
    if cut:
        click.echo(f"{_count(cut)} left alone: only the first part was kept", err=True)
    if not letters:
        raise ConsumerError("there is nothing to replay: see `logsluice dead`")
    topics = Counter(letter.topic for letter in letters)
    where = ", ".join(f"{count:,} to {topic}" for topic, count in topics.most_common())
    click.echo(
        f"{_count(len(letters))}, {where}: {_by_reason(Counter(each.reason for each in letters))}", err=True
    )
    if dry_run:
        return
    if not yes and not click.confirm("Send them back?", default=False, err=True):
        raise ConsumerError("nothing was sent")
    for topic in topics:
        require_topic(settings, topic)
    _send(settings, letters, rate)
    click.echo(f"{_count(len(letters))} sent back", err=True)


def _send(settings: Settings, letters: list[Letter], rate: int) -> None:
    tried = iter(range(PATIENCE_S))
    delivery = Delivery(settings, Health(), lambda: next(tried, None) is None)
    started = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("replaying", total=len(letters))
        for number, letter in enumerate(letters, start=1):
            headers = [each for each in letter.headers if each[0] != ATTEMPT_HEADER]
            headers.append((ATTEMPT_HEADER, str(letter.attempt + 1).encode()))
            message = letter.message
            timestamp_ms = max(message.timestamp()[1], 0)
            delivery.send(OutgoingRecord(letter.topic, message.value(), message.key(), headers, timestamp_ms))
            if number % min(FLUSH_EVERY, rate) == 0 or number == len(letters):
                if delivery.flush():
                    raise ConsumerError(
                        f"{letter.topic} refuses records for their size: raise its max.message.bytes"
                    )
                progress.update(task, completed=number)
                time.sleep(max(0.0, number / rate - (time.monotonic() - started)))


def _letters(settings: Settings, wanted: Filter) -> Iterator[Letter]:
    """Yield the letters that are meant, of those that are there by now."""
    require_topic(settings, settings.dead_letter_topic)
    decode = decoder(settings.input_format, settings.source_field, settings.message_field)

    def source_of(message: Message) -> str | None:
        try:
            return decode(message.value()).source
        except UndecodableError:
            return None

    reader = TopicReader(settings, settings.dead_letter_topic)
    try:
        reader.start()
        while not reader.at_end:
            for message in reader.read(0.2):
                letter = _letter(message)
                if letter is None or not _is_meant(letter, wanted):
                    continue
                if wanted.source is None or source_of(message) == wanted.source:
                    yield letter
    finally:
        reader.close()


def _letter(message: Message) -> Letter | None:
    """Return the letter that a record is; None where it has not the headers of one."""
    headers = headers_of(message) or []
    place = max((place for place, (name, _) in enumerate(headers) if name == "reason"), default=None)
    if place is None:
        return None
    ours = {name: (value or b"").decode("utf-8", "replace") for name, value in headers[place:]}
    theirs = headers[:place]
    attempts = [value or b"" for name, value in theirs if name == ATTEMPT_HEADER]
    attempt = int(attempts[-1][:9]) if attempts and attempts[-1].isdigit() else 0
    written_ms = message.timestamp()[1]
    return Letter(
        event_id=f"{ours.get('topic')}-{ours.get('partition')}-{ours.get('offset')}",
        topic=ours.get("topic", ""),
        reason=ours["reason"],
        error=ours.get("error", ""),
        written=datetime.fromtimestamp(max(written_ms, 0) / 1000, UTC),
        attempt=attempt,
        is_cut="cut_from" in ours,
        headers=theirs,
        message=message,
    )


def _is_meant(letter: Letter, wanted: Filter) -> bool:
    return (
        (not wanted.reasons or letter.reason in wanted.reasons)
        and (wanted.topic is None or letter.topic == wanted.topic)
        and (wanted.since is None or letter.written >= wanted.since)
        and (wanted.until is None or letter.written < wanted.until)
    )


def _as_row(letter: Letter) -> dict[str, object]:
    value = letter.message.value()
    return {
        "event": letter.event_id,
        "reason": letter.reason,
        "error": letter.error,
        "written": letter.written.isoformat(),
        "replays": letter.attempt,
        "whole": not letter.is_cut,
        "value": None if value is None else value.decode("utf-8", "replace"),
    }


def _count(letters: int) -> str:
    return f"{letters:,} dead {'letter' if letters == 1 else 'letters'}"


def _by_reason(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common()) or "none"
