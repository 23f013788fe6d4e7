//! What tests look at: parts of the core that have to agree with the reference.

use crate::arguments::{MaskingArguments, patterns_of};
use crate::key::{push_alike, push_zeroed};
use crate::mask::Masker;
use crate::rules::{Rule, Rules, is_plain};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};

/// Masks messages, and makes those alike that it masks alike.
#[pyclass]
pub struct Masking {
    masker: Masker,
}

#[pymethods]
impl Masking {
    #[new]
    fn new(masking: MaskingArguments) -> PyResult<Self> {
        let masker = Masker::new(&patterns_of(masking)?)
            .ok_or_else(|| PyValueError::new_err("a pattern cannot be taken over"))?;
        Ok(Self { masker })
    }

    /// Return the key under which messages share a template; `None` for one that is not plain, or has a hint.
    fn alike<'py>(&mut self, py: Python<'py>, message: &str) -> Option<Bound<'py, PyBytes>> {
        let zeroed = zeroed(message)?;
        let is_hinted = self.masker.read(&zeroed)?;
        (!is_hinted).then(|| {
            let mut key = Vec::new();
            push_alike(&zeroed, &mut key);
            PyBytes::new(py, &key)
        })
    }

    /// Return the template of a message; `None` for one that is not plain, or that the reference has to mask.
    fn masked(&mut self, message: &str) -> Option<String> {
        let mut template = Vec::new();
        let is_hinted = self.masker.read(&zeroed(message)?)?;
        self.masker.push_template(is_hinted, &mut template)?;
        String::from_utf8(template).ok()
    }
}

fn zeroed(message: &str) -> Option<Vec<u8>> {
    let mut zeroed = Vec::new();
    push_zeroed(message.as_bytes(), &mut zeroed);
    is_plain(message.as_bytes()).then_some(zeroed)
}

/// Return the places of the rules that may match a message with zeroed digits; `None` where RE2 has to say.
#[pyfunction]
pub fn candidates<'py>(
    py: Python<'py>,
    patterns: Vec<Option<String>>,
    zeroed: Vec<PyBackedBytes>,
) -> PyResult<Vec<Option<Bound<'py, PyTuple>>>> {
    let rules: Vec<_> = patterns
        .into_iter()
        .map(|relaxed| Rule {
            source: None,
            severities: None,
            relaxed,
            exact: None,
        })
        .collect();
    let rules = Rules::new(&rules);
    let found = |text: &PyBackedBytes| -> PyResult<Option<Bound<'py, PyTuple>>> {
        let found = if is_plain(text) {
            rules.candidates(text)
        } else {
            None
        };
        found
            .map(|places| PyTuple::new(py, places.iter()))
            .transpose()
    };
    zeroed.iter().map(found).collect()
}
