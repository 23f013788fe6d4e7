//! What is known of messages, in two generations, bounded in bytes.
//!
//! When the young generation is full it becomes the old one. What is asked for again moves up from there; what was not
//! asked for during a whole generation is forgotten.

use hashbrown::HashMap;

/// What an entry takes besides its key, in bytes; measured, rounded up.
const ENTRY_BYTES: usize = 160;

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
    young: HashMap<Box<[u8]>, V>,
    old: HashMap<Box<[u8]>, V>,
    young_bytes: usize,
    old_bytes: usize,
    most_bytes: usize,
}

impl<V> Generations<V> {
    /// Return an empty map that takes so many bytes at most, both generations together.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            young_bytes: 0,
            old_bytes: 0,
            most_bytes: max_bytes / 2,
        }
    }

    /// Return what is known under a key.
    pub fn get(&mut self, key: &[u8]) -> Option<&mut V> {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.old_bytes -= key.len() + ENTRY_BYTES;
            self.insert(key, value, 0);
        }
        self.young.get_mut(key)
    }

    /// Remember a value under a key that is not known; `more_bytes` is what it takes in addition to an entry.
    pub fn put(&mut self, key: &[u8], value: V, more_bytes: usize) {
        self.insert(key.into(), value, more_bytes);
    }

    fn insert(&mut self, key: Box<[u8]>, value: V, more_bytes: usize) {
        let bytes = key.len() + ENTRY_BYTES + more_bytes;
        if self.young_bytes + bytes > self.most_bytes {
            self.old = std::mem::take(&mut self.young);
            self.old_bytes = std::mem::take(&mut self.young_bytes);
        }
        self.young_bytes += bytes;
        self.young.insert(key, value);
    }

    /// Forget everything.
    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
        self.young_bytes = 0;
        self.old_bytes = 0;
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
}
