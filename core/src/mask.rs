//! Templates of plain messages, by the patterns of the reference: those of `pipeline/masking.py`, in PCRE2.
//!
//! Both read the same patterns, which are written for Python's `re`. On printable ASCII PCRE2 means the same by them.

use crate::pattern;
use pcre2::bytes::{CaptureLocations, Regex as Pattern, RegexBuilder};
use regex_automata::meta::Regex;

/// What is put in the place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The value itself.
    Kept,
    /// A placeholder.
    Whole,
    /// The name of the value, and a placeholder.
    Keyed,
}

/// What the reference masks by.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// What all but the commonest values have, one of these at least: in the syntax that RE2 and Rust share.
    pub hints: Vec<String>,
    /// The commonest values, each kind as a group that has its name. A kind that is `Keyed` has its name in a group `…_key`.
    pub values: String,
    /// All values, in the same way.
    pub hinted: String,
    /// What is a secret wherever it stands, the name of a value included.
    pub tokens: String,
    /// The kinds with their placeholders.
    pub kinds: Vec<(String, Kind, String)>,
}

/// Masks messages.
pub struct Masker {
    hints: Vec<Regex>,
    values: Values,
    /// `None` where the pattern is longer than this PCRE2 takes: then what is hinted at is for the reference.
    hinted: Option<Values>,
    tokens: Pattern,
    text: Vec<u8>,
}

/// What is masked in a message.
struct Values {
    pattern: Pattern,
    /// For each group of the pattern what becomes of it; `None` for one that is part of another.
    forms: Vec<Option<Form>>,
    found: CaptureLocations,
}

struct Form {
    placeholder: Vec<u8>,
    kind: Kind,
    /// The group of the name.
    key: usize,
}

/// What the states of a hint may take.
const HINT_BYTES: usize = 8 << 20;
/// What the compiled patterns may use of the stack for one message; one that needs more is for the reference.
const STACK_BYTES: usize = 256 << 10;

impl Masker {
    /// Return a masker; `None` where a pattern cannot be taken over.
    pub fn new(patterns: &Patterns) -> Option<Self> {
        let hints = patterns.hints.iter();
        let hints = hints.map(|hint| pattern::compiled(hint, true, HINT_BYTES));
        Some(Self {
            hints: hints.collect::<Option<_>>()?,
            values: Values::new(&patterns.values, &patterns.kinds)?,
            hinted: Values::new(&patterns.hinted, &patterns.kinds),
            tokens: compiled(&patterns.tokens)?,
            text: Vec::new(),
        })
    }

    /// Take a message, and return whether it has a hint at more than the commonest values; `None` where the reference has to
    /// mask it.
    ///
    /// The message `is_plain`, and has its digits zeroed: which they are makes no difference to a template.
    pub fn read(&mut self, zeroed: &[u8]) -> Option<bool> {
        self.text.clear();
        for word in zeroed.split(u8::is_ascii_whitespace) {
            if !word.is_empty() {
                if !self.text.is_empty() {
                    self.text.push(b' ');
                }
                self.text.extend_from_slice(word);
            }
        }
        let text = &self.text[..];
        if memchr::memmem::find(text, b"-----END").is_some() {
            return None;
        }
        Some(self.hints.iter().any(|hint| hint.is_match(text)))
    }

    /// Put the template of the message that was read behind what is in `into`; `None` where the reference has to mask.
    pub fn push_template(&mut self, is_hinted: bool, into: &mut Vec<u8>) -> Option<()> {
        let values = if is_hinted {
            self.hinted.as_mut()?
        } else {
            &mut self.values
        };
        values.replace(&self.text, &self.tokens, into)
    }
}

