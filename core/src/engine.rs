//! From the bytes of a record to what is known of its event.

use crate::cache::{Generations, Known, RuleId};
use crate::inner::{Inner, holds_another};
use crate::key::{LONGEST, push_zeroed};
use crate::mask::Masker;
use crate::names::Names;
use crate::record::scan;
use crate::rules::{Event, Rules, is_plain};
use crate::severity::Severity;
use crate::shapes::Shapes;
use hashbrown::{HashMap, HashSet};

/// How many sources are kept as one text each.
const MOST_SOURCES: usize = 10_000;
/// Of the room for what is known, the part for messages that differ in digits alone; the rest is for those made alike.
const SHARE_OF_MESSAGES: (usize, usize) = (3, 4);

/// What is known of a record: the answer for its event, its source, and where its closing brace is.
#[derive(Clone, Debug)]
pub struct Hit<A> {
    /// The answer that was learned for messages like this one.
    pub answer: A,
    /// The number of the source; see `Engine::sources`.
    pub source: u32,
    /// The severity of the event.
    pub severity: Severity,
    /// Where the closing brace of the record is.
    pub end: usize,
}

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

/// Answers for records, learned from the reference.
pub struct Engine<A> {
    names: Names,
    inner: Option<Inner>,
    rules: Rules,
    routed: HashSet<Box<[u8]>>,
    all_sources_matter: bool,
    messages: Generations<Known<A>>,
    shapes: Shapes<A>,
    source_numbers: HashMap<Box<[u8]>, u32>,
    /// The sources by their numbers.
    pub sources: Vec<Box<[u8]>>,
    room: Room,
}

/// Buffers that are used again for each record.
#[derive(Debug, Default)]
struct Room {
    message: Vec<u8>,
    own: Vec<u8>,
    key: Vec<u8>,
}

impl<A: Clone> Engine<A> {
    /// Return an engine that knows nothing yet. Events of the `routed` sources are decided for each source apart.
    pub fn new(
        names: Names,
        inner: Option<Inner>,
        rules: Rules,
        masker: Option<Masker>,
        routed: HashSet<Box<[u8]>>,
        max_bytes: usize,
    ) -> Self {
        let for_messages = max_bytes / SHARE_OF_MESSAGES.1 * SHARE_OF_MESSAGES.0;
        Self {
            names,
            inner,
            rules,
            routed,
            all_sources_matter: false,
            messages: Generations::new(for_messages),
            shapes: Shapes::new(masker, max_bytes - for_messages),
            source_numbers: HashMap::new(),
            sources: Vec::new(),
            room: Room::default(),
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

    /// Return whether the numbers of the sources hold no longer: they are given again from 0.
    pub fn renumber_sources(&mut self) -> bool {
        let too_many = self.sources.len() > MOST_SOURCES;
        if too_many {
            self.sources.clear();
            self.source_numbers.clear();
        }
        too_many
    }

    /// Return what is known of a record of a topic; `None` where the reference has to be asked.
    pub fn look_up(&mut self, value: &[u8], topic: &[u8]) -> Option<Hit<A>> {
        let found = scan(value, &self.names)?;
        let message = found.message?;
        let mut room = std::mem::take(&mut self.room);
        let mut message = message.resolved(&mut room.message);
        let mut severity = Some(found.severity);
        if holds_another(message) {
            let inner = self.inner.as_ref();
            let own = inner.and_then(|inner| inner.own_part(message, &mut room.own));
            severity = own.map(|own| if own == 0 { found.severity } else { own });
            message = &room.own;
        }
        let hit = severity.and_then(|severity| {
            let event = Event {
                source: found.source.map_or(topic, |source| source.raw),
                message,
                severity,
            };
            let is_short = message.len() <= LONGEST;
            let answer = is_short.then(|| self.answer(event, &mut room.key))??;
            Some(Hit {
                answer,
                source: self.number_of(event.source),
                severity,
                end: found.end,
            })
        });
        self.room = room;
        hit
    }

    fn answer(&mut self, event: Event<'_>, key: &mut Vec<u8>) -> Option<A> {
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
        let known = Known {
            candidates,
            outcomes: vec![(rule, answer.clone())],
        };
        self.messages.put(key, known, 0);
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

    fn number_of(&mut self, source: &[u8]) -> u32 {
        if let Some(number) = self.source_numbers.get(source) {
            return *number;
        }
        let number = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.push(source.into());
        self.source_numbers.insert(source.into(), number);
        number
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
        let mut room = std::mem::take(&mut self.room);
        let start = self.start_key(source, &mut room.key);
        push_zeroed(message, &mut room.key);
        if let Some(known) = self.messages.get(&room.key) {
            if known.outcome(rule).is_none() {
                known.outcomes.push((rule, answer.clone()));
            }
        } else {
            let known = Known {
                candidates: lesson.candidates.into(),
                outcomes: vec![(rule, answer.clone())],
            };
            self.messages.put(&room.key, known, lesson.bytes);
        }
        if is_plain(message) {
            let key = &room.key;
            self.shapes
                .learn(key, start, lesson.template, rule, &answer, lesson.bytes);
        }
        self.room = room;
    }
}
