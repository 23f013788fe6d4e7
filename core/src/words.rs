//! Words without which a pattern cannot match: few messages have them, and only those are looked at closer.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::cmp::Reverse;
use std::collections::BTreeSet;

type Words = BTreeSet<Vec<u8>>;

const MOST_EXACT: usize = 24;
const MOST_WORDS: usize = 128;
/// How many sets of words a pattern has at most.
pub const MOST_SETS: usize = 4;
/// The shortest word of a set but the best: to find shorter ones, which many texts have, takes longer than to match.
const LEAST_MORE: usize = 4;

/// Return sets of words. Every text that a pattern matches has one word of each set, whatever the case of its letters.
/// There may be no sets. The texts are plain (see `rules::is_plain`), and of digits have only zeroes.
pub fn required_words(pattern: &str) -> Vec<Vec<String>> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    let Ok(hir) = parser.parse(pattern) else {
        return Vec::new();
    };
    let needs = needs_of(&hir);
    let mut sets = needs.sets;
    sets.extend(needs.exact.filter(is_useful));
    sets.sort_by_key(|words| Reverse(value_of(words)));
    sets.truncate(MOST_SETS);
    let mut is_best = true;
    sets.retain(|words| {
        std::mem::take(&mut is_best) || words.iter().all(|word| word.len() >= LEAST_MORE)
    });
    sets.iter().map(without_longer).collect()
}

/// What a text has where a part of a pattern matches it.
#[derive(Default)]
struct Needs {
    /// All that the part matches, in lower case, where that is little.
    exact: Option<Words>,
    /// Sets of words, one of each is in whatever the part matches.
    sets: Vec<Words>,
}

fn needs_of(hir: &Hir) -> Needs {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => exactly(Words::from([Vec::new()])),
        HirKind::Literal(literal) => exactly(Words::from([literal.0.to_ascii_lowercase()])),
        HirKind::Class(class) => Needs {
            exact: characters(class),
            sets: Vec::new(),
        },
        HirKind::Capture(capture) => needs_of(&capture.sub),
        HirKind::Repetition(repetition) => {
            let mut needs = needs_of(&repetition.sub);
            match (repetition.min, repetition.max) {
                (1, Some(1)) => {}
                (0, Some(1)) => {
                    if let Some(exact) = &mut needs.exact {
                        exact.insert(Vec::new());
                    }
                    needs.sets.clear();
                }
                (0, _) => return Needs::default(),
                _ => needs.sets.extend(needs.exact.take().filter(is_useful)),
            }
            needs
        }
        HirKind::Concat(parts) => all_of(parts.iter().map(needs_of)),
        HirKind::Alternation(parts) => one_of(parts.iter().map(needs_of)),
    }
}

fn exactly(words: Words) -> Needs {
    Needs {
        exact: Some(words),
        sets: Vec::new(),
    }
}

/// Return the characters of a set, each as a word; of digits only the zero, and of letters only the small ones.
fn characters(class: &Class) -> Option<Words> {
    let Class::Bytes(class) = class else {
        return None;
    };
    let mut words = Words::new();
    for range in class.ranges() {
        for byte in range.start()..=range.end() {
            if byte.is_ascii() && !matches!(byte, b'1'..=b'9') {
                words.insert(vec![byte.to_ascii_lowercase()]);
            }
        }
    }
    (1..=MOST_EXACT).contains(&words.len()).then_some(words)
}

/// Join parts that follow each other: as long as each is exact, so are they together.
fn all_of(parts: impl Iterator<Item = Needs>) -> Needs {
    let mut together = Words::from([Vec::new()]);
    let mut is_exact = true;
    let mut sets = Vec::new();
    for part in parts {
        let joined = part
            .exact
            .as_ref()
            .and_then(|exact| product(&together, exact));
        if let Some(joined) = joined {
            together = joined;
            continue;
        }
        is_exact = false;
        let next = part.exact.unwrap_or_else(|| Words::from([Vec::new()]));
        sets.push(std::mem::replace(&mut together, next));
        sets.extend(part.sets);
    }
    if is_exact {
        return exactly(together);
    }
    sets.push(together);
    sets.retain(is_useful);
    Needs { exact: None, sets }
}

/// Join parts of which one is there.
fn one_of(parts: impl Iterator<Item = Needs>) -> Needs {
    let mut exact = Some(Words::new());
    let mut words = Some(Words::new());
    for part in parts {
        exact = exact
            .zip(part.exact.as_ref())
            .map(|(all, more)| &all | more);
        let best = part.sets.into_iter().chain(part.exact.filter(is_useful));
        words = words
            .zip(best.max_by_key(value_of))
            .map(|(all, more)| &all | &more);
    }
    Needs {
        exact: exact.filter(|all| all.len() <= MOST_EXACT),
        sets: words.into_iter().filter(is_useful).collect(),
    }
}

fn product(first: &Words, second: &Words) -> Option<Words> {
    (first.len() * second.len() <= MOST_EXACT).then(|| {
        let mut words = Words::new();
        for start in first {
            words.extend(second.iter().map(|end| [&start[..], end].concat()));
        }
        words
    })
}

/// Return how telling a set of words is: fewer texts have longer words.
fn value_of(words: &Words) -> (usize, Reverse<usize>) {
    let shortest = words.iter().map(Vec::len).min().unwrap_or(0);
    (shortest.min(6), Reverse(words.len()))
}

fn is_useful(words: &Words) -> bool {
    (1..=MOST_WORDS).contains(&words.len()) && words.iter().all(|word| is_telling(word))
}

/// Return whether a word is not in nearly every text.
fn is_telling(word: &[u8]) -> bool {
    word.len() > 1 || word.first().is_some_and(|byte| byte.is_ascii_punctuation())
}

/// Return words without those that hold another of them.
fn without_longer(words: &Words) -> Vec<String> {
    let holds_another = |word: &Vec<u8>| {
        words
            .iter()
            .any(|each| each.len() < word.len() && memchr::memmem::find(word, each).is_some())
    };
    words
        .iter()
        .filter(|word| !holds_another(word))
        .filter_map(|word| String::from_utf8(word.clone()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_that_is_matched_has_a_word_of_each_set() {
        for (pattern, expected) in [
            (
                r"(?i)\bcard (?:was )?(?:declined|refused)\b",
                &[&[
                    "card declined",
                    "card refused",
                    "card was declined",
                    "card was refused",
                ][..]][..],
            ),
            (
                r"exit(?:ed)? (?:with )?[0-9]{3} \w+ failure|died",
                &[&[" failure", "died"]],
            ),
            (r"x [^;]+; (?:y|z)+=.*end", &[&["end"]]),
            (r"status: [0-9]{3}", &[&["status: "]]),
            (r"\w+|failed", &[]),
            (r"(?:a longer one|one)+", &[&["one"]]),
            (
                r"fail(?:ed|ure) [^;]+; timeout",
                &[&["; timeout"], &["failed ", "failure "]],
            ),
        ] {
            assert_eq!(required_words(pattern), expected, "{pattern}");
        }
    }
}
