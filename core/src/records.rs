//! From the bytes of a record to what is known of its event.

use crate::engine::Engine;
use crate::inner::{Inner, holds_another};
use crate::names::Names;
use crate::record::scan;
use crate::rules::Event;
use crate::severity::Severity;
use hashbrown::HashMap;

/// How many sources are kept as one text each.
const MOST_SOURCES: usize = 10_000;

/// What is known of a record: the answer for its event, its source, and where its closing brace is.
#[derive(Clone, Debug)]
pub struct Hit<A> {
    /// The answer that was learned for messages like this one.
    pub answer: A,
    /// The number of the source; see `Records::sources`.
    pub source: u32,
    /// The severity of the event.
    pub severity: Severity,
    /// Where the closing brace of the record is.
    pub end: usize,
}

/// Reads records of one format, and looks up what is known of their events.
pub struct Records {
    names: Names,
    inner: Option<Inner>,
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
}

impl Records {
    /// Return what reads records with members of these names, and messages that hold another as `inner` has it.
    pub fn new(names: Names, inner: Option<Inner>) -> Self {
        Self {
            names,
            inner,
            source_numbers: HashMap::new(),
            sources: Vec::new(),
            room: Room::default(),
        }
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
    pub fn look_up<A: Clone>(
        &mut self,
        engine: &mut Engine<A>,
        value: &[u8],
        topic: &[u8],
    ) -> Option<Hit<A>> {
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
            Some(Hit {
                answer: engine.answer(event)?,
                source: self.number_of(event.source),
                severity,
                end: found.end,
            })
        });
        self.room = room;
        hit
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
}
