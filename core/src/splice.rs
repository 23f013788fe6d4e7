//! Writes the labelled record: the record as it is, with the classification spliced in before its closing brace.

use std::ops::Range;

/// The name of the member that is added; a record that holds it already is for the reference.
pub const ADDED: &str = "classification";

/// What a record contributes to the id of its event.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The partition of the record.
    pub partition: i64,
    /// Its offset.
    pub offset: i64,
}

/// The id of an event, `topic-partition-offset`, and room for the next.
#[derive(Debug, Default)]
pub struct EventId {
    text: Vec<u8>,
    topic_length: usize,
}

impl EventId {
    /// Set the topic of the events that follow.
    pub fn set_topic(&mut self, topic: &str) {
        self.text.clear();
        self.text.extend_from_slice(topic.as_bytes());
        self.topic_length = topic.len();
    }

    /// Return the id of the event of a record.
    pub fn of(&mut self, place: Place) -> &[u8] {
        self.text.truncate(self.topic_length);
        for number in [place.partition, place.offset] {
            self.text.push(b'-');
            push_number(&mut self.text, number);
        }
        &self.text
    }
}

fn push_number(into: &mut Vec<u8>, number: i64) {
    if number < 0 {
        into.push(b'-');
    }
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut left = number.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    into.extend_from_slice(&digits[start..]);
}

/// Return how long the parts are together.
pub fn length(parts: [&[u8]; 4]) -> usize {
    parts.iter().map(|part| part.len()).sum()
}

/// Write the parts of a labelled record one behind the other: the record up to its closing brace, the classification up
/// to the id of the event, the id, and what closes the classification and the record.
pub fn write(into: &mut [u8], parts: [&[u8]; 4]) {
    let mut place = 0;
    for part in parts {
        let range: Range<usize> = place..place + part.len();
        into[range].copy_from_slice(part);
        place += part.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classification_is_the_last_member() {
        let mut id = EventId::default();
        id.set_topic("logs.raw");
        let id = id.of(Place {
            partition: 3,
            offset: 81_720,
        });
        let parts = [
            br#"{"log_message":"x""#,
            &br#","classification":{"event_id":""#[..],
            id,
            br#"","severity":"info"}}"#,
        ];
        let mut labelled = vec![0; length(parts)];
        write(&mut labelled, parts);
        let expected = br#"{"log_message":"x","classification":{"event_id":"logs.raw-3-81720","severity":"info"}}"#;
        assert_eq!(labelled, expected);
    }

    #[test]
    fn numbers_are_written_as_they_are() {
        for number in [0, 7, 10, -1, i64::MAX, i64::MIN] {
            let mut written = Vec::new();
            push_number(&mut written, number);
            assert_eq!(written, number.to_string().as_bytes());
        }
    }
}
