"""Cleaning: what a terminal would not show is taken out of a message before it is judged.

Rules, templates and hence labels are then the same with colours and without them. The record that is published
keeps its bytes. Two properties hold for every text, and are tested: cleaning what is clean changes nothing,
and digits are alike: ``clean(text with every digit set to 0)`` is ``clean(text)`` with every digit set to 0.

Control sequences: ECMA-48, and xterm's list of what terminals understand
(https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
"""

import re

# What only the sight of a text needs: zero-width characters, marks of direction, variation selectors, tags,
# fillers. Joiners shape letters and emoji; a text means the same without them.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_CSI = r"(?:\x1b\[|\x9b(?=[0-?]|[mKJH]))[0-?]*+[ -/]*+"
_MOVE = re.compile(rf"{_CSI}[A-HSTdf`ae]")
_CONTROL = re.compile(
    rf"{_CSI}[@-~]?"
    # Strings end with BEL or ST. One that never ends hides nothing: only its start goes.
    r"|(?:\x1b\]|\x9d)(?:[^\x07\x1b\x9c\x9d]*(?:\x07|\x1b\\|\x9c))?"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])(?:[^\x1b\x9c\x90\x98\x9e\x9f]*(?:\x1b\\|\x9c))?"
    r"|\x1b(?:[#%()*+./-][0-~]|[0-9=>NOMDEHZc\\])?"
    r"|[^\x08\r\n\x1b]?\x08"  # overstruck, as bold and underlined text in manuals is
    rf"|[\x07\x0e\x0f\x80-\x84\x86-\x9a\x9c-\x9f{_INVISIBLE}]|\x9b"
)
# Sequences whose first character was written out by what logged or shipped the text: \x1b[, \u001b[, \033[,
# \e[, #033[, ^[[ and the picture of the key.
_WRITTEN_OUT = re.compile(
    r"(?:\\(?:x[0-9][bB]|u[0-9]{3}[bB]|u\{[0-9][bB]\}|[0-9]{2,3}|[eE])|#[0-9]{3}|\^\[|␛)\[[0-9;:]{0,40}[mKJ]"
)
_SUSPICIOUS = re.compile(rf"[\x07\x08\r\x0e\x0f\x1b\x80-\x84\x86-\x9f␛{_INVISIBLE}]")
_PROGRESS = re.compile(r"[0-9]\s?%|(?<![0-9])[0-9]+(?:\s?/\s?|\sof\s)[0-9]|[=#>.\u2588-\u2593-]{3}")
_WORD = re.compile(r"[^\W\d_]{3,}")


def clean(text: str) -> str:
    """Return a text without control sequences and invisible characters.

    Colours go without a trace, a move of the cursor leaves a space. Of a line that was drawn again after a
    carriage return (progress), what was drawn last stays.
    """
    if text.isascii() and text.isprintable():
        if "[" not in text or not _WRITTEN_OUT.search(text):
            return text
    elif not _SUSPICIOUS.search(text) and not _WRITTEN_OUT.search(text):
        return text
    text, moves = _MOVE.subn(" ", text)
    text = _CONTROL.sub("", text)
    if moves:
        text = text.strip(" ")
    if "\r" in text:
        text = "\n".join(map(_drawn_last, re.sub(r"(?<!\r)\r+\n", "\n", text).split("\n")))
    text = _WRITTEN_OUT.sub("", text)
    return _WRITTEN_OUT.sub(" ", text)  # one that came together just now; with a space it is the last


def _drawn_last(line: str) -> str:
    """Return a line as it stands at the end, and before it what was no earlier state of it.

    Whoever can write a carriage return into a log must not hide what stands before it: only progress goes,
    and what the end of the line says too.
    """
    *earlier, last = [part for part in line.split("\r") if part.strip()] or [""]
    if not earlier:
        return last
    said = set(_WORD.findall(last))
    kept = [part for part in earlier if not (_PROGRESS.search(part) or said.issuperset(_WORD.findall(part)))]
    return "\n".join([*kept, last])
