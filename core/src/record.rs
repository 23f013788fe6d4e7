//! Finds the message, the source and the severity in a JSON object, in one pass that validates all of it.
//!
//! What is plain is answered: an object whose members have names without escapes, and strings at the names that
//! count. Whatever else there is (`None`) is for the reference decoder in Python to take, or to refuse with a reason.
//! So the two can only differ where this module takes a record that the reference does not, or reads it otherwise.

use crate::json::Text;
use crate::members::each_member;
use crate::names::{Names, Role};
use crate::severity::{Severity, Vocabulary};

/// What a plain record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The message, not empty, where the record has one.
    pub message: Option<Text<'a>>,
    /// The source, not empty, where the record names one.
    pub source: Option<Text<'a>>,
    /// The error, not empty, where one goes with the message.
    pub error: Option<Text<'a>>,
    /// The severity.
    pub severity: Severity,
    /// Where the closing brace of the object is.
    pub end: usize,
}

/// The best that was found of a kind, and the ranks that were seen: two members of one name are for the reference.
#[derive(Clone, Copy, Default)]
pub(crate) struct Best<T> {
    pub(crate) found: Option<(usize, T)>,
    seen: u64,
}

impl<T: Copy> Best<T> {
    pub(crate) fn see(&mut self, rank: usize) -> Option<()> {
        let bit = 1_u64.checked_shl(u32::try_from(rank).ok()?)?;
        let is_new = self.seen & bit == 0;
        self.seen |= bit;
        is_new.then_some(())
    }

    pub(crate) fn put(&mut self, rank: usize, value: T) {
        if self.found.is_none_or(|(known, _)| rank < known) {
            self.found = Some((rank, value));
        }
    }
}

#[derive(Default)]
struct Findings<'a> {
    message: Best<Text<'a>>,
    source: Best<Text<'a>>,
    error: Best<Text<'a>>,
    severity: Best<Severity>,
    has_file: bool,
}

/// Return what a plain record holds, `None` for any other.
pub fn scan<'a>(value: &'a [u8], names: &Names) -> Option<Found<'a>> {
    std::str::from_utf8(value).ok()?;
    let mut findings = Findings::default();
    let end = each_member(value, |name, value, text| {
        for role in names.roles_of(name) {
            findings.take(*role, value, text, &names.vocabulary)?;
        }
        Some(())
    })?;
    if findings.source.found.is_none() && findings.has_file {
        return None;
    }
    Some(Found {
        message: findings.message.found.map(|(_, message)| message),
        source: findings.source.found.map(|(_, source)| source),
        error: findings.error.found.map(|(_, error)| error),
        severity: findings.severity.found.map_or(0, |(_, severity)| severity),
        end,
    })
}

impl<'a> Findings<'a> {
    /// Take a value for what its member is for; `text` is what it holds where it is a string.
    fn take(
        &mut self,
        role: Role,
        value: &[u8],
        text: Option<Text<'a>>,
        vocabulary: &Vocabulary,
    ) -> Option<()> {
        match role {
            Role::Odd => return None,
            Role::Outer if value[0] == b'{' => return None,
            Role::Outer => {}
            Role::File => self.has_file = true,
            Role::Message(rank) => {
                self.message.see(rank)?;
                match text {
                    Some(text) if !text.raw.is_empty() => self.message.put(rank, text),
                    None if value[0] == b'[' => return None, // of bytes, as journald writes what is no text
                    None if is_unbounded(value) => return None,
                    _ => {}
                }
            }
            Role::Error(rank) => {
                self.error.see(rank)?;
                match text {
                    Some(text) if !text.raw.is_empty() => self.error.put(rank, text),
                    None if value[0] == b'[' || is_unbounded(value) => return None,
                    _ => {}
                }
            }
            Role::Source(rank) => {
                self.source.see(rank)?;
                match text {
                    // A stream is no source, and containers may have a slash before their name.
                    Some(text) if matches!(text.raw, b"stdout" | b"stderr") || text.escaped => {
                        return None;
                    }
                    Some(text) if text.raw.starts_with(b"/") => return None,
                    Some(text) if !text.raw.is_empty() => self.source.put(rank, text),
                    None if is_number(value) => return None,
                    _ => {}
                }
            }
            Role::Severity(rank, is_otel) => {
                self.severity.see(rank)?;
                let severity = match text {
                    Some(text) if text.escaped => return None,
                    Some(text) => vocabulary.of_word(text.raw)?,
                    None if is_number(value) => vocabulary.of_number(value, is_otel)?,
                    None if value[0] == b'[' => return None, // it may hold a number that the reference cannot read
                    None => 0,
                };
                if severity != 0 {
                    self.severity.put(rank, severity);
                }
            }
        }
        Some(())
    }
}

