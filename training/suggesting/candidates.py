"""Which words stand together in templates of one label alone: every run and every pair, counted at once."""

from collections.abc import Iterator, Sequence
from itertools import count

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.verdict import UNCLASSIFIED
from training.suggesting.seen import Known, Seen
from training.suggesting.shapes import MASK, is_edge, words_of

MOST_WORDS, MOST_APART = 6, 8
"""Words of a run, masks included, and how far from one another the words of a pair stand, in words."""
LEAST_LETTERS = 8
NEARLY_WHOLE = 0.8
_MOST_BETWEEN = 8  # characters between two words of a run
_MIX = np.uint64(0x9E3779B97F4A7C15)
Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


class Candidate(msgspec.Struct, frozen=True):
    """Words that stand together: a run of them, or two of them with others between.

    ``texts`` are the parts of a template that they are. ``templates`` of those seen have them, with ``events``;
    ``corpus`` rows of the corpus have them too, all of the same label.
    """

    texts: tuple[str, ...]
    label: str
    templates: int
    events: int
    corpus: int


def candidates(seen: Sequence[Seen], corpus: Sequence[Known], most: int) -> list[Candidate]:
    """Return what stands in templates of one label alone, that of most events first, ``most`` at the most.

    Of those that the same templates have, one is returned.
    """
    table = _Table(seen, corpus)
    found: dict[int, tuple[tuple[int, ...], Candidate]] = {}
    for hashes, places, width, is_pair in table.groups():
        for signature, rank, candidate in table.pure(hashes, places, width, is_pair):
            known = found.get(signature)
            if known is None or rank > known[0]:
                found[signature] = (rank, candidate)
    ranked = sorted(
        (candidate for _, candidate in found.values()), key=lambda each: (-each.events, each.texts)
    )
    return ranked[:most]


