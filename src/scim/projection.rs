//! `attributes` and `excludedAttributes`.
