//! One thread, a bounded queue, group commit.
