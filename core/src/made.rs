//! A message for a JSON object that has none, made of the members that say what happened, as `formats/made.py` makes it.

use crate::members::{Members, Path, path_of};

/// Members of which the first that has a text counts, by their paths.
type Slots = Vec<Vec<Path>>;

/// Which members say what happened.
#[derive(Debug, Default)]
pub struct Made {
    /// Each of these is a message alone.
    telling: Slots,
    /// Each of these is one with another of them, or with one of the next.
    together: Slots,
    /// What is said with one of these, and is none alone.
    also: Slots,
}

/// The same by names, with dots in them.
pub type Named = [Vec<Vec<String>>; 3];

impl Made {
    /// Return what makes messages of members with these names.
    pub fn new(named: &Named) -> Self {
        let [telling, together, also] = named.each_ref().map(|slots| {
            let slots = slots
                .iter()
                .map(|names| names.iter().map(|name| path_of(name)).collect());
            slots.collect()
        });
        Self {
            telling,
            together,
            also,
        }
    }

    /// Put the message of an object into `into`, nothing where its members make none; `None` where the reference has to say.
    pub fn push(&self, object: &[u8], into: &mut Vec<u8>) -> Option<()> {
        let members = Members::of(object)?;
        into.clear();
        let telling = push_texts(&members, &self.telling, into)?;
        let together = push_texts(&members, &self.together, into)?;
        if telling + together == 0 {
            return Some(());
        }
        let also = push_texts(&members, &self.also, into)?;
        if telling == 0 && together + also == 1 {
            into.clear();
        }
        Some(())
    }
}

/// Put the first text of each slot behind what is in `into`, and return how many there are.
fn push_texts(members: &Members<'_>, slots: &Slots, into: &mut Vec<u8>) -> Option<usize> {
    let mut found = 0;
    for paths in slots {
        let before = into.len();
        if before > 0 {
            into.push(b' ');
        }
        let start = into.len();
        for path in paths {
            members.push_text(path, into)?;
            if into.len() > start {
                break;
            }
        }
        if into.len() > start {
            found += 1;
        } else {
            into.truncate(before);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_made_of_what_tells_what_happened() {
        let named = [
            vec![vec!["event.action", "action"]],
            vec![vec!["method"], vec!["url.path", "path"]],
            vec![vec!["status"]],
        ]
        .map(|slots| {
            let strings = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
            slots.into_iter().map(strings).collect()
        });
        let made = Made::new(&named);
        for (object, expected) in [
            (r#"{"action":"deny","status":3}"#, Some("deny 3")),
            (r#"{"event":{"action":"a"},"action":"b"}"#, Some("a")),
            (
                r#"{"status":502,"path":"/x","method":"GET"}"#,
                Some("GET /x 502"),
            ),
            (r#"{"path":"/x","status":""}"#, Some("")),
            (r#"{"status":502}"#, Some("")),
            (r#"{"\u0061ction":"deny"}"#, None),
        ] {
            let mut message = b"before".to_vec();
            let found = made.push(object.as_bytes(), &mut message);
            let message = found.and_then(|()| String::from_utf8(message).ok());
            assert_eq!(message.as_deref(), expected, "{object}");
        }
    }
}