class _Table:
    """Every word of every template in one row of numbers."""

    def __init__(self, seen: Sequence[Seen], corpus: Sequence[Known]) -> None:
        self._templates = [*(each.template for each in seen), *(each.template for each in corpus)]
        labels = [*(each.label for each in seen), *(each.label for each in corpus)]
        self._labels = sorted({label for label in labels if label})
        codes = {"": -1, **{label: code for code, label in enumerate(self._labels)}}
        self._label = np.array([codes[label] for label in labels], dtype=np.int64)
        self._events = np.array([each.events for each in seen] + [0] * len(corpus), dtype=np.int64)
        # A template counts once as evidence, from however many sources it is, or with however many rules.
        first = {each.template: place for place, each in reversed([*enumerate(seen)]) if each.label}
        self._is_evidence = np.zeros(len(labels), dtype=bool)
        self._is_evidence[[*first.values()]] = True
        self._is_corpus = np.arange(len(labels)) >= len(seen)
        numbers: dict[str, int] = {}
        edges: list[bool] = []
        letters: list[int] = []
        between: dict[str, int] = {}
        plain: list[bool] = []
        words: list[int] = []
        gaps: list[int] = []
        owner: list[int] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        for place, template in enumerate(self._templates):
            texts, spans = words_of(template)
            for text in texts:
                number = numbers.setdefault(text, len(numbers))
                if number == len(edges):
                    edges.append(is_edge(text))
                    letters.append(sum(map(str.isalpha, MASK.sub("", text))))
                words.append(number)
            owner += [place] * len(texts)
            for (_, end), (start, _) in zip(spans, (*spans[1:], (10**9, 0)), strict=False):
                text = template[end:start] if start < 10**9 else "\n"
                number = between.setdefault(text, len(between))
                if number == len(plain):
                    plain.append(len(text) <= _MOST_BETWEEN and text.isprintable())
                gaps.append(number)
            self._starts += [start for start, _ in spans]
            self._ends += [end for _, end in spans]
        self._owner = np.array(owner, dtype=np.int64)
        self._word = np.array(words, dtype=np.uint64)
        self._gap = np.array(gaps, dtype=np.uint64)
        self._edge = np.array(edges, dtype=bool)[words] if words else np.zeros(0, dtype=bool)
        self._letters = np.array(letters, dtype=np.int64)[words] if words else np.zeros(0, dtype=np.int64)
        self._letters_before = np.r_[0, np.cumsum(self._letters)]
        self._letters_of = np.bincount(self._owner, self._letters, len(labels)).astype(np.int64)
        self._plain = np.array(plain, dtype=bool)[gaps] if gaps else np.zeros(0, dtype=bool)
        generator = np.random.default_rng(1)
        self._sign = generator.integers(1, 1 << 62, len(labels), dtype=np.int64).astype(np.uint64)
        self._sign[self._is_corpus] = 0

    def groups(self) -> Iterator[tuple[Hashes, Places, int, bool]]:
        """Yield hashes of the words that stand together at places, with their width in words, runs and then pairs."""
        hashes = _mixed(self._word + np.uint64(1))
        whole = np.ones(len(hashes), dtype=bool)
        total = len(hashes)
        for width in count(1):
            if width > 1:
                last = total - width + 1
                if last <= 0:
                    break
                whole = whole[:last] & self._plain[width - 2 : width - 2 + last]
                whole &= self._owner[:last] == self._owner[width - 1 :]
                hashes = _mixed(hashes[:last] * _MIX + self._gap[width - 2 : width - 2 + last])
                hashes = _mixed(hashes * _MIX + self._word[width - 1 :])
            good = whole & self._edge[: len(whole)] & self._edge[width - 1 :]
            places = np.flatnonzero(good)
            yield hashes[places], places, width, False
            if width == MOST_WORDS:
                break
        first = _mixed(self._word + np.uint64(1))
        for width in range(3, MOST_APART + 2):
            last = total - width + 1
            if last <= 0:
                break
            good = (
                (self._owner[:last] == self._owner[width - 1 :]) & self._edge[:last] & self._edge[width - 1 :]
            )
            places = np.flatnonzero(good)
            # The same pair at another distance is the same rule: their counts are those of each distance.
            yield _mixed(first[places] * _MIX + self._word[places + width - 1]), places, width, True

    def pure(
        self, hashes: Hashes, places: Places, width: int, is_pair: bool
    ) -> Iterator[tuple[int, tuple[int, ...], Candidate]]:
        """Yield what has one label, with the signature of its templates, and how good it is among those of the same."""
        if not len(hashes):
            return
        order = np.argsort(hashes, kind="stable")
        hashes, places = hashes[order], places[order]
        owner = self._owner[places]
        new_group = np.r_[True, hashes[1:] != hashes[:-1]]
        once = new_group | np.r_[True, owner[1:] != owner[:-1]]
        hashes, places, owner = hashes[once], places[once], owner[once]
        starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
        label = self._label[owner]
        is_corpus = self._is_corpus[owner]
        highest = np.maximum.reduceat(label, starts)
        lowest = np.minimum.reduceat(np.where(label < 0, 1 << 40, label), starts)
        labelled = np.add.reduceat(self._is_evidence[owner].astype(np.int64), starts)
        agreeing = np.add.reduceat(is_corpus.astype(np.int64), starts)
        events = np.add.reduceat(self._events[owner], starts)
        signature = np.add.reduceat(self._sign[owner], starts)
        first, last = places[starts], places[starts] + width - 1
        if is_pair:
            letters = self._letters[first] + self._letters[last]
        else:
            letters = self._letters_before[last + 1] - self._letters_before[first]
        share = letters / np.maximum(self._letters_of[owner[starts]], 1)
        good = (highest == lowest) & (labelled > 0)
        good &= has_evidence(labelled, agreeing, letters, share, width)
        for group in np.flatnonzero(good):
            name = self._labels[highest[group]]
            if name == UNCLASSIFIED:
                continue
            candidate = Candidate(
                self._texts(int(first[group]), width, is_pair),
                name,
                int(labelled[group]),
                int(events[group]),
                int(agreeing[group]),
            )
            rank = (min(candidate.corpus, 1), not is_pair, int(letters[group]))
            yield int(signature[group]), rank, candidate

    def _texts(self, place: int, width: int, is_pair: bool) -> tuple[str, ...]:
        template = self._templates[self._owner[place]]
        last = place + width - 1
        if is_pair:
            return template[self._starts[place] : self._ends[place]], template[
                self._starts[last] : self._ends[last]
            ]
        return (template[self._starts[place] : self._ends[last]],)


def has_evidence(
    templates: Places, corpus: Places, letters: Places, share: npt.NDArray[np.float64], width: int
) -> npt.NDArray[np.bool_]:
    """Return of words that stand together whether there is evidence enough that they mean a label wherever they stand.

    Words that recur in three templates may be a habit of one system, but they are a habit; a single word may be a
    name. Two templates are enough where the corpus agrees, and one where several rows of the corpus do. Else the words
    must be nearly all that a template has: then the rule says no more than that template's label. ``share`` is that of
    the template's ``letters``, ``width`` the number of words.
    """
    recurring = (templates >= 3) & (width > 1)
    agreed = ((templates >= 2) & (corpus >= 1)) | (corpus >= 3)
    return (letters >= LEAST_LETTERS) & (recurring | agreed | (share >= NEARLY_WHOLE))


def _mixed(values: Hashes) -> Hashes:
    values = values ^ (values >> np.uint64(31))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    return values ^ (values >> np.uint64(29))