impl Values {
    fn new(pattern: &str, kinds: &[(String, Kind, String)]) -> Option<Self> {
        let pattern = compiled(pattern)?;
        let names = pattern.capture_names();
        let group_of = |name: &str| names.iter().position(|each| each.as_deref() == Some(name));
        let mut forms: Vec<Option<Form>> = names.iter().map(|_| None).collect();
        for (name, kind, placeholder) in kinds {
            let Some(group) = group_of(name) else {
                continue; // a kind that is hinted at
            };
            let key = match kind {
                Kind::Keyed => group_of(&format!("{name}_key"))?,
                _ => 0,
            };
            forms[group] = Some(Form {
                placeholder: placeholder.clone().into(),
                kind: *kind,
                key,
            });
        }
        Some(Self {
            found: pattern.capture_locations(),
            pattern,
            forms,
        })
    }

    /// Put a text with its values replaced behind what is in `into`.
    fn replace(&mut self, text: &[u8], tokens: &Pattern, into: &mut Vec<u8>) -> Option<()> {
        let mut place = 0;
        while let Some(found) = self
            .pattern
            .captures_read_at(&mut self.found, text, place)
            .ok()?
        {
            into.extend_from_slice(&text[place..found.start()]);
            place = found.end();
            if place == found.start() {
                return None; // no pattern matches nothing
            }
            let mut groups = self.forms.iter().enumerate();
            let form = groups.find_map(|(group, form)| {
                form.as_ref().filter(|_| self.found.get(group).is_some())
            })?;
            match form.kind {
                Kind::Kept => into.extend_from_slice(found.as_bytes()),
                Kind::Whole => into.extend_from_slice(&form.placeholder),
                Kind::Keyed => {
                    let (start, end) = self.found.get(form.key)?;
                    let key = &text[start..end];
                    if !tokens.is_match(key).ok()? {
                        push_without_digits(key, into);
                    }
                    into.extend_from_slice(&form.placeholder);
                }
            }
        }
        into.extend_from_slice(&text[place..]);
        Some(())
    }
}

fn compiled(pattern: &str) -> Option<Pattern> {
    RegexBuilder::new()
        .jit_if_available(true)
        .max_jit_stack_size(Some(STACK_BYTES))
        .build(pattern)
        .ok()
}

fn push_without_digits(text: &[u8], into: &mut Vec<u8>) {
    let mut before = b' ';
    for &byte in text {
        if !byte.is_ascii_digit() {
            into.push(byte);
        } else if !before.is_ascii_digit() {
            into.extend_from_slice(b"<num>");
        }
        before = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(message: &str) -> Option<String> {
        let kinds = [
            ("keep", Kind::Kept, ""),
            ("user", Kind::Keyed, "<user>"),
            ("num", Kind::Whole, "<num>"),
            ("elsewhere", Kind::Whole, "<num>"),
            ("secret", Kind::Keyed, "<secret>"),
        ];
        let values = r"(?P<user>(?P<user_key>\w+=)\w++)|(?P<keep><num>)|(?<![.])(?P<num>\d+)";
        let mut masker = Masker::new(&Patterns {
            hints: vec!["(?i:secret)".to_owned()],
            values: values.to_owned(),
            hinted: format!(r"(?P<secret>(?P<secret_key>(?i:secret)\d?=)\w+)|{values}"),
            tokens: "sk-".to_owned(),
            kinds: kinds
                .map(|(name, kind, placeholder)| (name.to_owned(), kind, placeholder.to_owned()))
                .into(),
        })?;
        let mut template = Vec::new();
        let is_hinted = masker.read(message.as_bytes())?;
        masker.push_template(is_hinted, &mut template)?;
        String::from_utf8(template).ok()
    }

    #[test]
    fn values_are_replaced_and_what_ends_a_key_is_left_to_the_reference() {
        for (message, expected) in [
            ("", Some("")),
            (" up  in\t00 s\n", Some("up in <num> s")),
            (
                "<num> is kept, u00x0=bob is not",
                Some("<num> is kept, u<num>x<num>=<user> is not"),
            ),
            ("none here .0", Some("none here .0")),
            ("a Secret 0", Some("a Secret <num>")),
            ("a Secret0=x0 b", Some("a Secret<num>=<secret> b")),
            ("-----END 0", None),
        ] {
            assert_eq!(masked(message).as_deref(), expected, "{message}");
        }
    }
}