fn is_number(value: &[u8]) -> bool {
    matches!(value[0], b'-' | b'0'..=b'9')
}

/// Return whether a value is a number that may be larger than the reference can read.
fn is_unbounded(value: &[u8]) -> bool {
    is_number(value) && (value.len() > 300 || value.iter().any(|byte| matches!(byte, b'e' | b'E')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: &[u8]) -> Option<(String, String, u8)> {
        let mut names = Names::default();
        names.add("log_message", Role::Message(0));
        names.add("source", Role::Source(0));
        names.add("message", Role::Message(1));
        names.add("level", Role::Severity(0, false));
        names.add("log", Role::Outer);
        names.add("path", Role::File);
        names.add("classification", Role::Odd);
        names.vocabulary.words.insert((*b"warn").into(), 5);
        names.vocabulary.numbers = vec![7, 7, 7, 6];
        let found = scan(value, &names)?;
        let text = |text: Text<'_>| String::from_utf8(text.resolved(&mut Vec::new()).to_vec());
        assert_eq!(value[found.end], b'}');
        let source = found.source.unwrap_or_default();
        Some((
            text(found.message?).ok()?,
            text(source).ok()?,
            found.severity,
        ))
    }

    #[test]
    fn plain_records_are_taken() {
        let value = br#" {"a":[1,-0.5e+3,{"b":null}], "source" : "s" , "log_message":"it is \u00e9 \/ \"now\""} "#;
        let expected = ("it is é / \"now\"".to_owned(), "s".to_owned(), 0);
        assert_eq!(found(value), Some(expected));
        let value = br#"{"message":"y","log_message":"x","log":"z","level":"WARN"}"#;
        assert_eq!(found(value), Some(("x".to_owned(), String::new(), 5)));
        let value = br#"{"message":"y","log_message":"","source":"","level":3}"#;
        assert_eq!(found(value), Some(("y".to_owned(), String::new(), 6)));
    }

    #[test]
    fn others_are_left_to_the_reference() {
        for value in [
            &br#"{"log_message":"x"} x"#[..],
            br#"{"log_message":"x","log_message":"y"}"#,
            br#"{"log_message":"x","classification":1}"#,
            br#"{"log_message":"x","\u0063lassification":1}"#,
            br#"{"log_message":"\ud83d"}"#,
            br#"{"log_message":"x","n":01}"#,
            br#"{"log_message":"x","n":1.}"#,
            br#"{"log_message":"x","n":[1,]}"#,
            br#"{"log_message":"x",}"#,
            br#"{"log_message":""}"#,
            br#"{"log_message":"x","log":{"level":"error"}}"#,
            br#"{"log_message":"x","level":"17"}"#,
            br#"{"log_message":"x","source":"stdout"}"#,
            br#"{"log_message":"x","source":7}"#,
            br#"{"log_message":["x"]}"#,
            br#"{"log_message":"x","path":"/var/log/x.log"}"#,
            br#"{"log_message":7}"#,
            br#"{"log_message":"x","message":1e999}"#,
            b"{\"log_message\":\"x\ty\"}",
            b"{\"log_message\":\"\xe9\"}",
            b"\xef\xbb\xbf{\"log_message\":\"x\"}",
            b"{}",
            b"[]",
            b"",
        ] {
            assert_eq!(found(value), None, "{}", String::from_utf8_lossy(value));
        }
    }
}
