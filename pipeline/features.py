"""What the encoder reads of a template: its identifiers split into the words they are made of."""

import re

_PARTS_OF_NAMES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINTS = re.compile(r"(?<=\w)[_.$/\\]+(?=\w)|(?<=\w)::(?=\w)")


def encoder_text(template: str) -> str:
    """Return a template with ``camelCase``, ``snake_case`` and ``dotted.names`` as words, placeholders bare.

    The encoder was trained on prose; ``relayoutWindow`` and ``block_manager`` mean little to it in one piece.
    """
    text = _PARTS_OF_NAMES.sub(" ", _JOINTS.sub(" ", template))
    return text.replace("<", " ").replace(">", " ")
