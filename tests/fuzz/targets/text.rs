#![no_main]

#[path = "../../it/fuzz/bodies/mod.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (bodies::named("text").body)(bytes));
