"""JSON objects out of text: one on each line, one after the other over many lines, or in an array."""

import json
import re
from collections.abc import Iterator

import msgspec

Members = dict[str, msgspec.Raw]
"""The members of an object, each as it was written."""

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*+(?P<end>"|\n|$)?|[{}]', re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"')
_MOST_CHARS = 4 << 20
_decode = msgspec.json.Decoder(Members).decode


def members_of(text: str) -> Members | None:
    """Return the members of the one object that a text is, None if it is not one."""
    try:
        data = text.encode()
        # Written again, an object has a line of its own.
        return _decode(msgspec.json.format(data, indent=-1) if "\n" in text.strip() else data)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        pass
    try:
        # Python's own reader is slower, and takes halves of surrogate pairs, NaN and line ends in strings.
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {name: msgspec.Raw(json.dumps(value).encode()) for name, value in found.items()}


def text_of(value: msgspec.Raw | None) -> str:
    """Return a JSON string, or whatever else as it is written; nothing for null."""
    written = b"null" if value is None else bytes(value)
    if written[:1] == b'"':
        try:
            return msgspec.json.decode(written, type=str)
        except msgspec.MsgspecError:
            return str(json.loads(written)).encode("utf-8", "replace").decode()
    return "" if written == b"null" else written.decode("utf-8", "replace")


def member(members: Members, path: str) -> msgspec.Raw | None:
    """Return a member by its name, or by a path into objects within, ``a.b.c``; None if there is none."""
    found = members.get(path)
    if found is None and "." in path:
        head, _, rest = path.partition(".")
        inside = members.get(head)
        within = members_of(bytes(inside).decode("utf-8", "replace")) if inside is not None else None
        found = member(within, rest) if within is not None else None
    return found


def has_line_objects(start: str) -> bool:
    """Return whether a text that begins with JSON has an object on each line, rather than over several."""
    lines = [line for line in start.splitlines() if line.strip()][:2]
    if not lines or not lines[0].lstrip().startswith("{"):
        return not lines or not lines[0].lstrip().startswith("[")
    if members_of(lines[0]) is not None or (len(lines) > 1 and members_of(lines[1]) is not None):
        return True
    bare = _STRING.sub("", lines[0])
    return '"' in bare or bare.count("{") <= bare.count("}")


class Framer:
    """Cuts objects out of text that comes in pieces.

    What stands between objects is passed over where it is a comma, the brackets of an array or white space, and
    given back as it is where it is anything else.
    """

    def __init__(self) -> None:
        self.line = 1
        self._text = ""
        self._at = 0  # up to where tokens have been read
        self._from = 0  # where the object at hand begins, or what stands before the next
        self._depth = 0

    def feed(self, text: str, *, final: bool = False) -> Iterator[tuple[str, bool, int]]:
        """Yield each text that is complete, whether it is framed as an object, and the line it begins on."""
        self._text = self._text[self._from :] + text
        self._at -= self._from
        self._from = 0
        while token := _TOKEN.search(self._text, self._at):
            if token["end"] == "" and not final:
                break  # a string may go on in the next piece
            self._at = token.end()
            if token[0] == "{":
                if self._depth == 0:
                    yield from self._between(token.start())
                self._depth += 1
            elif token[0] == "}" and self._depth:
                self._depth -= 1
                if self._depth == 0:
                    yield self._cut(self._at)
        else:
            self._at = len(self._text)
        if final or len(self._text) > _MOST_CHARS:
            self._depth = 0
            yield from self._between(len(self._text))

    def _between(self, end: int) -> Iterator[tuple[str, bool, int]]:
        text, _, line = self._cut(end)
        for number, part in enumerate(text.splitlines()):
            if part.strip(" \t\r\n,[]"):
                yield part, False, line + number

    def _cut(self, end: int) -> tuple[str, bool, int]:
        text, line = self._text[self._from : end], self.line
        self.line += text.count("\n")
        self._from = end
        return text, True, line
