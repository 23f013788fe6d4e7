//! Patterns ready to match, by an automaton that makes its states when a text first reaches them.

use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;

/// Return a pattern that is asked whether it matches, and never where; `None` where it cannot be taken.
///
/// `unicode` says whether classes are those of Unicode. `states_bytes` is what the states may take: a pattern that needs
/// more makes them again and again, and then takes fifty times as long.
pub fn compiled(pattern: &str, unicode: bool, states_bytes: usize) -> Option<Regex> {
    let config = Config::new()
        // Searching for a word from the middle of a pattern first falls back to a machine that takes forty times as
        // long, where a text has the word and does not match.
        .auto_prefilter(false)
        .hybrid_cache_capacity(states_bytes)
        .which_captures(WhichCaptures::Implicit)
        .utf8_empty(false);
    Regex::builder()
        .configure(config)
        .syntax(syntax::Config::new().unicode(unicode).utf8(false))
        .build(pattern)
        .ok()
}
