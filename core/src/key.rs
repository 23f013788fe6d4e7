//! Keys of messages: equal for messages that have the same template.

use crate::values::value_at;

/// The longest message that is remembered, in bytes. What repeats in logs is short.
pub const LONGEST: usize = 2_048;

/// Put a text with each of the digits 1 to 9 as 0 behind what is in `into`.
pub fn push_zeroed(text: &[u8], into: &mut Vec<u8>) {
    into.extend(text.iter().map(|byte| match byte {
        b'1'..=b'9' => b'0',
        other => *other,
    }));
}

/// Put a plain text whose digits are zeroed behind what is in `into`, with its commonest values made alike. It has no hint
/// at secrets or persons (see `mask::Masker::read`).
///
/// A value is only touched where masking is sure to see it as such, so that texts that become equal have one template.
pub fn push_alike(text: &[u8], into: &mut Vec<u8>) {
    let mut kept = 0;
    let mut place = 0;
    while place < text.len() {
        if let Some((end, form)) = value_at(text, place) {
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
                "AP 00:00:00:00:00:0a up from 0000::0000:0a, R:00000a #00000a",
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
            "Oct 00 00:00:00 CEST 0000:db0::0a up",
            "req:0a:bb:cc:dd:ee:ff",
            "0a:bb:cc:dd:ee:ff:0b",
            "00:00:00:00:00:00",
            "x#0abcdef",
            "id:0abcdef",
        ] {
            assert_eq!(key_of(message), message);
        }
    }
}
