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
            b'0' | b'a'..=b'f' | b'A'..=b'F' if starts_value(text, place) => {
                groups_of_letters(text, place).or_else(|| number_of_letters(text, place))
            }
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
    Hardware,
    Network,
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
            Self::Uuid => into.extend_from_slice(b"0000000a-0000-0000-0000-00000000000"),
            Self::Hexadecimal => {
                into.resize(end - 2, b'0');
                into.push(other); // "a" is what makes it hexadecimal
            }
            Self::Hardware => {
                into.extend_from_slice(b"00:00:00:00:00:");
                into.push(other);
            }
            Self::Network => {
                let first = run_of(value, 0, |byte| byte != b':');
                into.extend_from_slice(&value[..first]); // the same for many
                let others = value[first..].iter();
                into.extend(others.map(|byte| if *byte == b':' { b':' } else { b'0' }));
                into.pop();
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
        Some(b'#') => place >= 2 && text[place - 2] == b' ',
        Some(b'-') => place >= 2 && text[place - 2].is_ascii_alphabetic(),
        Some(b':') => place >= 2 && matches!(text[place - 2], b'g'..=b'z' | b'G'..=b'Z'),
        _ => false,
    }
}

fn ends_value(text: &[u8], end: usize) -> bool {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b",;(){}]\"'>".contains(byte);
    match text.get(end) {
        None => true,
        Some(b'[') => false, // then it may be part of the name of a secret
        Some(b':') => text.get(end + 1).is_none_or(u8::is_ascii_whitespace),
        Some(byte) => ends(byte),
    }
}

/// Return the end of an address of hardware or of the network, in groups with colons between, and what it becomes.
fn groups_of_letters(text: &[u8], start: usize) -> Option<(usize, Form)> {
    if !text[start..].iter().take(5).any(|byte| *byte == b':') || is_joined(&text[..start]) {
        return None;
    }
    let is_part = |byte: u8| is_hexadecimal(byte) || matches!(byte, b'A'..=b'F' | b':');
    let end = start + run_of(text, start, is_part);
    let value = &text[start..end];
    if !value.contains(&b'0') || !ends_value(text, end) {
        return None;
    }
    let lengths = || value.split(|byte| *byte == b':').map(<[u8]>::len);
    if lengths().eq([2; 6]) {
        let is_mixed = value.iter().any(u8::is_ascii_alphabetic);
        return is_mixed.then_some((end, Form::Hardware));
    }
    let is_short = lengths().filter(|length| *length == 0).count() == 1 && lengths().count() <= 9;
    let is_whole = lengths().all(|length| length <= 4) && !value.ends_with(b":");
    // A code that is a secret is in capitals.
    let is_plain = !value.iter().any(u8::is_ascii_uppercase);
    (is_short && is_whole && is_plain).then_some((end, Form::Network))
}

/// Return whether masking may see the first groups of an address as part of what is before: a date, a number, a token.
fn is_joined(before: &[u8]) -> bool {
    let last = before.iter().rposition(|byte| !matches!(byte, b' ' | b','));
    let is_number = last.is_some_and(|last| before[last].is_ascii_digit());
    let word = before.iter().rposition(u8::is_ascii_whitespace);
    let announced = word.is_some_and(|word| announces_token(before[..word].trim_ascii_end()));
    is_number || announced || matches!(before.last(), Some(b':' | b'-'))
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
        let is_mixed = value.contains(&b'0') && value.iter().any(u8::is_ascii_lowercase);
        return (is_uuid && is_mixed && ends_value(text, end)).then_some((end, Form::Uuid));
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

    fn key_of(message: &str) -> String {
        let (mut zeroed, mut key) = (Vec::new(), Vec::new());
        push_zeroed(message.as_bytes(), &mut zeroed);
        push_alike(&zeroed, &mut key);
        String::from_utf8_lossy(&key).into_owned()
    }

    #[test]
    fn messages_that_differ_in_common_values_have_one_key() {
        for (message, other, expected) in [
            (
                "job 8d2f6a34-0c1e-4b7f-9a55-0c8e1f2a3b4d read /srv/data/a.db at 0x1f2e in 12 ms from https://a.example/b",
                "job 00000000-aaaa-4b7f-9a55-ffffffffffff read /opt/x at 0xffff in 95 ms from http://b.example:80/c/d",
                "job 0000000a-0000-0000-0000-00000000000a read /a at 0x000a in 00 ms from http://a",
            ),
            (
                "AP 8f:7a:dc:4a:42:6e up from fe80::9ccc:5b, R:1f2e3d #7a6b5c",
                "AP AB:CD:EF:01:23:4F up from fe81::1234:ff, R:0a0b0c #1d2e3f",
                "AP 00:00:00:00:00:0a up from fe00::0000:0a, R:00000a #00000a",
            ),
        ] {
            assert_eq!(key_of(message), expected);
            assert_eq!(key_of(other), expected);
        }
    }

    #[test]
    fn what_may_be_something_else_is_left_as_it_is() {
        for message in [
            "0 d::0a:0b",
            "0000-00-00 0a:bb:cc:dd:ee:ff",
            "Bearer a-name-in-letters=0a:bb:cc:dd:ee:ff",
            "x#0abcdef",
            "verification code 00B0::ab",
            "auth:0a:bb:cc:dd:ee:ff",
            "0a:bb:cc:dd:ee:ff:0b",
            "00:00:00:00:00:00",
            "0abcdef[secret:x",
            "session id 0abcdef~x",
            "id:0abcdef",
        ] {
            assert_eq!(key_of(message), message);
        }
    }
}
