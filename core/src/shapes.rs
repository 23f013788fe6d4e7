//! What was decided for messages that have one template, under the template and under cheaper keys.

use crate::cache::{Generations, Outcomes, RuleId, outcome};
use crate::key::push_alike;
use crate::mask::{Masker, Patterns};

/// Stands before a template, and in no text.
const TEMPLATE: u8 = 0xfe;

/// The answers for messages that are plain (see `rules::is_plain`), whatever the values in them.
pub struct Shapes<A> {
    known: Generations<Outcomes<A>>,
    /// What masks. It is made when it is first needed: to compile the patterns takes some 40 ms.
    masker: Option<Masker>,
    patterns: Option<Patterns>,
    /// Buffers that are used again for each message.
    room: Vec<u8>,
    template: Vec<u8>,
}

impl<A: Clone> Shapes<A> {
    /// Return shapes of which nothing is known; without patterns only messages with a known key are recognised.
    pub fn new(patterns: Option<Patterns>, max_bytes: usize) -> Self {
        Self {
            known: Generations::new(max_bytes),
            masker: None,
            patterns,
            room: Vec::new(),
            template: Vec::new(),
        }
    }

    /// Return the answer for a message that a rule matches, or none. From `start` on `key` is the message with its
    /// digits zeroed; what is before it belongs to the key.
    pub fn answer(&mut self, key: &[u8], start: usize, rule: Option<RuleId>) -> Option<A> {
        let is_hinted = self.masker()?.read(&key[start..])?;
        if !is_hinted {
            push_key(key, start, &mut self.room);
            if let Some(found) = self.known.get(&self.room)
                && let Some(answer) = outcome(found, rule)
            {
                return Some(answer.clone());
            }
        }
        self.template.clear();
        self.template.push(TEMPLATE);
        self.template.extend_from_slice(&key[..start]);
        let masker = self.masker.as_mut()?;
        masker.push_template(is_hinted, &mut self.template)?;
        let answer = outcome(self.known.get(&self.template)?, rule)?.clone();
        if !is_hinted {
            match self.known.get(&self.room) {
                Some(found) => found.push((rule, answer.clone())),
                None => self
                    .known
                    .put_when_met_again(&self.room, || vec![(rule, answer.clone())]),
            }
        }
        Some(answer)
    }

    /// Learn the answer for a message, whose template the reference knows, and for those like it.
    pub fn learn(
        &mut self,
        key: &[u8],
        start: usize,
        template: &[u8],
        rule: Option<RuleId>,
        answer: &A,
        bytes: usize,
    ) {
        let is_hinted = self.masker().and_then(|masker| masker.read(&key[start..]));
        if is_hinted == Some(false) {
            push_key(key, start, &mut self.room);
            self.add(rule, answer, 0);
        }
        self.room.clear();
        self.room.push(TEMPLATE);
        self.room.extend_from_slice(&key[..start]);
        self.room.extend_from_slice(template);
        self.add(rule, answer, bytes);
    }

    fn masker(&mut self) -> Option<&mut Masker> {
        if let Some(patterns) = self.patterns.take() {
            self.masker = Masker::new(&patterns);
        }
        self.masker.as_mut()
    }

    /// Add an answer to what is known under the key in `room`.
    fn add(&mut self, rule: Option<RuleId>, answer: &A, bytes: usize) {
        match self.known.get(&self.room) {
            Some(found) if outcome(found, rule).is_some() => {}
            Some(found) => found.push((rule, answer.clone())),
            None => self
                .known
                .put(&self.room, vec![(rule, answer.clone())], bytes),
        }
    }

    /// Forget everything.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// Return how many keys are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Return whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Return how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.known.bytes()
    }
}

/// Make the key of messages that have the same values made alike.
fn push_key(key: &[u8], start: usize, into: &mut Vec<u8>) {
    into.clear();
    into.extend_from_slice(&key[..start]);
    push_alike(&key[start..], into);
}
