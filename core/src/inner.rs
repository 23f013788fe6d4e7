//! Messages in which there is another message, in JSON or logfmt: that one is what is classified.

use crate::made::Made;
use crate::names::{Names, Role};
use crate::record::{Best, scan};
use crate::rules::is_plain;
use crate::severity::Severity;
use pcre2::bytes::{Regex, RegexBuilder};

/// A longer message is for the reference to take apart.
const LONGEST: usize = 16_384;

/// Takes messages apart.
pub struct Inner {
    names: Names,
    /// What makes a message of an object that has none.
    made: Made,
    /// With what logfmt starts.
    start: Regex,
    /// A pair of it: the name, and its value in quotes or without.
    pair: Regex,
}

impl Inner {
    /// Return what takes messages apart by the names in them and the patterns of the reference; `None` where these cannot
    /// be taken over.
    pub fn new(names: Names, made: Made, start: &str, pair: &str) -> Option<Self> {
        let compiled = |pattern: &str| RegexBuilder::new().jit_if_available(true).build(pattern);
        Some(Self {
            names,
            made,
            start: compiled(&format!(r"\A(?:{start})")).ok()?,
            pair: compiled(pair).ok()?,
        })
    }

    /// Put the part of a message that is classified into `into`, and return how severe it is by its own word; `None` where
    /// the reference has to say.
    pub fn own_part(&self, message: &[u8], into: &mut Vec<u8>) -> Option<Severity> {
        into.clear();
        let message = without_line_end(message);
        if message.len() > LONGEST || is_numbered(message) {
            return None;
        }
        if message.first() == Some(&b'{') {
            let found = scan(message, &self.names)?;
            let Some(own) = found.message else {
                self.made.push(message, into)?;
                if into.is_empty() {
                    into.extend_from_slice(message);
                }
                return Some(found.severity);
            };
            let (mut room, mut error) = (Vec::new(), Vec::new());
            let own = own.resolved(&mut room);
            let error = found.error.map(|text| text.resolved(&mut error));
            return join(own, error, into).map(|()| found.severity);
        }
        if !is_plain(message) {
            return None;
        }
        if self.start.is_match(message).ok()? {
            return self.of_pairs(message, into);
        }
        join(message, None, into).map(|()| 0)
    }

    /// Do the same for logfmt. Of pairs of one name the first counts.
    fn of_pairs(&self, message: &[u8], into: &mut Vec<u8>) -> Option<Severity> {
        let mut own = Best::default();
        let mut error = Best::default();
        let mut severity = Best::default();
        let mut found = self.pair.capture_locations();
        let mut place = 0;
        while let Some(pair) = self
            .pair
            .captures_read_at(&mut found, message, place)
            .ok()?
        {
            place = pair.end();
            let (start, end) = found.get(1)?;
            let quoted = found.get(2).filter(|(start, end)| start < end);
            let value = quoted.or_else(|| found.get(3)).unwrap_or((place, place));
            let value = (value.0, value.1, quoted.is_some());
            let is_empty = value.0 == value.1;
            for role in self.names.roles_of(&message[start..end]) {
                match *role {
                    Role::Message(rank) if own.see(rank).is_some() && !is_empty => {
                        own.put(rank, value);
                    }
                    Role::Error(rank) if error.see(rank).is_some() && !is_empty => {
                        error.put(rank, value);
                    }
                    Role::Severity(rank, _) if severity.see(rank).is_some() && !is_empty => {
                        let word = text_of(message, value);
                        let meant = self.names.vocabulary.of_word(&word)?;
                        if meant != 0 {
                            severity.put(rank, meant);
                        }
                    }
                    _ => {}
                }
            }
        }
        let severity = severity.found.map_or(0, |(_, severity)| severity);
        let Some((_, own)) = own.found else {
            return join(message, None, into).map(|()| severity);
        };
        let error = error.found.map(|(_, value)| text_of(message, value));
        join(&text_of(message, own), error.as_deref(), into).map(|()| severity)
    }
}

/// A value of logfmt: where it starts and ends, and whether it was in quotes.
type Value = (usize, usize, bool);

