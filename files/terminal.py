"""Log text on a terminal: shown, and unable to command it."""


def printable(text: str, longest: int = 300) -> str:
    """Return the start of a log line, with ``?`` for each character that a terminal would not just print."""
    return "".join(character if character.isprintable() else "?" for character in text[:longest])


def escaped(json: str) -> str:
    """Return JSON that means the same, with such characters written as escapes of four hexadecimal digits."""
    return "".join(each if each.isprintable() else _escape(each) for each in json)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
