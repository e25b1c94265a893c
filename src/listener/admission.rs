//! Who is let in: authentication, and how often each may come.

use std::{net::IpAddr, time::Duration};

use hyper::{
    HeaderMap, Request, Response,
    body::{Body as _, Incoming},
    header::{AUTHORIZATION, HeaderValue},
};

use super::{
    Edge,
    answer::{Answer, Refused},
    body::Pieces,
    rate::whole_seconds,
    told::Told,
};
use crate::{
    scim::ScimError,
    service::{Caller, Unauthenticated},
};

/// Someone whose token is good.
pub(super) struct Admitted {
    /// Who it is.
    pub caller: Caller,
    /// Whether the token may be used now, or is used too fast.
    pub pace: Result<(), Refused>,
}

/// Asks for the token, and how often it was used.
pub(super) fn admit(edge: &Edge, headers: &HeaderMap, client: IpAddr) -> Result<Admitted, Refused> {
    let caller = authenticate(edge, headers, client)?;
    let pace = edge.guard.let_in(caller.token, authorization(headers));
    Ok(Admitted {
        pace: pace.map_err(|wait| too_fast(edge, wait).into()),
        caller,
    })
}

pub(super) fn authorization(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(AUTHORIZATION).map(HeaderValue::as_bytes)
}

/// The answer to an address that has failed to authenticate too often. It costs next to nothing,
/// and is not recorded: a stranger must not be able to push what matters out of the record.
pub(super) fn shut_out(
    edge: &Edge,
    request: &Request<Incoming>,
    wait: Duration,
) -> Response<Pieces> {
    let error = ScimError::new(
        429,
        "Too many requests without a valid token came from this address; check the token, and try again later.",
    );
    let answer = Answer {
        retry_after: Some(whole_seconds(wait)),
        closes: !request.body().is_end_stream(),
        ..error.into()
    };
    let id = edge.engine.new_exchange_id();
    answer.into_sent(id.to_string()).into()
}

fn too_fast(edge: &Edge, wait: Duration) -> Answer {
    let error = ScimError::new(
        429,
        format!(
            "The token is used for more than {} requests a second; send them more slowly.",
            edge.options.limits.requests_per_second
        ),
    );
    Answer {
        retry_after: Some(whole_seconds(wait)),
        ..error.into()
    }
}

fn authenticate(edge: &Edge, headers: &HeaderMap, client: IpAddr) -> Result<Caller, Refused> {
    // What is not text is no token either.
    let authorization =
        authorization(headers).map(|given| std::str::from_utf8(given).unwrap_or("?"));
    edge.engine
        .authenticate(authorization)
        .map_err(|unauthenticated| {
            if is_guess(&unauthenticated) {
                edge.guard.failed(client);
            }
            let detail = unauthenticated.to_string();
            let told = Told::words(format!(
                "unauthenticated: {}",
                match unauthenticated {
                    Unauthenticated::Missing => "no token",
                    Unauthenticated::Malformed => "not a rolecall token",
                    Unauthenticated::Mistyped => "the token is mistyped",
                    Unauthenticated::Unknown => "the token is unknown",
                    Unauthenticated::Expired => "the token has expired",
                    Unauthenticated::Revoked => "the token is revoked",
                    Unauthenticated::Inactive(_) => "the provider is not active",
                    Unauthenticated::Unavailable => "the store cannot be read",
                }
            ));
            if unauthenticated == Unauthenticated::Unavailable {
                return Answer::from(ScimError::new(503, detail))
                    .telling(told)
                    .into();
            }
            let challenge = match unauthenticated {
                Unauthenticated::Missing => "Bearer realm=\"rolecall\"",
                _ => "Bearer realm=\"rolecall\", error=\"invalid_token\"",
            };
            Answer {
                challenge: Some(challenge),
                ..Answer::from(ScimError::new(401, detail)).telling(told)
            }
            .into()
        })
}

/// Whether it may be an attempt to guess a token. One that was a token once is none.
fn is_guess(unauthenticated: &Unauthenticated) -> bool {
    match unauthenticated {
        Unauthenticated::Missing
        | Unauthenticated::Malformed
        | Unauthenticated::Mistyped
        | Unauthenticated::Unknown => true,
        Unauthenticated::Expired
        | Unauthenticated::Revoked
        | Unauthenticated::Inactive(_)
        | Unauthenticated::Unavailable => false,
    }
}
