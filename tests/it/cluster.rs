//! Several processes over one store behave as one directory.

mod following;
mod node;
mod writing;
