//! A row that is one line, and that line as Python's writer of CSV would write it.

use memchr::{memchr, memchr2};

const QUOTE: u8 = b'"';

/// What a line is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A message; it is written with commas behind it.
    Message,
    /// Cells.
    Cells {
        /// What stands between two.
        delimiter: u8,
        /// How many a row has.
        width: usize,
        /// The place of the message.
        message: usize,
        /// The place of the source.
        source: Option<usize>,
    },
}

/// The cells of a row that count. Buffers, to be used again for each row.
#[derive(Debug, Default)]
pub struct Row {
    /// The message.
    pub message: Vec<u8>,
    /// The source; nothing where no cell has it.
    pub source: Vec<u8>,
}

impl Shape {
    /// Read a line, and write it without its end, in quotes where it needs them. `None` where it is not a row of its own
    /// that every reader sees alike, with as many cells as there should be and a message; `into` has then no more than it
    /// had, or the start of a row.
    pub fn copy(self, line: &[u8], row: &mut Row, into: &mut Vec<u8>) -> Option<()> {
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        let body = body.strip_suffix(b"\r").unwrap_or(body);
        if body.is_empty() || memchr2(b'\r', 0, body).is_some() {
            return None;
        }
        row.message.clear();
        row.source.clear();
        match self {
            Self::Message => {
                row.message.extend_from_slice(body);
                push_cell(body, b',', into);
            }
            Self::Cells {
                delimiter,
                width,
                message,
                source,
            } => {
                let mut rest = body;
                for place in 0..width {
                    if place > 0 {
                        rest = rest.strip_prefix(&[delimiter])?;
                        into.push(delimiter);
                    }
                    let (cell, is_quoted) = first_cell(rest, delimiter)?;
                    rest = &rest[cell.len()..];
                    let inner = &cell[usize::from(is_quoted)..cell.len() - usize::from(is_quoted)];
                    let needs_quotes = is_quoted && memchr2(delimiter, QUOTE, inner).is_some();
                    into.extend_from_slice(if needs_quotes { cell } else { inner });
                    if place == message {
                        push_unescaped(inner, needs_quotes, &mut row.message);
                    }
                    if Some(place) == source {
                        push_unescaped(inner, needs_quotes, &mut row.source);
                    }
                }
                if !rest.is_empty() {
                    return None;
                }
            }
        }
        // Whether a message without such a sign is blank is for the reference to say.
        row.message.iter().any(u8::is_ascii_graphic).then_some(())
    }
}

/// Return the first cell, with its quotes, and whether it has any.
fn first_cell(rest: &[u8], delimiter: u8) -> Option<(&[u8], bool)> {
    if rest.first() != Some(&QUOTE) {
        let end = memchr2(delimiter, QUOTE, rest).unwrap_or(rest.len());
        let is_odd = rest.get(end) == Some(&QUOTE);
        return (!is_odd).then_some((&rest[..end], false));
    }
    let mut end = 1;
    loop {
        end += memchr(QUOTE, rest.get(end..)?)? + 1;
        match rest.get(end) {
            Some(&QUOTE) => end += 1,
            None => return Some((rest, true)),
            Some(next) if *next == delimiter => return Some((&rest[..end], true)),
            Some(_) => return None,
        }
    }
}

/// Write what is in a cell, in which each quote within quotes stands twice.
fn push_unescaped(inner: &[u8], is_quoted: bool, into: &mut Vec<u8>) {
    let mut rest = inner;
    while let Some(place) = memchr(QUOTE, rest).filter(|_| is_quoted) {
        into.extend_from_slice(&rest[..=place]);
        rest = &rest[place + 2..];
    }
    into.extend_from_slice(rest);
}

/// Write a cell, in quotes where it needs them.
fn push_cell(cell: &[u8], delimiter: u8, into: &mut Vec<u8>) {
    if memchr2(delimiter, QUOTE, cell).is_none() {
        return into.extend_from_slice(cell);
    }
    into.push(QUOTE);
    for part in cell.split_inclusive(|byte| *byte == QUOTE) {
        into.extend_from_slice(part);
        if part.ends_with(&[QUOTE]) {
            into.push(QUOTE);
        }
    }
    into.push(QUOTE);
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: Shape = Shape::Cells {
        delimiter: b',',
        width: 3,
        message: 1,
        source: Some(2),
    };

    fn copied(shape: Shape, line: &str) -> Option<[String; 3]> {
        let (mut row, mut into) = (Row::default(), Vec::new());
        shape.copy(line.as_bytes(), &mut row, &mut into)?;
        Some(
            [into, row.message, row.source]
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        )
    }

    fn parts(parts: [&str; 3]) -> Option<[String; 3]> {
        Some(parts.map(str::to_owned))
    }

    #[test]
    fn a_row_is_written_as_the_writer_of_python_does() {
        assert_eq!(copied(CELLS, "a,b,c\r\n"), parts(["a,b,c", "b", "c"]));
        assert_eq!(copied(CELLS, ",b,\n"), parts([",b,", "b", ""]));
        assert_eq!(copied(CELLS, r#""a","b","c""#), parts(["a,b,c", "b", "c"]));
        let quoted = r#"a,"b ""1"", c","""""#;
        assert_eq!(copied(CELLS, quoted), parts([quoted, r#"b "1", c"#, "\""]));
    }

    #[test]
    fn a_message_is_a_cell() {
        assert_eq!(copied(Shape::Message, "a b\r\n"), parts(["a b", "a b", ""]));
        assert_eq!(
            copied(Shape::Message, "a,\"b\"\n"),
            parts([r#""a,""b""""#, "a,\"b\"", ""])
        );
    }

    #[test]
    fn what_readers_may_see_otherwise_is_left() {
        for line in [
            "\n",
            "a,b\n",
            "a,b,c,d\n",
            "a,,c\n",
            "a, ,c\n",
            "a,é,c\n",
            "a,b\rd,c\n",
            "a,\"b\n",
            "a,b\"c,d\n",
            "a,\"b\"c,d\n",
            "a,b,\"\n",
            "a,b\0,c\n",
            "a,b, \"c\"\n",
        ] {
            assert_eq!(copied(CELLS, line), None, "{line:?}");
        }
    }
}
