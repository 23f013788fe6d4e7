//! The members of a JSON object, and values at paths of names.

use crate::json::{Reader, Text};

/// Call `take` with the name and the value of each member of an object, and with the text where it is a string.
///
/// Return where the closing brace is; `None` if it is no object, if there is more than that, if a name has escapes, or if
/// `take` says so.
pub fn each_member<'a>(
    object: &'a [u8],
    mut take: impl FnMut(&'a [u8], &'a [u8], Option<Text<'a>>) -> Option<()>,
) -> Option<usize> {
    let mut reader = Reader::new(object);
    reader.skip_space();
    reader.expect(b'{')?;
    loop {
        reader.skip_space();
        reader.expect(b'"')?;
        let name = reader.string()?;
        if name.escaped {
            return None;
        }
        reader.skip_space();
        reader.expect(b':')?;
        reader.skip_space();
        let start = reader.place;
        let text = reader.any_value(0)?;
        take(name.raw, &object[start..reader.place], text)?;
        reader.skip_space();
        match reader.byte()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    let end = reader.place - 1;
    reader.skip_space();
    (reader.place == object.len()).then_some(end)
}

/// A path of names, each in the object before it.
pub type Path = Vec<Step>;

/// One of the names of a path.
#[derive(Clone, Debug)]
pub struct Step {
    name: Box<[u8]>,
    /// What is left of the path from here on, as one name with dots in it.
    dotted: Box<[u8]>,
}

/// Return the path that is written with dots.
pub fn path_of(name: &str) -> Path {
    let mut rest = Some(name);
    let mut path = Path::new();
    while let Some(dotted) = rest {
        let (first, behind) = dotted
            .split_once('.')
            .map_or((dotted, None), |(first, behind)| (first, Some(behind)));
        path.push(Step {
            name: first.as_bytes().into(),
            dotted: dotted.as_bytes().into(),
        });
        rest = behind;
    }
    path
}

/// The members of an object, in order. Of two with one name the last counts.
pub struct Members<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Members<'a> {
    /// Take an object apart; `None` where that is for the reference.
    pub fn of(object: &'a [u8]) -> Option<Self> {
        let mut members = Vec::new();
        each_member(object, |name, value, _| {
            members.push((name, value));
            Some(())
        })?;
        Some(Self(members))
    }

    fn get(&self, name: &[u8]) -> &'a [u8] {
        let mut members = self.0.iter().rev();
        members
            .find(|(each, _)| *each == name)
            .map_or(&[], |(_, value)| *value)
    }

    /// Return the JSON at a path, each name in the object before it; empty where there is none.
    fn at(&self, path: &[Step]) -> Option<&'a [u8]> {
        let Some((step, rest)) = path.split_first() else {
            return Some(&[]);
        };
        let value = self.get(&step.name);
        if rest.is_empty() {
            return Some(value);
        }
        let inner = match value.first() {
            Some(b'{') => Members::of(value)?.at(rest)?,
            _ => &[],
        };
        Some(if inner.is_empty() {
            self.get(&step.dotted)
        } else {
            inner
        })
    }

    /// Put the text at a path behind what is in `into`: a string, a number as it is written, or the first of several.
    pub fn push_text(&self, path: &Path, into: &mut Vec<u8>) -> Option<()> {
        let mut value = self.at(path)?;
        if value.first() == Some(&b'[') {
            value = first_of(value)?;
        }
        match value.first() {
            Some(b'"') => {
                let text = Reader::new(&value[1..]).string()?;
                into.extend_from_slice(text.resolved(&mut Vec::new()));
            }
            Some(b'-' | b'0'..=b'9') => into.extend_from_slice(value),
            _ => {}
        }
        Some(())
    }
}

/// Return the first value of an array; empty where there is none.
fn first_of(array: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(array);
    reader.expect(b'[')?;
    reader.skip_space();
    let start = reader.place;
    if array.get(start) == Some(&b']') {
        return Some(&[]);
    }
    reader.any_value(0)?;
    Some(&array[start..reader.place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_at_their_paths() {
        let object = br#"{"a":{"b":{"c":"in \"c\""},"b.d":7},"a.e":["f", 8],"g":[ ],"h":1,"h":-2.5,"i":{"j":{}}}"#;
        for (path, expected) in [
            ("a.b.c", Some("in \"c\"")),
            ("a.b.d", Some("7")),
            ("a.e", Some("f")),
            ("a.b", Some("")),
            ("g", Some("")),
            ("h", Some("-2.5")),
            ("h.x", Some("")),
            ("none", Some("")),
            ("i.j.k", None),
        ] {
            let mut text = Vec::new();
            let members = Members::of(object);
            let found = members.and_then(|members| members.push_text(&path_of(path), &mut text));
            let text = found.and_then(|()| String::from_utf8(text).ok());
            assert_eq!(text.as_deref(), expected, "{path}");
        }
    }
}
