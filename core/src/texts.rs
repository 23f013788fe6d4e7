//! Verdicts for events that are there as texts: messages with their sources, or rows of CSV.

use crate::arguments::{MaskingArguments, RuleArguments, patterns_of, rules_of};
use crate::cache::RuleId;
use crate::csv::{Row, Shape};
use crate::engine::{Engine, Lesson};
use crate::rules::Event;
use memchr::memchr;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyList, PyString};
use std::sync::Arc;

/// What was decided.
struct Answer {
    verdict: Py<PyAny>,
    /// What stands behind the cells of a row, its line end included.
    results: Box<[u8]>,
}

/// The verdicts of one bundle for events without a severity. For one thread.
#[pyclass]
pub struct Texts {
    engine: Engine<Arc<Answer>>,
    row: Row,
}

#[pymethods]
impl Texts {
    /// Make what has learned nothing yet; the arguments are those of `Core`.
    #[new]
    #[pyo3(signature = (*, rules, masking, routed, max_bytes))]
    fn new(
        rules: Vec<RuleArguments>,
        masking: MaskingArguments,
        routed: Vec<String>,
        max_bytes: usize,
    ) -> PyResult<Self> {
        let routed = routed
            .into_iter()
            .map(|each| each.into_bytes().into())
            .collect();
        Ok(Self {
            engine: Engine::new(
                rules_of(rules),
                Some(patterns_of(masking)?),
                routed,
                max_bytes,
            ),
            row: Row::default(),
        })
    }

    /// Return the verdict for each message from its source, `None` where it is not known, and the places of those that
    /// are not. Other threads run while it looks.
    fn label<'py>(
        &mut self,
        py: Python<'py>,
        messages: &Bound<'py, PyList>,
        sources: &Bound<'py, PyList>,
    ) -> PyResult<(Bound<'py, PyList>, Vec<usize>)> {
        if messages.len() != sources.len() {
            return Err(PyValueError::new_err("the lists differ in length"));
        }
        // A text with half of a surrogate pair is for the reference.
        let texts = |list: &Bound<'py, PyList>| -> Vec<Option<PyBackedStr>> {
            list.iter().map(|each| each.extract().ok()).collect()
        };
        let (messages, sources) = (texts(messages), texts(sources));
        let engine = &mut self.engine;
        let known: Vec<Option<Arc<Answer>>> = py.detach(|| {
            let events = messages.iter().zip(&sources);
            events
                .map(|(message, source)| {
                    engine.answer(event(
                        message.as_ref()?.as_bytes(),
                        source.as_ref()?.as_bytes(),
                    ))
                })
                .collect()
        });
        let missing = known.iter().enumerate().filter(|(_, each)| each.is_none());
        let misses = missing.map(|(place, _)| place).collect();
        let verdicts = known
            .iter()
            .map(|each| each.as_ref().map(|answer| answer.verdict.clone_ref(py)));
        Ok((PyList::new(py, verdicts)?, misses))
    }

    /// Write lines from byte `start` of a text on with their results, as many as are plain rows whose verdict is known;
    /// return how many these are, the byte behind them, and what is written. `cells` is the delimiter of a CSV, how many
    /// cells a row has, and the places of message and source; without it a line is a message. Other threads run meanwhile.
    fn write<'py>(
        &mut self,
        py: Python<'py>,
        text: &Bound<'py, PyString>,
        start: usize,
        cells: Option<(char, usize, usize, Option<usize>)>,
    ) -> PyResult<(usize, usize, Bound<'py, PyString>)> {
        let mut written = Vec::new();
        let (mut rows, mut end) = (0, start);
        // A text with half of a surrogate pair is for the reference, and so is an odd delimiter.
        if let (Ok(text), Some(shape)) = (text.extract::<PyBackedStr>(), shape_of(cells)) {
            py.detach(|| {
                while let Some(line) = first_line(text.as_bytes(), end) {
                    let behind = written.len();
                    if self.write_row(line, shape, &mut written).is_none() {
                        written.truncate(behind);
                        break;
                    }
                    rows += 1;
                    end += line.len();
                }
            });
        }
        Ok((rows, end, PyString::from_bytes(py, &written)?))
    }

    /// Learn what the reference says of an event: see `Core::learn`. `results` stand behind the cells of a row.
    #[expect(clippy::too_many_arguments, reason = "it is called from Python")]
    fn learn(
        &mut self,
        message: &str,
        source: &str,
        candidates: Vec<RuleId>,
        rule: Option<RuleId>,
        template: &str,
        verdict: Py<PyAny>,
        results: &str,
    ) {
        self.engine.learn(Lesson {
            event: event(message.as_bytes(), source.as_bytes()),
            candidates: &candidates,
            rule,
            template: template.as_bytes(),
            answer: Arc::new(Answer {
                verdict,
                results: results.as_bytes().into(),
            }),
            bytes: 2 * results.len(),
        });
    }

    /// Forget what was learned; from now on verdicts are for each source apart, or not.
    fn forget(&mut self, sources_matter: bool) {
        self.engine.forget(sources_matter);
    }

    fn __len__(&self) -> usize {
        self.engine.len()
    }
}

impl Texts {
    fn write_row(&mut self, line: &[u8], shape: Shape, into: &mut Vec<u8>) -> Option<()> {
        shape.copy(line, &mut self.row, into)?;
        let answer = self
            .engine
            .answer(event(&self.row.message, &self.row.source))?;
        into.extend_from_slice(&answer.results);
        Some(())
    }
}

fn shape_of(cells: Option<(char, usize, usize, Option<usize>)>) -> Option<Shape> {
    let Some((delimiter, width, message, source)) = cells else {
        return Some(Shape::Message);
    };
    let delimiter = u8::try_from(delimiter)
        .ok()
        .filter(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0))?;
    Some(Shape::Cells {
        delimiter,
        width,
        message,
        source,
    })
}

/// Return the line that begins at a byte of a text, with its end; `None` where the text ends.
fn first_line(text: &[u8], start: usize) -> Option<&[u8]> {
    let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
    let end = memchr(b'\n', rest).map_or(rest.len(), |place| place + 1);
    Some(&rest[..end])
}

fn event<'a>(message: &'a [u8], source: &'a [u8]) -> Event<'a> {
    Event {
        source,
        message,
        severity: 0,
    }
}
