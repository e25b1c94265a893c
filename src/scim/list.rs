//! List queries and answers.
