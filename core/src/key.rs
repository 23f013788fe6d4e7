//! Keys of messages: equal for messages that have the same template.

/// The longest message that is remembered, in bytes. What repeats in logs is short.
pub const LONGEST: usize = 2_048;

/// Put a text with each of the digits 1 to 9 as 0 behind what is in `into`.
pub fn push_zeroed(text: &[u8], into: &mut Vec<u8>) {
    into.extend(text.iter().map(|byte| match byte {
        b'1'..=b'9' => b'0',
        other => *other,
    }));
}

/// Put a plain text whose digits are zeroed behind what is in `into`, with its commonest values made alike.
///
/// A value is only touched where masking is sure to see it as such, so that texts that become equal have one template.
pub fn push_alike(text: &[u8], into: &mut Vec<u8>) {
    let mut kept = 0;
    let mut place = 0;
    while place < text.len() {
        let found = match text[place] {
            b'0' | b'a'..=b'f' if starts_value(text, place) => number_of_letters(text, place),
            b' ' => path_or_url(text, place),
            _ => None,
        };
        if let Some((end, form)) = found {
            into.extend_from_slice(&text[kept..place]);
            form.push(&text[place..end], into);
            kept = end;
            place = end;
        } else {
            place += 1;
        }
    }
    into.extend_from_slice(&text[kept..]);
}

/// What a value becomes.
#[derive(Clone, Copy)]
enum Form {
    Uuid,
    Hexadecimal,
    Address,
    Path,
    Url,
}

impl Form {
    /// Write what a value becomes: as long as it was, and ending in a digit where it did, for masking looks at lengths
    /// and at what stands before a number.
    fn push(self, value: &[u8], into: &mut Vec<u8>) {
        let end = into.len() + value.len();
        let (last, other) = if value.ends_with(b"0") {
            (b'0', b'a')
        } else {
            (b'a', b'0')
        };
        match self {
            Self::Uuid => into.extend_from_slice(b"00000000-0000-0000-0000-00000000000"),
            Self::Hexadecimal => {
                into.resize(end - 2, b'0');
                into.push(other); // "a" is what makes it hexadecimal
            }
            Self::Address => {
                into.extend_from_slice(b"0x");
                into.resize(end - 1, b'0');
            }
            Self::Path => into.extend_from_slice(b" /"),
            Self::Url => into.extend_from_slice(b" http://"),
        }
        into.push(last);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0' | b'a'..=b'f')
}

fn starts_value(text: &[u8], place: usize) -> bool {
    match place.checked_sub(1).map(|before| text[before]) {
        None | Some(b' ' | b'=' | b'(' | b'[' | b'{' | b'"' | b'\'' | b'|' | b';' | b'<') => true,
        Some(b'-') => place >= 2 && text[place - 2].is_ascii_alphabetic(),
        _ => false,
    }
}

fn ends_value(text: &[u8], end: usize) -> bool {
    let joins = |byte: u8| is_word(byte) || matches!(byte, b'@' | b'.' | b'/' | b'+' | b'<' | b'-');
    match text.get(end) {
        None => true,
        Some(b':') => {
            let next = text.get(end + 1).copied().unwrap_or(b' ');
            !(is_word(next) || matches!(next, b':' | b'/'))
        }
        Some(&byte) => !joins(byte),
    }
}

/// Return the end of a value in hexadecimal digits, and what it becomes.
fn number_of_letters(text: &[u8], start: usize) -> Option<(usize, Form)> {
    let run = run_of(text, start, is_hexadecimal);
    if run == 8 && text.get(start + 8) == Some(&b'-') {
        let end = start + 36;
        let value = text.get(start..end)?;
        let is_uuid = value.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => is_hexadecimal(*byte),
        });
        return (is_uuid && value.contains(&b'0') && ends_value(text, end))
            .then_some((end, Form::Uuid));
    }
    let end = start + run;
    if run == 1 && text[start] == b'0' && text.get(end) == Some(&b'x') {
        let end = end + 1;
        let end = end + run_of(text, end, is_hexadecimal);
        return (end > start + 2 && ends_value(text, end)).then_some((end, Form::Address));
    }
    let value = &text[start..end];
    let is_mixed = run >= 6 && value.contains(&b'0') && value.iter().any(u8::is_ascii_lowercase);
    (is_mixed && ends_value(text, end)).then_some((end, Form::Hexadecimal))
}

/// Return the end of a path or a URL behind a space, and what both become.
fn path_or_url(text: &[u8], space: usize) -> Option<(usize, Form)> {
    let before = &text[..space];
    if before.last().is_some_and(u8::is_ascii_whitespace) || announces_token(before) {
        return None;
    }
    let start = space + 1;
    let is_part =
        |byte: u8| is_word(byte) || matches!(byte, b'/' | b'.' | b'%' | b'~' | b'=' | b'-');
    let rest = &text[start..];
    let (from, form) = match rest.first()? {
        b'/' => (start, Form::Path),
        b'h' if rest.starts_with(b"http://") => (start + 7, Form::Url),
        b'h' if rest.starts_with(b"https://") => (start + 8, Form::Url),
        _ => return None,
    };
    let is_path = matches!(form, Form::Path);
    let end = from
        + run_of(text, from, |byte| {
            is_part(byte)
                || if is_path {
                    matches!(byte, b'@' | b'+')
                } else {
                    byte == b':'
                }
        });
    let value = &text[from..end];
    let ends = end == text.len() || text[end] == b' ';
    let is_whole = ends && value.last().is_some_and(|last| is_word(*last));
    (is_whole && !(is_path && memchr::memmem::find(value, b"//").is_some())).then_some((end, form))
}

/// Return whether what follows a text and a space may be a token: after `Bearer` and `Basic`.
fn announces_token(text: &[u8]) -> bool {
    text.len() >= 5 && {
        let end = &text[text.len() - 5..];
        end.eq_ignore_ascii_case(b"earer") || end.eq_ignore_ascii_case(b"basic")
    }
}

fn run_of(text: &[u8], start: usize, is_part: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    rest.iter()
        .position(|byte| !is_part(*byte))
        .unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_differ_in_common_values_have_one_key() {
        let keys = [
            "job 8d2f6a34-0c1e-4b7f-9a55-0c8e1f2a3b4d read /srv/data/a.db at 0x1f2e in 12 ms from https://a.example/b",
            "job 00000000-aaaa-4b7f-9a55-ffffffffffff read /opt/x at 0xffff in 95 ms from http://b.example:80/c/d",
        ]
        .map(|message| {
            let (mut zeroed, mut key) = (Vec::new(), Vec::new());
            push_zeroed(message.as_bytes(), &mut zeroed);
            push_alike(&zeroed, &mut key);
            String::from_utf8(key)
        });
        let expected =
            "job 00000000-0000-0000-0000-00000000000a read /a at 0x000a in 00 ms from http://a";
        assert_eq!(keys, [Ok(expected.to_owned()), Ok(expected.to_owned())]);
    }
}
