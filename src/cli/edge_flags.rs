//! The flags of the listener's edge: TLS, proxies before it, limits.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, error::Error};

use crate::{
    config::{
        edge::EdgeLayer,
        limits::{Amount, LimitsLayer, parse_limit},
    },
    listener::{
        Network, ProxyHeader,
        limits::{Field, LIMITS, Limit},
    },
};

/// How the listener is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS and proxies")]
pub(super) struct EdgeFlags {
    /// Speak TLS with this certificate (PEM): the server's own, followed by those between it and the authority
    #[arg(
        long,
        value_name = "FILE",
        env = "ROLECALL_TLS_CERTIFICATE",
        hide_env_values = true
    )]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(
        long,
        value_name = "FILE",
        env = "ROLECALL_TLS_KEY",
        hide_env_values = true
    )]
    tls_key: Option<PathBuf>,
    /// Let in only clients with a certificate of these authorities (PEM)
    #[arg(
        long,
        value_name = "FILE",
        env = "ROLECALL_TLS_CLIENT_CA",
        hide_env_values = true
    )]
    tls_client_ca: Option<PathBuf>,
    /// Believe the proxy at this address or network about whom it asks for, as in 10.0.0.0/8; may be repeated
    #[arg(
        long,
        value_name = "NETWORK",
        env = "ROLECALL_TRUSTED_PROXY",
        hide_env_values = true,
        value_delimiter = ','
    )]
    trusted_proxy: Option<Vec<Network>>,
    /// The header in which it says that: x-forwarded-for or forwarded
    #[arg(
        long,
        value_name = "HEADER",
        env = "ROLECALL_PROXY_HEADER",
        hide_env_values = true
    )]
    proxy_header: Option<ProxyHeader>,
    #[command(flatten)]
    limits: LimitFlags,
}

impl EdgeFlags {
    pub(super) fn layer(&self) -> EdgeLayer {
        EdgeLayer {
            certificate: self.tls_certificate.clone(),
            key: self.tls_key.clone(),
            client_ca: self.tls_client_ca.clone(),
            trusted: self.trusted_proxy.clone(),
            proxy_header: self.proxy_header,
            limits: self.limits.0.clone(),
        }
    }
}

/// A flag for each of the listener's limits, made from their table.
#[derive(Debug)]
struct LimitFlags(LimitsLayer);

/// The flag of a limit, which is its argument's id, too.
fn flag(limit: &Limit) -> String {
    format!("limit-{}", limit.key.replace('_', "-"))
}

impl Args for LimitFlags {
    fn augment_args(command: Command) -> Command {
        LIMITS.iter().fold(command, |command, limit| {
            let value = match limit.field {
                Field::Time(_) => "TIME",
                Field::Number { .. } if limit.key.ends_with("bytes") => "BYTES",
                Field::Number { .. } => "NUMBER",
            };
            let variable = format!("ROLECALL_LIMIT_{}", limit.key.to_ascii_uppercase());
            command.arg(
                Arg::new(flag(limit))
                    .long(flag(limit))
                    .env(variable)
                    .hide_env_values(true)
                    .value_name(value)
                    .value_parser(move |text: &str| parse_limit(limit, text))
                    .help(limit.about)
                    .help_heading("Limits"),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LimitFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut layer = LimitsLayer::default();
        for limit in LIMITS {
            if let Some(amount) = matches.get_one::<Amount>(&flag(limit)) {
                layer.set(limit, *amount);
            }
        }
        Ok(Self(layer))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
