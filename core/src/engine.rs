//! From an event to what is known of it.

use crate::cache::{Generations, Known, RuleId};
use crate::key::{LONGEST, push_zeroed};
use crate::mask::Patterns;
use crate::rules::{Event, Rules, is_plain};
use crate::shapes::Shapes;
use hashbrown::HashSet;

/// Of the room for what is known, the part for messages that differ in digits alone; the rest is for those made alike.
const SHARE_OF_MESSAGES: (usize, usize) = (3, 4);

/// What was found out of an event by the reference.
#[derive(Clone, Debug)]
pub struct Lesson<'a, A> {
    /// The event.
    pub event: Event<'a>,
    /// The rules that may match messages that differ in digits from it, in the order of their file.
    pub candidates: &'a [RuleId],
    /// The rule that matches it.
    pub rule: Option<RuleId>,
    /// The template of the message.
    pub template: &'a [u8],
    /// What was decided.
    pub answer: A,
    /// How many bytes the answer takes.
    pub bytes: usize,
}

/// Answers for events, learned from the reference.
pub struct Engine<A> {
    rules: Rules,
    routed: HashSet<Box<[u8]>>,
    all_sources_matter: bool,
    messages: Generations<Known<A>>,
    shapes: Shapes<A>,
    /// A buffer that is used again for each event.
    key: Vec<u8>,
}

impl<A: Clone> Engine<A> {
    /// Return an engine that knows nothing yet. Events of the `routed` sources are decided for each source apart.
    pub fn new(
        rules: Rules,
        masking: Option<Patterns>,
        routed: HashSet<Box<[u8]>>,
        max_bytes: usize,
    ) -> Self {
        let for_messages = max_bytes / SHARE_OF_MESSAGES.1 * SHARE_OF_MESSAGES.0;
        Self {
            rules,
            routed,
            all_sources_matter: false,
            messages: Generations::new(for_messages),
            shapes: Shapes::new(masking, max_bytes - for_messages),
            key: Vec::new(),
        }
    }

    /// Forget all answers; from now on they are for each source apart, or not.
    pub fn forget(&mut self, all_sources_matter: bool) {
        self.messages.clear();
        self.shapes.clear();
        self.all_sources_matter = all_sources_matter;
    }

    /// Return how many messages and shapes of messages are known.
    pub fn len(&self) -> usize {
        self.messages.len() + self.shapes.len()
    }

    /// Return whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Return how many bytes all that is known takes.
    pub fn bytes(&self) -> usize {
        self.messages.bytes() + self.shapes.bytes()
    }

    /// Return what is known of an event; `None` where the reference has to be asked.
    pub fn answer(&mut self, event: Event<'_>) -> Option<A> {
        if event.message.len() > LONGEST {
            return None;
        }
        let mut key = std::mem::take(&mut self.key);
        let answer = self.look_up(event, &mut key);
        self.key = key;
        answer
    }

    fn look_up(&mut self, event: Event<'_>, key: &mut Vec<u8>) -> Option<A> {
        let start = self.start_key(event.source, key);
        push_zeroed(event.message, key);
        if let Some(known) = self.messages.get(key) {
            let rule = self.rules.first_of(&known.candidates, event)?;
            if let Some(answer) = known.outcome(rule) {
                return Some(answer.clone());
            }
            if !is_plain(event.message) {
                return None;
            }
            let answer = self.shapes.answer(key, start, rule)?;
            known.outcomes.push((rule, answer.clone()));
            return Some(answer);
        }
        if !is_plain(event.message) || self.shapes.is_empty() {
            return None;
        }
        let candidates = self.rules.candidates(&key[start..])?;
        let rule = self.rules.first_of(&candidates, event)?;
        let answer = self.shapes.answer(key, start, rule)?;
        self.messages.put_when_met_again(key, || Known {
            candidates,
            outcomes: vec![(rule, answer.clone())],
        });
        Some(answer)
    }

    /// Begin a key with the source, where what is decided depends on it; return where the message begins.
    fn start_key(&self, source: &[u8], key: &mut Vec<u8>) -> usize {
        key.clear();
        if self.all_sources_matter || self.routed.contains(source) {
            key.extend_from_slice(source);
            key.push(0xff); // in no text
        }
        key.len()
    }

    /// Learn what the reference says of an event.
    pub fn learn(&mut self, lesson: Lesson<'_, A>) {
        let Lesson {
            event,
            rule,
            answer,
            ..
        } = lesson;
        let Event {
            source, message, ..
        } = event;
        if message.is_empty() || message.len() > LONGEST {
            return;
        }
        if self.rules.first_of(lesson.candidates, event) != Some(rule) {
            return; // it takes the reference to say which rule matches
        }
        let mut key = std::mem::take(&mut self.key);
        let start = self.start_key(source, &mut key);
        push_zeroed(message, &mut key);
        if let Some(known) = self.messages.get(&key) {
            if known.outcome(rule).is_none() {
                known.outcomes.push((rule, answer.clone()));
            }
        } else {
            let known = Known {
                candidates: lesson.candidates.into(),
                outcomes: vec![(rule, answer.clone())],
            };
            self.messages.put(&key, known, lesson.bytes);
        }
        if is_plain(message) {
            self.shapes
                .learn(&key, start, lesson.template, rule, &answer, lesson.bytes);
        }
        self.key = key;
    }
}
