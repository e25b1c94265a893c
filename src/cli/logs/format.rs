//! The lines of the log: as `tracing-subscriber` writes them, with the id of the request on whose
//! behalf something was done.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::{config::LogFormat, store::behalf};

/// Adds the request to what another format writes.
pub(super) struct WithRequest<F> {
    pub(super) inner: F,
    pub(super) format: LogFormat,
}

impl<S, N, F> FormatEvent<S, N> for WithRequest<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(request) = behalf::current() else {
            return self.inner.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.inner
            .format_event(context, Writer::new(&mut line), event)?;
        let line = line.trim_end_matches('\n');
        match (self.format, line.strip_suffix('}')) {
            (LogFormat::Json, Some(fields)) => {
                writeln!(writer, "{fields},\"request\":\"{request}\"}}")
            }
            _ => writeln!(writer, "{line} request={request}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{fmt::layer, layer::SubscriberExt as _, registry};

    use super::*;
    use crate::directory::ExchangeId;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("whole").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn taken(&self) -> String {
            let bytes = std::mem::take(&mut *self.0.lock().expect("whole"));
            String::from_utf8(bytes).expect("text")
        }
    }

    fn speak() {
        let exchange = ExchangeId(uuid::Uuid::from_u128(7));
        tracing::info!(status = 200, "before");
        behalf::work(Some(exchange), || tracing::info!(name = "a}\"\n", "within"));
    }

    #[test]
    fn lines_name_the_request_on_whose_behalf_they_are() {
        let lines = Lines::default();
        let writer = lines.clone();
        let logs = layer().with_writer(move || writer.clone()).with_ansi(false);
        let text = registry().with(logs.map_event_format(|inner| WithRequest {
            inner,
            format: LogFormat::Text,
        }));
        tracing::subscriber::with_default(text, speak);
        let told = lines.taken();
        let told: Vec<&str> = told.lines().collect();
        assert!(told[0].ends_with("before status=200"), "{told:?}");
        let request = "request=00000000-0000-0000-0000-000000000007";
        assert!(told[1].ends_with(request), "{told:?}");
        assert_eq!(told.len(), 2);

        let writer = lines.clone();
        let logs = layer()
            .with_writer(move || writer.clone())
            .json()
            .flatten_event(true);
        let json = registry().with(logs.map_event_format(|inner| WithRequest {
            inner,
            format: LogFormat::Json,
        }));
        tracing::subscriber::with_default(json, speak);
        let told = lines.taken();
        let told: Vec<serde_json::Value> = told
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert!(told[0].get("request").is_none(), "{told:?}");
        assert_eq!(told[1]["request"], "00000000-0000-0000-0000-000000000007");
        assert_eq!(told[1]["name"], "a}\"\n");
    }
}
