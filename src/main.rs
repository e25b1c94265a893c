//! The program: parse, run, exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes and drops some hundred small values; what the system's allocator costs more is a
/// sixth of a look-up.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    rolecall::cli::main(std::env::args_os())
}
