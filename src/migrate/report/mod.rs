//! The options and reports of the verbs of migrations, and the verbs that only report.

pub mod status;
pub mod verbs;
