//! What is known of messages, in two generations, bounded in bytes.
//!
//! When the young generation is full it becomes the old one. What is asked for again moves up from there; what was not
//! asked for during a whole generation is forgotten.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// What an entry takes besides its key, in bytes; measured, rounded up.
const ENTRY_BYTES: usize = 160;

/// The places for keys that were met once, two to a place: 2 MB.
const MET: usize = 1 << 18;

/// The place of a rule in its file.
pub type RuleId = u16;
/// What was decided for messages of one kind, by the rule that matches them, or by none.
pub type Outcomes<A> = Vec<(Option<RuleId>, A)>;

/// What is known of all messages that differ in digits alone.
#[derive(Clone, Debug)]
pub struct Known<A> {
    /// The rules that may match them, in the order of their file.
    pub candidates: Box<[RuleId]>,
    /// What was decided for them.
    pub outcomes: Outcomes<A>,
}

impl<A: Clone> Known<A> {
    /// Return what was decided where a rule matches, or none.
    pub fn outcome(&self, rule: Option<RuleId>) -> Option<&A> {
        outcome(&self.outcomes, rule)
    }
}

/// Return what was decided where a rule matches, or none.
pub fn outcome<A>(outcomes: &Outcomes<A>, rule: Option<RuleId>) -> Option<&A> {
    let mut found = outcomes.iter();
    found
        .find(|(each, _)| *each == rule)
        .map(|(_, answer)| answer)
}

/// A bounded map from keys to values in two generations.
#[derive(Debug)]
pub struct Generations<V> {
    young: HashTable<(Box<[u8]>, V)>,
    old: HashTable<(Box<[u8]>, V)>,
    young_bytes: usize,
    old_bytes: usize,
    most_bytes: usize,
    hasher: DefaultHashBuilder,
    /// Of keys that were met once, a part of the hash.
    met: Box<[[u32; 2]]>,
}

impl<V> Generations<V> {
    /// Return an empty map that takes so many bytes at most, both generations together.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            young: HashTable::new(),
            old: HashTable::new(),
            young_bytes: 0,
            old_bytes: 0,
            most_bytes: max_bytes / 2,
            hasher: DefaultHashBuilder::default(),
            met: vec![[0; 2]; MET].into(),
        }
    }

    /// Return what is known under a key.
    pub fn get(&mut self, key: &[u8]) -> Option<&mut V> {
        let hash = self.hasher.hash_one(key);
        let place = match self
            .young
            .find_bucket_index(hash, |(each, _)| **each == *key)
        {
            Some(place) => place,
            None => self.moved_up(hash, key)?,
        };
        self.young.get_bucket_mut(place).map(|(_, value)| value)
    }

    /// Move a key from the old generation to the young one, and return where it is there.
    fn moved_up(&mut self, hash: u64, key: &[u8]) -> Option<usize> {
        let found = self.old.find_entry(hash, |(each, _)| **each == *key).ok()?;
        let ((key, value), _) = found.remove();
        self.old_bytes -= key.len() + ENTRY_BYTES;
        Some(self.insert(hash, key, value, 0))
    }

    /// Remember a value under a key that is not known; `more_bytes` is what it takes in addition to an entry.
    pub fn put(&mut self, key: &[u8], value: V, more_bytes: usize) {
        self.insert(self.hasher.hash_one(key), key.into(), value, more_bytes);
    }

    /// Remember the value that `made` returns where the key, which is not known, is met for the second time: most keys of
    /// messages with values of many kinds come once.
    ///
    /// Of keys that share a place the two that came last are kept in mind.
    pub fn put_when_met_again(&mut self, key: &[u8], made: impl FnOnce() -> V) {
        let hash = self.hasher.hash_one(key);
        let marks = &mut self.met[(hash >> 32) as usize % MET];
        let mark = hash as u32 | 1; // 0 is for none
        if marks.contains(&mark) {
            self.insert(hash, key.into(), made(), 0);
        } else {
            *marks = [mark, marks[0]];
        }
    }

    fn insert(&mut self, hash: u64, key: Box<[u8]>, value: V, more_bytes: usize) -> usize {
        debug_assert!(self.young.find(hash, |(each, _)| *each == key).is_none());
        let bytes = key.len() + ENTRY_BYTES + more_bytes;
        if self.young_bytes + bytes > self.most_bytes {
            self.old = std::mem::take(&mut self.young);
            self.old_bytes = std::mem::take(&mut self.young_bytes);
        }
        self.young_bytes += bytes;
        let rehash = |(key, _): &(Box<[u8]>, V)| self.hasher.hash_one(&**key);
        let entry = self.young.insert_unique(hash, (key, value), rehash);
        entry.bucket_index()
    }

    /// Forget everything.
    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
        self.young_bytes = 0;
        self.old_bytes = 0;
        self.met.fill([0; 2]);
    }

    /// Return how many entries there are.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Return whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Return how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.young_bytes + self.old_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_forgotten() {
        let mut map = Generations::new(20 * (ENTRY_BYTES + 4));
        map.put(b"kept", 1, 0);
        for number in 0..1_000_u32 {
            map.put(&number.to_le_bytes(), number, 0);
            assert!(map.bytes() <= 20 * (ENTRY_BYTES + 4));
            assert_eq!(map.get(b"kept"), Some(&mut 1));
        }
        assert!(map.len() <= 20 && map.len() >= 10);
        assert_eq!(map.get(&999_u32.to_le_bytes()), Some(&mut 999));
        assert_eq!(map.get(&7_u32.to_le_bytes()), None);
        map.clear();
        assert!(map.is_empty());
    }

    #[test]
    fn what_comes_once_is_not_kept() {
        let mut map = Generations::new(1 << 20);
        for round in 0..2 {
            for key in [&b"one"[..], b"two"] {
                map.put_when_met_again(key, || round);
            }
            map.put_when_met_again(&[round], || round);
        }
        assert_eq!(map.len(), 2);
        assert_eq!(map.get(b"one"), Some(&mut 1));
        assert_eq!(map.get(&[1]), None);
        map.clear();
        map.put_when_met_again(b"one", || 2);
        assert!(map.is_empty());
    }
}
