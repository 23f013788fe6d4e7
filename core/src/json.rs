//! Reads JSON strictly, one value at a time. What is not surely right, or odd, is `None`: for the reference to judge.

/// How deep values may be nested; what is deeper is for the reference.
const MAX_DEPTH: usize = 64;

/// A string as it is written between its quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text<'a> {
    /// The bytes between the quotes.
    pub raw: &'a [u8],
    /// Whether there is a backslash among them.
    pub escaped: bool,
}

impl<'a> Text<'a> {
    /// Return the text itself; `room` is used where escapes have to be resolved.
    pub fn resolved<'b>(&self, room: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        if !self.escaped {
            return self.raw;
        }
        room.clear();
        unescape(self.raw, room);
        room
    }
}

/// A place in a text of JSON.
pub struct Reader<'a> {
    value: &'a [u8],
    /// How many bytes have been read.
    pub place: usize,
}

impl<'a> Reader<'a> {
    /// Begin to read.
    pub fn new(value: &'a [u8]) -> Self {
        Self { value, place: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.value.get(self.place).copied()
    }

    /// Read a byte.
    pub fn byte(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.place += 1;
        Some(byte)
    }

    /// Read a byte that is the one wanted.
    pub fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.byte()? == wanted).then_some(())
    }

    /// Skip white space.
    pub fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.place += 1;
        }
    }

    /// Read a string, behind its first quote.
    pub fn string(&mut self) -> Option<Text<'a>> {
        let start = self.place;
        let mut escaped = false;
        loop {
            self.place += length_of_plain(self.value.get(self.place..)?);
            match self.byte()? {
                b'"' => {
                    let raw = &self.value[start..self.place - 1];
                    return Some(Text { raw, escaped });
                }
                b'\\' => {
                    escaped = true;
                    match self.byte()? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            let digits = self.value.get(self.place..self.place + 4)?;
                            // Halves of pairs are for the reference, whole pairs with them.
                            if (0xd800..0xe000).contains(&four_digits(digits)?) {
                                return None;
                            }
                            self.place += 4;
                        }
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
    }

    /// Read a value; return its text where it is a string.
    pub fn any_value(&mut self, depth: usize) -> Option<Option<Text<'a>>> {
        if depth == MAX_DEPTH {
            return None;
        }
        match self.byte()? {
            b'"' => return self.string().map(Some),
            b'{' => self.members(b'}', depth),
            b'[' => self.members(b']', depth),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            b'-' => {
                let first = self.byte()?;
                self.number(first)
            }
            first => self.number(first),
        }?;
        Some(None)
    }

    /// Read what an object or an array holds, behind its first bracket.
    fn members(&mut self, closing: u8, depth: usize) -> Option<()> {
        self.skip_space();
        if self.peek()? == closing {
            self.place += 1;
            return Some(());
        }
        loop {
            self.skip_space();
            if closing == b'}' {
                self.expect(b'"')?;
                self.string()?;
                self.skip_space();
                self.expect(b':')?;
                self.skip_space();
            }
            self.any_value(depth + 1)?;
            self.skip_space();
            match self.byte()? {
                b',' => {}
                byte if byte == closing => return Some(()),
                _ => return None,
            }
        }
    }

    /// Read a word whose first letter has been read.
    fn literal(&mut self, word: &[u8]) -> Option<()> {
        let start = self.place - 1;
        self.place = start + word.len();
        (self.value.get(start..self.place)? == word).then_some(())
    }

    /// Read a number whose first digit has been read.
    fn number(&mut self, first: u8) -> Option<()> {
        match first {
            b'0' => {}
            b'1'..=b'9' => {
                self.digits();
            }
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.place += 1;
            (self.digits() > 0).then_some(())?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.place += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.place += 1;
            }
            (self.digits() > 0).then_some(())?;
        }
        Some(())
    }

    fn digits(&mut self) -> usize {
        let start = self.place;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.place += 1;
        }
        self.place - start
    }
}

/// Return how many bytes come before a quote, a backslash, a control character or the end: eight are looked at at once.
fn length_of_plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let less_than = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut length = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let quotes = less_than(word ^ (ONES * u64::from(b'"')), 1);
        let backslashes = less_than(word ^ (ONES * u64::from(b'\\')), 1);
        let special = quotes | backslashes | less_than(word, 0x20);
        if special != 0 {
            return length + (special.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    length + rest.iter().position(is_special).unwrap_or(rest.len())
}

fn four_digits(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        Some(number << 4 | char::from(*digit).to_digit(16)?)
    })
}

/// Resolve the escapes of a string that `scan` has taken.
fn unescape(raw: &[u8], into: &mut Vec<u8>) {
    let mut place = 0;
    while let Some(length) = memchr::memchr(b'\\', &raw[place..]) {
        into.extend_from_slice(&raw[place..place + length]);
        place += length + 2;
        match raw[place - 1] {
            b'b' => into.push(0x08),
            b'f' => into.push(0x0c),
            b'n' => into.push(b'\n'),
            b'r' => into.push(b'\r'),
            b't' => into.push(b'\t'),
            b'u' => {
                let number = four_digits(&raw[place..place + 4]).unwrap_or(0);
                let character = char::from_u32(number).unwrap_or_default();
                into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                place += 4;
            }
            itself => into.push(itself),
        }
    }
    into.extend_from_slice(&raw[place..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_found_wherever_they_stand() {
        for place in 0..20 {
            for special in [b'"', b'\\', 0, 0x1f] {
                let mut bytes = vec![0xe9; 24];
                bytes[place] = special;
                assert_eq!(length_of_plain(&bytes), place);
            }
        }
        assert_eq!(length_of_plain("\u{7f}é ☃ xxxxxxxx".as_bytes()), 16);
    }
}
