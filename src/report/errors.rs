//! The errors of a report.

/// An error while a report is made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("cannot encode the report: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot compress the report: {0}")]
    Compression(#[from] std::io::Error),
    #[error("cannot fill the page of the report: {0}")]
    Template(#[from] askama::Error),
}
