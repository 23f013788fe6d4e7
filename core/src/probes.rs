//! What tests look at: parts of the core that have to agree with the reference.

use crate::arguments::{MaskingArguments, patterns_of};
use crate::key::{push_alike, push_zeroed};
use crate::mask::Masker;
use crate::rules::{Rule, Rules, is_plain};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};

/// Return the key under which messages share a template; `None` for a message that is not plain.
#[pyfunction]
pub fn alike<'py>(py: Python<'py>, message: &str) -> Option<Bound<'py, PyBytes>> {
    is_plain(message.as_bytes()).then(|| {
        let (mut zeroed, mut key) = (Vec::new(), Vec::new());
        push_zeroed(message.as_bytes(), &mut zeroed);
        push_alike(&zeroed, &mut key);
        PyBytes::new(py, &key)
    })
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

/// Return the templates of messages; `None` for one that is not plain, or that the reference has to mask.
#[pyfunction]
pub fn masked(masking: MaskingArguments, messages: Vec<String>) -> PyResult<Vec<Option<String>>> {
    let mut masker = Masker::new(&patterns_of(masking)?)
        .ok_or_else(|| PyValueError::new_err("a pattern cannot be taken over"))?;
    let mut template_of = |message: &str| {
        let (mut zeroed, mut template) = (Vec::new(), Vec::new());
        push_zeroed(message.as_bytes(), &mut zeroed);
        masker.push_template(&zeroed, &mut template)?;
        String::from_utf8(template).ok()
    };
    let found = messages
        .iter()
        .map(|message| template_of(message).filter(|_| is_plain(message.as_bytes())));
    Ok(found.collect())
}
