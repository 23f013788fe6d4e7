//! What Python hands over when it makes a core, and what is made of it.

use crate::made::Named;
use crate::mask::{Kind, Patterns};
use crate::names::{Names, Role};
use crate::rules::{Rule, Rules};
use crate::severity::Vocabulary;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Hints, the patterns of the commonest values, of all values and of secrets, and the kinds: names, how they are masked,
/// placeholders.
pub type MaskingArguments = (
    Vec<String>,
    String,
    String,
    String,
    Vec<(String, String, String)>,
);
/// Names of members, what each is for, and its rank.
pub type Members = Vec<(String, String, usize)>;
/// Members of messages that hold another, those of which a message is made, and the patterns of logfmt.
pub type InnerArguments = (Members, Named, String, String);
/// Source, severities, relaxed pattern, exact pattern where it is another one.
pub type RuleArguments = (Option<String>, Option<u32>, Option<String>, Option<String>);

/// Return the names of members that count.
pub fn names_of(members: &Members, vocabulary: Vocabulary) -> PyResult<Names> {
    let mut names = Names::default();
    for (name, kind, rank) in members {
        let role = match kind.as_str() {
            "message" => Role::Message(*rank),
            "source" => Role::Source(*rank),
            "severity" => Role::Severity(*rank, false),
            "otel_severity" => Role::Severity(*rank, true),
            "error" => Role::Error(*rank),
            "file" => Role::File,
            "outer" => Role::Outer,
            "odd" => Role::Odd,
            _ => return Err(PyValueError::new_err(format!("no member is for {kind:?}"))),
        };
        names.add(name, role);
    }
    names.vocabulary = vocabulary;
    Ok(names)
}

/// Return rules ready to match.
pub fn rules_of(rules: Vec<RuleArguments>) -> Rules {
    let rules: Vec<_> = rules
        .into_iter()
        .map(|(source, severities, relaxed, exact)| Rule {
            source,
            severities,
            relaxed,
            exact,
        })
        .collect();
    Rules::new(&rules)
}

/// Return what the reference masks by.
pub fn patterns_of(arguments: MaskingArguments) -> PyResult<Patterns> {
    let (hints, values, hinted, tokens, kinds) = arguments;
    let kinds = kinds.into_iter().map(|(name, kind, placeholder)| {
        let kind = match kind.as_str() {
            "kept" => Kind::Kept,
            "whole" => Kind::Whole,
            "keyed" => Kind::Keyed,
            _ => {
                return Err(PyValueError::new_err(format!(
                    "no value is masked {kind:?}"
                )));
            }
        };
        Ok((name, kind, placeholder))
    });
    Ok(Patterns {
        hints,
        values,
        hinted,
        tokens,
        kinds: kinds.collect::<PyResult<_>>()?,
    })
}
