"""JSON: an object for each event, and everything that it holds kept."""

from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

import msgspec

from files.columns import MESSAGE_NAMES, SOURCE_NAMES, find, missing
from files.decoding import Text
from files.errors import InputFileError
from files.json_objects import Framer, Members, has_line_objects, member, members_of, text_of
from files.notes import Notes
from files.table import RESULT_COLUMNS, Columns, Format, Results, Row, kept_names
from pipeline.event import Event

_ENOUGH_ROWS = 100  # without a message, to say that there is none
_SHAPES = 1_000


class JsonTable:
    """JSON objects, in lines, in an array or one after the other; written as JSON Lines.

    What is no object stays, as the member ``unreadable``. A name may be a path into objects within, ``a.b.c``.
    """

    format: Format = "jsonl"

    def __init__(self, text: Text, columns: Columns, notes: Notes, name: str) -> None:
        self.notes = notes
        self._text = text
        self._columns = columns
        self._name = name
        self._members: list[str] = []
        self._names_of: dict[tuple[str, ...], tuple[list[str], str | None]] = {}
        self._in_lines = has_line_objects(text.start)

    def batches(self) -> Iterator[list[Row]]:
        """Yield the rows as they arrive.

        Raises:
            InputFileError: no row has a message; the sentence names the members found.
        """
        for pieces in self._lines() if self._in_lines else self._framed():
            batch = [row for text, line in pieces for row in self._rows(text, line)]
            if batch:
                if self.notes.without_message == self.notes.rows >= _ENOUGH_ROWS:
                    raise self._without_messages()
                yield batch
        if self.notes.rows and self.notes.without_message == self.notes.rows:
            raise self._without_messages()

    def cell(
        self, wanted: str | None, usual: Sequence[str], option: str, *, needed: bool
    ) -> Callable[[object], str] | None:
        """Return what reads another member of an object; nothing where an object does not have it."""

        def read(members: object) -> str:
            assert isinstance(members, dict)  # noqa: S101 - for mypy: it is what `batches` gave
            name = find(list(members), wanted, usual) or wanted
            return text_of(member(members, name)) if name is not None else ""

        return read

    def writer(self, output: TextIO) -> Callable[[object, Results], None]:
        """Return what writes an object with its results."""
        names_of: dict[tuple[str, ...], list[str]] = {}

        def write(members: object, results: Results) -> None:
            assert isinstance(members, dict)  # noqa: S101 - for mypy: it is what `batches` gave
            shape = tuple(members)
            names = names_of.get(shape)
            if names is None:
                if len(names_of) >= _SHAPES:
                    names_of.clear()
                names = names_of[shape] = kept_names(shape)
            labelled = dict(zip(names, members.values(), strict=True))
            labelled.update(zip(RESULT_COLUMNS, results, strict=True))
            output.write(msgspec.json.encode(labelled).decode() + "\n")

        return write

    def _lines(self) -> Iterator[list[tuple[str, int]]]:
        number = 1
        for lines in self._text.lines():
            yield [(line, place) for place, line in enumerate(lines, start=number) if line.strip()]
            number += len(lines)

    def _framed(self) -> Iterator[list[tuple[str, int]]]:
        framer = Framer()
        for text in self._text.chunks():
            self.notes.replaced_lines += text.count("\ufffd")
            yield [(piece, line) for piece, _, line in framer.feed(text)]
        yield [(piece, line) for piece, _, line in framer.feed("", final=True)]

    def _rows(self, text: str, line: int) -> Iterator[Row]:
        members = members_of(text)
        if members is not None:
            yield self._row(members, line)
            return
        pieces = list(Framer().feed(text, final=True)) if text.lstrip().startswith("{") else []
        found = [members_of(piece) for piece, _, _ in pieces]
        if found and None not in found:
            yield from (self._row(each, line) for each in found if each is not None)
            return
        self.notes.rows += 1
        self.notes.without_message += 1
        self.notes.unreadable_lines += 1
        yield Event("", ""), {"unreadable": msgspec.Raw(msgspec.json.encode(text.rstrip("\r\n")))}, line

    def _row(self, members: Members, line: int) -> Row:
        self._members = self._members or list(members)
        shape = tuple(members)
        names = self._names_of.get(shape)
        if names is None:
            if len(self._names_of) >= _SHAPES:
                self._names_of.clear()
            names = self._names_of[shape] = self._names(shape)
        message = next((text for name in names[0] if (text := text_of(member(members, name)))), "")
        source = text_of(member(members, names[1])) if names[1] is not None else ""
        self.notes.rows += 1
        if not message or message.isspace():
            self.notes.without_message += 1
        return Event(source, message), members, line

    def _names(self, shape: tuple[str, ...]) -> tuple[list[str], str | None]:
        """Return the members that may hold the message of an object, and the one that names its source."""
        wanted, source = self._columns.message, self._columns.source
        if wanted is not None:
            messages = [find(shape, wanted, ()) or wanted]
        else:
            found = (find(shape, name, ()) for name in MESSAGE_NAMES)
            messages = list(dict.fromkeys(name for name in found if name is not None))
        return messages, find(shape, source, SOURCE_NAMES) or source

    def _without_messages(self) -> InputFileError:
        if not self._members:
            return InputFileError(
                f"no line of {self._name} is a JSON object: name what it is with --format csv or text"
            )
        return missing(
            self._name, self._members, self._columns.message, MESSAGE_NAMES[:3], "--message-column"
        )