fn text_of(message: &[u8], (start, end, is_quoted): Value) -> Vec<u8> {
    let mut bytes = message[start..end].iter();
    let mut text = Vec::with_capacity(end - start);
    while let Some(&byte) = bytes.next() {
        let byte = if byte == b'\\' && is_quoted {
            bytes.next().unwrap_or(&byte)
        } else {
            &byte
        };
        text.push(*byte);
    }
    text
}

/// Put a message and the error that goes with it into `into`; what is empty is for the reference.
fn join(own: &[u8], error: Option<&[u8]>, into: &mut Vec<u8>) -> Option<()> {
    let own = without_line_end(own);
    into.extend_from_slice(own);
    if let Some(error) = error
        && memchr::memmem::find(own, error).is_none()
    {
        into.extend_from_slice(b": ");
        into.extend_from_slice(error);
    }
    (!own.is_empty()).then_some(())
}

fn without_line_end(mut text: &[u8]) -> &[u8] {
    while let Some((b'\r' | b'\n', rest)) = text.split_last() {
        text = rest;
    }
    text
}

/// Return whether a message may hold an event of its own, in JSON, logfmt or klog.
pub fn holds_another(message: &[u8]) -> bool {
    let names_message = |place: usize| {
        let before = &message[..place];
        before.ends_with(b"msg") || before.ends_with(b"message")
    };
    message.first() == Some(&b'{')
        || is_numbered(message)
        || message.last() == Some(&b'\n')
        || memchr::memchr_iter(b'=', message).any(names_message)
}

/// Return whether a message starts with a letter of klog and the digits of its date.
fn is_numbered(message: &[u8]) -> bool {
    let start = message.split_at_checked(5).map(|(start, _)| start);
    start.is_some_and(|start| {
        b"IWEF".contains(&start[0]) && start[1..].iter().all(u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::Named;

    fn own_part(message: &str) -> Option<(String, Severity)> {
        let mut names = Names::default();
        names.add("msg", Role::Message(0));
        names.add("level", Role::Severity(0, false));
        names.add("err", Role::Error(0));
        names.add("err", Role::Outer);
        names.vocabulary.words.insert((*b"warn").into(), 5);
        names.add("auditID", Role::Odd);
        let named: Named = [vec![vec!["action".to_owned()]], vec![], vec![]];
        let pair = r#"([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]\S*)?)"#;
        let inner = Inner::new(names, Made::new(&named), "[a-z]+=", pair)?;
        let mut own = Vec::new();
        let severity = inner.own_part(message.as_bytes(), &mut own)?;
        Some((String::from_utf8(own).ok()?, severity))
    }

    #[test]
    fn the_own_part_of_a_message_is_found() {
        for (message, expected, severity) in [
            ("up\r\n", "up", 0),
            (r#"{"level":"warn","msg":"a \"b\"\n"}"#, "a \"b\"", 5),
            (r#"{"msg":"no","err":"refused"}"#, "no: refused", 0),
            (r#"{"a":1}"#, r#"{"a":1}"#, 0),
            (r#"{"level":"warn","action":"deny"}"#, "deny", 5),
            (r#"{"msg":"was refused","err":"refused"}"#, "was refused", 0),
            ("level=WARN err= msg=down msg=up", "down", 5),
            (r#"level=x msg="a \"b\"" err="c d""#, "a \"b\": c d", 0),
            ("level=warn text=up\n", "level=warn text=up", 5),
        ] {
            assert_eq!(
                own_part(message),
                Some((expected.to_owned(), severity)),
                "{message}"
            );
        }
        for message in [
            r#"{"a":1}x"#,
            r#"{"auditID":"1","action":"deny"}"#,
            r#"{"msg":"x","err":{"message":"y"}}"#,
            r#"{"msg":"x","level":[1e999]}"#,
            "E1128 x",
            "level=3 msg=x",
            "msg=é",
            "\n",
        ] {
            assert_eq!(own_part(message), None, "{message}");
        }
    }

    #[test]
    fn a_message_may_hold_another() {
        for message in [
            &b"{}"[..],
            b"x\n",
            b"msg=x",
            b"E1128 10:00:01.000001 1 a.go:1] x",
            b"E1128",
        ] {
            assert!(holds_another(message));
        }
        for message in [&b"Error 1128"[..], b"E112", b"X1128 x", b"E112x", b""] {
            assert!(!holds_another(message));
        }
    }
}
