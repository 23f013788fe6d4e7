//! The commonest values in a message, where masking is sure to see them as such.

/// What a value becomes.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A UUID.
    Uuid,
    /// A number in hexadecimal.
    Hexadecimal,
    /// An address of hardware, as of a network card.
    Hardware,
    /// An address of IPv6.
    Network,
    /// A number that starts with `0x`.
    Address,
    /// A path, with the space before it.
    Path,
    /// A URL, with the space before it.
    Url,
}

impl Form {
    /// Write what a value becomes. Numbers stay as long as they were, for masking looks at that, and end in a digit where
    /// they did, for it looks at what stands before a number.
    pub fn push(self, value: &[u8], into: &mut Vec<u8>) {
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
                into.extend(value.iter().map(|byte| match byte {
                    b':' => b':',
                    _ => b'0',
                }));
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

/// Return the end of the value that starts at a place of a plain text with zeroed digits, and what it becomes.
///
/// The text has no hint at secrets or persons: their patterns may take a part of a value, or look at its letters.
pub fn value_at(text: &[u8], place: usize) -> Option<(usize, Form)> {
    match text[place] {
        b'0' | b'a'..=b'f' | b'A'..=b'F' if starts_value(text, place) => {
            let found = groups_of_letters(text, place).or_else(|| number_of_letters(text, place));
            found.filter(|(end, _)| ends_value(text, *end))
        }
        b' ' => path_or_url(text, place),
        _ => None,
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

/// Return the end of an address of hardware or of the network, in groups with colons between, and what it becomes.
fn groups_of_letters(text: &[u8], start: usize) -> Option<(usize, Form)> {
    if !text[start..].iter().take(5).any(|byte| *byte == b':') || is_joined(&text[..start]) {
        return None;
    }
    let is_part = |byte: u8| is_hexadecimal(byte) || matches!(byte, b'A'..=b'F' | b':');
    let end = start + run_of(text, start, is_part);
    let value = &text[start..end];
    if !value.contains(&b'0') {
        return None;
    }
    let lengths = || value.split(|byte| *byte == b':').map(<[u8]>::len);
    if lengths().eq([2; 6]) {
        let is_mixed = value.iter().any(u8::is_ascii_alphabetic);
        return is_mixed.then_some((end, Form::Hardware));
    }
    let is_short = lengths().filter(|length| *length == 0).count() == 1 && lengths().count() <= 9;
    let is_whole = lengths().all(|length| length <= 4) && !value.ends_with(b":");
    // Behind a date with its zone the first group may be a year.
    let is_dated = last_sign(&text[..start]).is_some_and(|last| last.is_ascii_uppercase());
    (is_short && is_whole && !is_dated).then_some((end, Form::Network))
}

/// Return whether masking may see the first groups of an address as part of what is before: of a date, or as the unit of
/// a number.
fn is_joined(before: &[u8]) -> bool {
    last_sign(before).is_some_and(|last| last.is_ascii_digit())
        || matches!(before.last(), Some(b':' | b'-'))
}

fn last_sign(text: &[u8]) -> Option<u8> {
    let mut signs = text.iter().rev();
    signs.find(|byte| !matches!(byte, b' ' | b',')).copied()
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
        return (is_uuid && is_mixed).then_some((end, Form::Uuid));
    }
    let end = start + run;
    if run == 1 && text[start] == b'0' && text.get(end) == Some(&b'x') {
        let end = end + 1;
        let end = end + run_of(text, end, is_hexadecimal);
        return (end > start + 2).then_some((end, Form::Address));
    }
    let value = &text[start..end];
    let is_mixed = run >= 6 && value.contains(&b'0') && value.iter().any(u8::is_ascii_lowercase);
    is_mixed.then_some((end, Form::Hexadecimal))
}

/// Return the end of a path or a URL behind a space, and what both become.
fn path_or_url(text: &[u8], space: usize) -> Option<(usize, Form)> {
    let before = &text[..space];
    if before.last().is_some_and(u8::is_ascii_whitespace) {
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

fn run_of(text: &[u8], start: usize, is_part: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    rest.iter()
        .position(|byte| !is_part(*byte))
        .unwrap_or(rest.len())
}
