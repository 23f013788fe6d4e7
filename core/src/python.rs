//! The module `logsluice_core`: batches of records in, labelled records out. Events as texts are in `texts.rs`.

use crate::arguments::{
    InnerArguments, MaskingArguments, Members, RuleArguments, names_of, patterns_of, rules_of,
};
use crate::cache::RuleId;
use crate::engine::{Engine, Lesson};
use crate::inner::Inner;
use crate::made::Made;
use crate::names::Role;
use crate::probes;
use crate::records::Records;
use crate::rules::Event;
use crate::severity::{Severity, Vocabulary};
use crate::splice;
use crate::texts::Texts;
use crate::writer::{Answer, Batch, Known, Labelled, Writer};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use std::collections::HashMap;
use std::sync::Arc;

/// The version of what Python calls; another than the caller knows is not used.
const INTERFACE: u32 = 3;

/// The hot path for the records of one format and the verdicts of one bundle. For one thread.
#[pyclass]
struct Core {
    records: Records,
    engine: Engine<Arc<Answer>>,
    writer: Writer,
}

#[pymethods]
impl Core {
    /// Make a core that has learned nothing yet.
    ///
    /// `members` are names of members, what each is for (`message`, `source`, `severity`, `otel_severity`, `error`, `file`,
    /// `outer`, `odd`) and its rank; `inner` has those of messages that hold another, those of which a message is made
    /// (telling, together, also: see `Made`), and the patterns of logfmt: of its start and of a pair. `words`, `numbers` and `otel_numbers` say which severity they mean, as a place in
    /// `severities`, which has the name of each and what closes a labelled record of such an event. `rules` are (source,
    /// severities, relaxed pattern, exact pattern where it is another one), `routed` the sources with routes of their
    /// own; `masking` is what the reference masks by (see `Patterns`). With an `id_header` each record gets a header of that name.
    #[new]
    #[pyo3(signature = (*, members, inner, words, numbers, otel_numbers, severities, rules, masking, routed, id_header, max_bytes))]
    #[expect(
        clippy::too_many_arguments,
        reason = "it is called from Python, by keyword"
    )]
    fn new(
        members: Members,
        inner: InnerArguments,
        words: HashMap<String, Severity>,
        numbers: Vec<Severity>,
        otel_numbers: Vec<Severity>,
        severities: Vec<(Py<PyString>, Vec<u8>)>,
        rules: Vec<RuleArguments>,
        masking: MaskingArguments,
        routed: Vec<String>,
        id_header: Option<Py<PyString>>,
        max_bytes: usize,
    ) -> PyResult<Self> {
        let vocabulary = Vocabulary {
            words: words
                .into_iter()
                .map(|(word, meaning)| (word.into_bytes().into(), meaning))
                .collect(),
            numbers,
            otel_numbers,
        };
        let mut names = names_of(&members, vocabulary.clone())?;
        names.add(splice::ADDED, Role::Odd);
        let (members, made, start, pair) = inner;
        let members = names_of(&members, vocabulary)?;
        let inner = Inner::new(members, Made::new(&made), &start, &pair);
        let routed = routed
            .into_iter()
            .map(|each| each.into_bytes().into())
            .collect();
        Ok(Self {
            records: Records::new(names, inner),
            engine: Engine::new(
                rules_of(rules),
                Some(patterns_of(masking)?),
                routed,
                max_bytes,
            ),
            writer: Writer::new(severities, id_header),
        })
    }

    /// Label the records of a batch that are plain and whose messages are known. Other threads run while it looks.
    fn label(
        &mut self,
        py: Python<'_>,
        values: &Bound<'_, PyList>,
        topics: &Bound<'_, PyList>,
        partitions: Vec<i64>,
        offsets: Vec<i64>,
    ) -> PyResult<Labelled> {
        let batch = Batch::new(values, topics, partitions, offsets)?;
        if self.records.renumber_sources() {
            self.writer.forget_sources();
        }
        let (reader, engine) = (&mut self.records, &mut self.engine);
        let known: Vec<Known> = py.detach(|| {
            let records = batch.values.iter().zip(&batch.topic_of);
            records
                .map(|(value, topic)| {
                    let topic = batch.topics[*topic].as_bytes();
                    reader.look_up(engine, value.as_deref()?, topic)
                })
                .collect()
        });
        self.writer.add_sources(py, &self.records.sources);
        self.writer.write(py, &batch, &known)
    }

    /// Learn what the reference says of an event: the rules that may match it, the rule that does, the template and the
    /// verdict.
    ///
    /// `classification` is what a labelled record has between its own members and the id of its event.
    #[expect(clippy::too_many_arguments, reason = "it is called from Python")]
    fn learn(
        &mut self,
        py: Python<'_>,
        message: &str,
        source: &str,
        severity: &str,
        candidates: Vec<RuleId>,
        rule: Option<RuleId>,
        template: &str,
        verdict: Py<PyAny>,
        classification: &[u8],
        headers: Vec<Py<PyAny>>,
    ) {
        let place = self.writer.place_of(py, severity);
        let Some(severity) = place.and_then(|place| Severity::try_from(place).ok()) else {
            return;
        };
        let bytes = 2 * classification.len();
        let answer = Answer {
            verdict,
            classification: classification.into(),
            headers,
        };
        self.engine.learn(Lesson {
            event: Event {
                source: source.as_bytes(),
                message: message.as_bytes(),
                severity,
            },
            candidates: &candidates,
            rule,
            template: template.as_bytes(),
            answer: Arc::new(answer),
            bytes,
        });
    }

    /// Forget what was learned; from now on verdicts are for each source apart, or not.
    fn forget(&mut self, sources_matter: bool) {
        self.engine.forget(sources_matter);
    }

    /// Return how many bytes the cache takes.
    fn cache_bytes(&self) -> usize {
        self.engine.bytes()
    }

    fn __len__(&self) -> usize {
        self.engine.len()
    }
}

/// The native core of logsluice.
#[pymodule(gil_used = true)]
fn logsluice_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("INTERFACE", INTERFACE)?;
    module.add_class::<Core>()?;
    module.add_class::<Labelled>()?;
    module.add_class::<Texts>()?;
    module.add_class::<probes::Masking>()?;
    module.add_function(wrap_pyfunction!(probes::candidates, module)?)
}
