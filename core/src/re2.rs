//! Patterns of RE2 in the syntax of the regex crates.
//!
//! Both read nearly the same language; what is written otherwise is changed, and what means something else is refused.
//! The result is only used on texts of printable ASCII, tabs and line feeds. On these the classes of both are alike.

use crate::pattern;
use regex_automata::meta::Regex;

const STATES_BYTES: usize = 1 << 20;

/// Return a pattern of RE2 ready to match, `None` where it cannot be taken over as it is.
pub fn compiled(pattern: &str) -> Option<Regex> {
    pattern::compiled(&translated(pattern)?, false, STATES_BYTES)
}

/// Return a pattern in the syntax of the regex crates, `None` where it cannot be taken over.
pub fn translated(pattern: &str) -> Option<String> {
    if !pattern.is_ascii() {
        return None;
    }
    let mut rest = pattern;
    let mut result = String::with_capacity(pattern.len() + 16);
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\\' => escape(rest, false, &mut result)?,
            '[' => set(rest, &mut result)?,
            '(' => group(rest, &mut result)?,
            '{' => braces(rest, &mut result),
            '}' => {
                result.push_str(r"\}");
                &rest[1..]
            }
            _ => {
                result.push(first);
                &rest[1..]
            }
        };
    }
    Some(result)
}

/// Translate an escape; return what is behind it.
fn escape<'a>(rest: &'a str, in_set: bool, result: &mut String) -> Option<&'a str> {
    let escaped = rest.chars().nth(1)?;
    match escaped {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' | 't' | 'n' | 'r' | 'f' | 'v' | 'a' => {}
        'b' | 'B' | 'A' | 'z' if !in_set => {}
        'x' => return hexadecimal(rest, result),
        '<' | '>' | '_' | '\'' | '"' | '`' | ' ' => {
            result.push(escaped);
            return Some(&rest[2..]);
        }
        _ if escaped.is_ascii_punctuation() => {}
        _ => return None,
    }
    result.push_str(&rest[..2]);
    Some(&rest[2..])
}

/// Translate `\x7f` or `\x{7f}`.
fn hexadecimal<'a>(rest: &'a str, result: &mut String) -> Option<&'a str> {
    let (digits, behind) = if let Some(braced) = rest.strip_prefix(r"\x{") {
        braced.split_once('}')?
    } else {
        (rest.get(2..4)?, &rest[4..])
    };
    let number = u32::from_str_radix(digits, 16).ok()?;
    if number > 0x7f {
        return None;
    }
    result.push_str(&format!(r"\x{number:02x}"));
    Some(behind)
}

/// Translate the start of a group; of its flags those are taken that mean the same.
fn group<'a>(rest: &'a str, result: &mut String) -> Option<&'a str> {
    let Some(flags) = rest.strip_prefix("(?") else {
        result.push('(');
        return Some(&rest[1..]);
    };
    let length = flags.find(|each| !"imsU-".contains(each))?;
    let behind = &flags[length..];
    let is_named = length == 0 && (behind.starts_with("P<") || behind.starts_with('<'));
    if !(is_named || behind.starts_with(':') || (length > 0 && behind.starts_with(')'))) {
        return None;
    }
    let end = if is_named { behind.find('>')? } else { 0 };
    let end = 2 + length + end + 1;
    result.push_str(&rest[..end]);
    Some(&rest[end..])
}

/// Translate a brace: it counts repetitions, or it is a brace.
fn braces<'a>(rest: &'a str, result: &mut String) -> &'a str {
    let counted = rest[1..].split_once('}').filter(|(inside, _)| {
        let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
        let is_number = |text: &str| text.bytes().all(|each| each.is_ascii_digit());
        !least.is_empty() && is_number(least) && is_number(most)
    });
    if let Some((inside, behind)) = counted {
        result.push_str(&format!("{{{inside}}}"));
        return behind;
    }
    result.push_str(r"\{");
    &rest[1..]
}

/// Translate a set of characters; return what is behind it.
fn set<'a>(rest: &'a str, result: &mut String) -> Option<&'a str> {
    let mut rest = &rest[1..];
    result.push('[');
    if let Some(behind) = rest.strip_prefix('^') {
        result.push('^');
        rest = behind;
    }
    let mut is_first = true;
    loop {
        let first = rest.chars().next()?;
        rest = match first {
            ']' if !is_first => {
                result.push(']');
                return Some(&rest[1..]);
            }
            '[' if rest.starts_with("[:") => {
                let end = rest.find(":]")? + 2;
                result.push_str(&rest[..end]);
                &rest[end..]
            }
            '\\' => escape(rest, true, result)?,
            '[' | ']' | '&' | '~' => {
                result.push('\\');
                result.push(first);
                &rest[1..]
            }
            '-' if rest.starts_with("--") => return None,
            _ => {
                result.push(first);
                &rest[1..]
            }
        };
        is_first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_otherwise_is_changed() {
        for (pattern, expected) in [
            (r"(?i)\bfailed\b", r"(?i)\bfailed\b"),
            (r"\$\{jndi:", r"\$\{jndi:"),
            ("a{2,3}{x}", r"a{2,3}\{x\}"),
            (r#""(?:$| ["{A-Z])"#, r#""(?:$| ["{A-Z])"#),
            ("[]a[&~]", r"[\]a\[\&\~]"),
            ("[^[:alpha:]_]", "[^[:alpha:]_]"),
            (r"\<\x41\x{7e}", r"<\x41\x7e"),
            ("(?P<name>x)(?i:y)(?s)z", "(?P<name>x)(?i:y)(?s)z"),
        ] {
            assert_eq!(translated(pattern).as_deref(), Some(expected));
            assert!(compiled(pattern).is_some(), "{pattern}");
        }
    }

    #[test]
    fn what_means_something_else_is_refused() {
        for pattern in [
            r"\pL", r"\Qx\E", r"\C", "é", r"\x{e9}", r"[\b]", r"\1", r"(?x)a", "(?=a)", "[a",
        ] {
            assert_eq!(translated(pattern), None, "{pattern}");
        }
    }
}
