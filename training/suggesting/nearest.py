"""What a rule must not match: of all messages with another label those that are nearest to it."""

import re
from collections.abc import Sequence

from training.suggesting.covering import Covered
from training.suggesting.samples import sample_message
from training.suggesting.seen import Known, Seen

NEAREST = 2
_WORD = re.compile(r"[^\W\d_]{2,}")


class Nearest:
    """Finds the messages with another label that share most words with a rule, and then with its example."""

    def __init__(self, seen: Sequence[Seen], corpus: Sequence[Known]) -> None:
        self._seen = seen
        self._corpus = corpus
        self._labels = [*((each.label or each.now) for each in seen), *(each.label for each in corpus)]
        self._words: list[frozenset[str]] = []
        self._with_word: dict[str, list[int]] = {}

    def to(self, rule: Covered, example: str) -> tuple[str, ...]:
        """Return the messages nearest to a rule that takes an example; none that shares no word with it."""
        if not self._words:
            self._index()
        own = frozenset(_words(" ".join(rule.candidate.texts)))
        whole = frozenset(_words(example))
        found = {
            place
            for word in own
            for place in self._with_word.get(word, ())
            if self._labels[place] not in ("", rule.candidate.label)
        }
        best = sorted(found, key=lambda place: self._rank(place, own, whole))
        messages = dict.fromkeys(map(self._message, best[: 4 * NEAREST]))
        return tuple(messages)[:NEAREST]

    def _rank(self, place: int, own: frozenset[str], whole: frozenset[str]) -> tuple[float, float, int]:
        words = self._words[place]
        return -len(own & words), -len(whole & words) / len(whole | words), place

    def _message(self, place: int) -> str:
        if place < len(self._seen):
            return sample_message(self._seen[place].template)
        return self._corpus[place - len(self._seen)].message

    def _index(self) -> None:
        texts = [*(each.template for each in self._seen), *(each.template for each in self._corpus)]
        for place, text in enumerate(texts):
            words = frozenset(_words(text))
            self._words.append(words)
            for word in words:
                self._with_word.setdefault(word, []).append(place)


def _words(text: str) -> list[str]:
    return _WORD.findall(re.sub("<[a-z_]+>", " ", text).lower())
