//! The hot path of logsluice: records in, labelled records out; for what is not plain, the Python code is asked.

#[cfg(feature = "python")]
mod arguments;
pub mod cache;
pub mod csv;
pub mod engine;
pub mod inner;
pub mod json;
pub mod key;
pub mod made;
pub mod mask;
pub mod members;
pub mod names;
pub mod pattern;
#[cfg(feature = "python")]
mod probes;
#[cfg(feature = "python")]
mod python;
pub mod re2;
pub mod record;
pub mod records;
pub mod rules;
pub mod severity;
pub mod shapes;
pub mod splice;
#[cfg(feature = "python")]
mod texts;
pub mod values;
pub mod words;
#[cfg(feature = "python")]
mod writer;
