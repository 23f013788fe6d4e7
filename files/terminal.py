"""Log text on a terminal: shown, and unable to command it."""


def printable(text: str, longest: int = 300) -> str:
    """Return the start of a log line, unable to speak to the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text[:longest])
