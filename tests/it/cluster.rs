//! Several processes over one store behave as one directory.

mod failing;
mod following;
mod limits;
mod node;
mod programs;
mod writing;
