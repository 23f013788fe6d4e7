//! The names of members that count, and what each is for.

use crate::severity::Vocabulary;

/// What a member is for. Of several members of a kind the one with the lowest rank counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It may hold the message.
    Message(usize),
    /// It may hold the source.
    Source(usize),
    /// It may hold the severity; as a number that may be one of OpenTelemetry's.
    Severity(usize, bool),
    /// It may hold the error that goes with the message.
    Error(usize),
    /// It may name a file, which says who wrote an event of no source: for the reference.
    File,
    /// It may hold one of these within an object, which makes the record one for the reference.
    Outer,
    /// It makes the record one for the reference.
    Odd,
}

type Name = (Box<[u8]>, Vec<Role>);

/// The names of members that count, by their lengths.
#[derive(Debug, Default)]
pub struct Names {
    by_length: Vec<Vec<Name>>,
    /// What severities mean.
    pub vocabulary: Vocabulary,
}

impl Names {
    /// Add a role to a name.
    pub fn add(&mut self, name: &str, role: Role) {
        if self.by_length.len() <= name.len() {
            self.by_length.resize(name.len() + 1, Vec::new());
        }
        let known = &mut self.by_length[name.len()];
        match known
            .iter_mut()
            .find(|(each, _)| **each == *name.as_bytes())
        {
            Some((_, roles)) => roles.push(role),
            None => known.push((name.as_bytes().into(), vec![role])),
        }
    }

    /// Return what a member of that name is for.
    pub fn roles_of(&self, name: &[u8]) -> &[Role] {
        let known = self.by_length.get(name.len());
        let mut known = known.into_iter().flatten();
        known
            .find(|(each, _)| **each == *name)
            .map_or(&[], |(_, roles)| roles)
    }
}
