//! What a sender says of how severe an event is, as a number: 0 where it says nothing that is known.

use hashbrown::HashMap;

/// A severity by its place in the vocabulary; 0 is none.
pub type Severity = u8;

/// Of a longer word only the beginning counts.
const SEEN_BYTES: usize = 20;

/// The words and numbers that mean a severity, as the reference has them.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Words in lower case, and others that count as they are written.
    pub words: HashMap<Box<[u8]>, Severity>,
    /// What a number means, for each from 0 on.
    pub numbers: Vec<Severity>,
    /// What a number of OpenTelemetry means.
    pub otel_numbers: Vec<Severity>,
}

impl Vocabulary {
    /// Return the severity that a word means; `None` where the reference has to say.
    pub fn of_word(&self, word: &[u8]) -> Option<Severity> {
        if let Some(severity) = self.words.get(word) {
            return Some(*severity);
        }
        if !word.is_ascii() || word.len() > SEEN_BYTES {
            return None;
        }
        let word = word.trim_ascii().to_ascii_lowercase();
        if !word.is_empty() && word.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Some(self.words.get(&*word).copied().unwrap_or(0))
    }

    /// Return the severity that a number means as JSON has it; `None` where the reference has to say.
    pub fn of_number(&self, number: &[u8], is_otel: bool) -> Option<Severity> {
        let number: usize = std::str::from_utf8(number).ok()?.parse().ok()?;
        let numbers = if is_otel {
            &self.otel_numbers
        } else {
            &self.numbers
        };
        numbers.get(number).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_mean_what_they_are_said_to() {
        let vocabulary = Vocabulary {
            words: HashMap::from([((*b"warn").into(), 5), ((*b"error").into(), 6)]),
            numbers: vec![7, 6],
            otel_numbers: vec![0, 1],
        };
        for (word, expected) in [
            (&b"warn"[..], Some(5)),
            (b" WARN ", Some(5)),
            (b"Error", Some(6)),
            (b"odd", Some(0)),
            (b"", Some(0)),
            (b"17", None),
            (b"\xc3\xa9", None),
        ] {
            assert_eq!(vocabulary.of_word(word), expected);
        }
        assert_eq!(vocabulary.of_number(b"1", false), Some(6));
        assert_eq!(vocabulary.of_number(b"1", true), Some(1));
        assert_eq!(vocabulary.of_number(b"-1", false), None);
        assert_eq!(vocabulary.of_number(b"2.5", false), None);
        assert_eq!(vocabulary.of_number(b"2", false), None);
    }
}
