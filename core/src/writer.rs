//! From what is known of the records of a batch to Python's objects: labelled records and their headers.

use crate::records::Hit;
use crate::splice::{self, EventId, Place};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyList, PyString};
use std::sync::Arc;

/// What a verdict contributes to a labelled record.
pub struct Answer {
    /// The verdict as the reference has it.
    pub verdict: Py<PyAny>,
    /// What stands between the members of the record and the id of its event.
    pub classification: Box<[u8]>,
    /// Headers, each a pair.
    pub headers: Vec<Py<PyAny>>,
}

/// What is known of a record, if anything is.
pub type Known = Option<Hit<Arc<Answer>>>;

/// The records of a batch; each list has one entry for each.
pub struct Batch {
    /// Their bytes, `None` for a record that the reference has to take.
    pub values: Vec<Option<PyBackedBytes>>,
    /// The topics there are.
    pub topics: Vec<PyBackedStr>,
    /// The topic of each record, by its place.
    pub topic_of: Vec<usize>,
    /// Their partitions.
    pub partitions: Vec<i64>,
    /// Their offsets.
    pub offsets: Vec<i64>,
}

impl Batch {
    /// Take the records over from Python.
    pub fn new(
        values: &Bound<'_, PyList>,
        topics: &Bound<'_, PyList>,
        partitions: Vec<i64>,
        offsets: Vec<i64>,
    ) -> PyResult<Self> {
        let mut topic_of = Vec::with_capacity(topics.len());
        let mut names: Vec<PyBackedStr> = Vec::new();
        for topic in topics.iter() {
            let name = topic.cast::<PyString>()?;
            if names.last().is_none_or(|last| *name != **last) {
                names.push(name.extract()?);
            }
            topic_of.push(names.len() - 1);
        }
        let bytes = values.iter().map(|each| each.cast_into::<PyBytes>().ok());
        let batch = Self {
            values: bytes.map(|each| each.map(Into::into)).collect(),
            topics: names,
            topic_of,
            partitions,
            offsets,
        };
        let lengths = [
            batch.topic_of.len(),
            batch.partitions.len(),
            batch.offsets.len(),
        ];
        if lengths != [batch.values.len(); 3] {
            return Err(PyValueError::new_err("the lists differ in length"));
        }
        Ok(batch)
    }
}

/// A batch whose known records are labelled; the lists but `misses` have one entry for each record.
#[pyclass(frozen, get_all)]
pub struct Labelled {
    /// Bytes of the labelled record, `None` for one that the reference has to take.
    values: Py<PyList>,
    /// What was learned as the verdict, `None` likewise.
    verdicts: Py<PyList>,
    /// The source of the event, `None` likewise.
    sources: Py<PyList>,
    /// The severity of the event, `None` likewise.
    severities: Py<PyList>,
    /// Our headers, `None` likewise.
    headers: Py<PyList>,
    /// The places of the records that the reference has to take.
    misses: Py<PyList>,
}

/// Makes Python's objects; those that are alike are made once.
pub struct Writer {
    sources: Vec<Py<PyString>>,
    severities: Vec<(Py<PyString>, Vec<u8>)>,
    id_header: Option<Py<PyString>>,
    event_id: EventId,
}

impl Writer {
    /// Return a writer; see `Core::new`.
    pub fn new(severities: Vec<(Py<PyString>, Vec<u8>)>, id_header: Option<Py<PyString>>) -> Self {
        Self {
            sources: Vec::new(),
            severities,
            id_header,
            event_id: EventId::default(),
        }
    }

    /// Return the place of a severity in the vocabulary.
    pub fn place_of(&self, py: Python<'_>, severity: &str) -> Option<usize> {
        let mut severities = self.severities.iter();
        severities.position(|(each, _)| each.bind(py) == severity)
    }

    /// Forget the sources: their numbers are given again.
    pub fn forget_sources(&mut self) {
        self.sources.clear();
    }

    /// Make texts of the sources that have come since.
    pub fn add_sources(&mut self, py: Python<'_>, sources: &[Box<[u8]>]) {
        for source in &sources[self.sources.len()..] {
            let text = String::from_utf8_lossy(source);
            self.sources.push(PyString::new(py, &text).unbind());
        }
    }

    /// Write the records that are known.
    pub fn write(&mut self, py: Python<'_>, batch: &Batch, known: &[Known]) -> PyResult<Labelled> {
        let mut values = Vec::with_capacity(known.len());
        let mut headers = Vec::with_capacity(known.len());
        let mut misses = Vec::new();
        let mut ours: Vec<Py<PyAny>> = Vec::new();
        let mut topic = None;
        for (place, hit) in known.iter().enumerate() {
            let (Some(hit), Some(record)) = (hit, &batch.values[place]) else {
                misses.push(place);
                values.push(None);
                headers.push(None);
                continue;
            };
            if topic != Some(batch.topic_of[place]) {
                topic = Some(batch.topic_of[place]);
                self.event_id
                    .set_topic(&batch.topics[batch.topic_of[place]]);
            }
            let id = self.event_id.of(Place {
                partition: batch.partitions[place],
                offset: batch.offsets[place],
            });
            let end = &self.severities[usize::from(hit.severity)].1;
            let parts = [&record[..hit.end], &hit.answer.classification, id, end];
            values.push(Some(PyBytes::new_with(
                py,
                splice::length(parts),
                |into| {
                    splice::write(into, parts);
                    Ok(())
                },
            )?));
            ours.clear();
            ours.extend(hit.answer.headers.iter().map(|each| each.clone_ref(py)));
            if let Some(name) = &self.id_header {
                let pair = (name, PyBytes::new(py, id)).into_pyobject(py)?;
                ours.push(pair.into_any().unbind());
            }
            headers.push(Some(PyList::new(py, ours.drain(..))?));
        }
        let list = |of: &dyn Fn(&Hit<Arc<Answer>>) -> Py<PyAny>| -> PyResult<Py<PyList>> {
            let found = known.iter().map(|hit| hit.as_ref().map(of));
            Ok(PyList::new(py, found)?.unbind())
        };
        Ok(Labelled {
            values: PyList::new(py, values)?.unbind(),
            verdicts: list(&|hit| hit.answer.verdict.clone_ref(py))?,
            sources: list(&|hit| self.sources[hit.source as usize].clone_ref(py).into_any())?,
            severities: list(&|hit| {
                let (name, _) = &self.severities[usize::from(hit.severity)];
                name.clone_ref(py).into_any()
            })?,
            headers: PyList::new(py, headers)?.unbind(),
            misses: PyList::new(py, misses)?.unbind(),
        })
    }
}
