//! Rules: which of them match a message. Most messages are seen to match none by the words that they lack.

use crate::cache::RuleId;
use crate::re2;
use crate::severity::Severity;
use crate::words::required_words;
use aho_corasick::AhoCorasick;
use hashbrown::HashMap;
use regex_automata::meta::Regex;
use std::sync::OnceLock;

/// An event, as rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Who wrote it.
    pub source: &'a [u8],
    /// What was written.
    pub message: &'a [u8],
    /// How severe it is by its sender's word.
    pub severity: Severity,
}

/// A rule as the bundle has it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The only source whose events it is for.
    pub source: Option<String>,
    /// The severities of the events that it is for, a bit for each; `None` for all.
    pub severities: Option<u32>,
    /// The pattern for messages whose digits are zeroed, in RE2's syntax; `None` where there is none.
    pub relaxed: Option<String>,
    /// The pattern for messages as they are, where that is another one.
    pub exact: Option<String>,
}

/// The rules of a bundle, ready to match.
#[derive(Debug, Default)]
pub struct Rules {
    sources: Vec<Option<Box<[u8]>>>,
    severities: Vec<Option<u32>>,
    exact: Vec<Option<(String, Compiled)>>,
    relaxed: Vec<Option<String>>,
    search: OnceLock<Option<Search>>,
}

/// How many rules are looked at without asking for memory.
const FEW: usize = 512;

/// A pattern that is compiled when it is needed; `None` where it cannot be taken over.
type Compiled = OnceLock<Option<Regex>>;

/// What is searched for on zeroed messages.
#[derive(Debug)]
struct Search {
    patterns: Vec<Option<(String, Compiled)>>,
    always: Vec<RuleId>,
    words: AhoCorasick,
    /// For each word the rules that need it, and in which of their sets it is, as a bit.
    by_word: Vec<Vec<(RuleId, u8)>>,
    /// For each rule the bits of its sets.
    needed: Vec<u8>,
}

impl Rules {
    /// Return rules ready to match; those that cannot be taken over make `candidates` answer `None`.
    pub fn new(rules: &[Rule]) -> Self {
        Self {
            sources: rules
                .iter()
                .map(|rule| rule.source.as_ref().map(|each| each.as_bytes().into()))
                .collect(),
            severities: rules.iter().map(|rule| rule.severities).collect(),
            exact: rules
                .iter()
                .map(|rule| Some((rule.exact.clone()?, OnceLock::new())))
                .collect(),
            relaxed: rules.iter().map(|rule| rule.relaxed.clone()).collect(),
            search: OnceLock::new(),
        }
    }

    /// Return the places of the rules that may match, of a message that `is_plain` and has its digits zeroed.
    pub fn candidates(&self, zeroed: &[u8]) -> Option<Box<[RuleId]>> {
        let search = self.search.get_or_init(|| Search::new(&self.relaxed));
        search.as_ref()?.candidates(zeroed)
    }

    /// Return the first of the candidates that matches an event, if any does; `None` where the reference has to say.
    pub fn first_of(&self, candidates: &[RuleId], event: Event<'_>) -> Option<Option<RuleId>> {
        for &place in candidates {
            let rule = usize::from(place);
            let source = self.sources.get(rule)?;
            if source.as_ref().is_some_and(|each| **each != *event.source) {
                continue;
            }
            if self.severities[rule].is_some_and(|each| each & 1 << event.severity == 0) {
                continue;
            }
            let Some((pattern, compiled)) = &self.exact[rule] else {
                return Some(Some(place));
            };
            if !is_plain(event.message) {
                return None;
            }
            let compiled = compiled.get_or_init(|| re2::compiled(pattern));
            if compiled.as_ref()?.is_match(event.message) {
                return Some(Some(place));
            }
        }
        Some(None)
    }
}

impl Search {
    fn new(rules: &[Option<String>]) -> Option<Self> {
        let mut patterns = Vec::with_capacity(rules.len());
        let mut always = Vec::new();
        let mut needed = Vec::with_capacity(rules.len());
        let mut words: HashMap<String, Vec<(RuleId, u8)>> = HashMap::new();
        for (place, relaxed) in rules.iter().enumerate() {
            let place = RuleId::try_from(place).ok()?;
            let mut sets = Vec::new();
            if let Some(relaxed) = relaxed {
                sets = required_words(&re2::translated(relaxed)?);
                patterns.push(Some((relaxed.clone(), OnceLock::new())));
            } else {
                patterns.push(None);
            }
            if sets.is_empty() {
                always.push(place);
            }
            needed.push((1 << sets.len()) - 1);
            for (number, set) in sets.into_iter().enumerate() {
                for word in set {
                    words.entry(word).or_default().push((place, 1 << number));
                }
            }
        }
        let (words, by_word): (Vec<_>, Vec<_>) = words.into_iter().unzip();
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(aho_corasick::AhoCorasickKind::DFA))
            .build(words)
            .ok()?;
        Some(Self {
            patterns,
            always,
            words,
            by_word,
            needed,
        })
    }

    fn candidates(&self, zeroed: &[u8]) -> Option<Box<[RuleId]>> {
        let mut few = [0_u8; FEW];
        let mut many = Vec::new();
        let found = match few.get_mut(..self.needed.len()) {
            Some(found) => found,
            None => {
                many.resize(self.needed.len(), 0);
                &mut many[..]
            }
        };
        let mut places = self.always.clone();
        for word in self.words.find_overlapping_iter(zeroed) {
            for &(place, bit) in &self.by_word[word.pattern().as_usize()] {
                let bits = &mut found[usize::from(place)];
                if *bits & bit == 0 {
                    *bits |= bit;
                    if *bits == self.needed[usize::from(place)] {
                        places.push(place);
                    }
                }
            }
        }
        places.sort_unstable();
        let mut is_known = true;
        places.retain(|place| match &self.patterns[usize::from(*place)] {
            None => true,
            Some((pattern, compiled)) => {
                let compiled = compiled.get_or_init(|| re2::compiled(pattern)).as_ref();
                is_known &= compiled.is_some();
                compiled.is_some_and(|compiled| compiled.is_match(zeroed))
            }
        });
        is_known.then(|| places.into())
    }
}

/// Return whether a text is of printable ASCII, tabs and line feeds, and surely has nothing that cleaning takes out.
pub fn is_plain(text: &[u8]) -> bool {
    let is_readable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n');
    // Colours that are written out (`\x1b[31m`, `\u{1b}[m`, `#033[0m`, `^[[m`) have one of these signs close before the bracket.
    let is_coloured = |bracket: usize| {
        let before = &text[bracket.saturating_sub(LONGEST_ESCAPE)..bracket];
        memchr::memchr3(b'\\', b'#', b'^', before).is_some()
    };
    text.iter().all(is_readable) && !memchr::memchr_iter(b'[', text).any(is_coloured)
}

/// How long what comes before the bracket of a colour is at most: `\u001b`.
const LONGEST_ESCAPE: usize = 6;
