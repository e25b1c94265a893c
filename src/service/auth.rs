//! Who pushes: from an `Authorization` header to a provider, through the token's hash.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::concealed::{Concealed, is_same};
use crate::directory::{
    Actor, Provider, ProviderState, Token, TokenHash, TokenId, TokenState, View, view::ReadError,
};

/// The longest `Authorization` header that is looked at, in bytes.
pub const HEADER_BYTES: usize = 512;

/// How many random bytes make a token.
pub const RANDOM_BYTES: usize = 32;

/// How many characters of a token's random part a person gets to see in lists.
const SHOWN_CHARACTERS: usize = 4;

/// Who came with a live token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose token it is.
    pub provider: Provider,
    /// The token.
    pub token: TokenId,
    /// What the operator called it.
    pub token_name: String,
}

impl Caller {
    /// The caller as the journal names it.
    pub fn actor(&self) -> Actor {
        Actor::Provider {
            provider: self.provider,
            token: self.token,
        }
    }
}

/// Why a request is not let in. Each says what to do, and none quotes what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There is no `Authorization` header.
    #[error(
        "The request has no Authorization header; send \"Authorization: Bearer \" followed by a token from rolecall."
    )]
    Missing,
    /// The header holds no rolecall token.
    #[error(
        "The Authorization header holds no rolecall token; send \"Bearer \" followed by a token, which begins with \"rc_\"."
    )]
    Malformed,
    /// The token's checksum is wrong.
    #[error(
        "The token was cut or mistyped, as its checksum shows; copy the whole of it again, or make a new one in rolecall."
    )]
    Mistyped,
    /// A well-formed token that is not one of this server's.
    #[error(
        "The token is not one that this rolecall server made; make one here and put it into the provider's settings."
    )]
    Unknown,
    /// The token's time is over.
    #[error(
        "The token has expired; make a new one in rolecall and put it into the provider's settings."
    )]
    Expired,
    /// An operator revoked the token.
    #[error(
        "The token has been revoked; make a new one in rolecall and put it into the provider's settings."
    )]
    Revoked,
    /// The token's provider may not push.
    #[error(
        "The provider {0} is not active in rolecall; ask the rolecall operator to activate it."
    )]
    Inactive(Provider),
    /// The store could not be asked: no fault of the caller's, to be answered with 503.
    #[error("The token could not be checked, since the store cannot be read; try again later.")]
    Unavailable,
}

impl From<ReadError> for Unauthenticated {
    fn from(_: ReadError) -> Self {
        Self::Unavailable
    }
}

/// A token as its owner holds it: `rc_okta_` and 48 characters, the last of which carry a checksum.
/// It is never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: Concealed,
    provider: Provider,
}

impl Secret {
    /// The token that these random bytes make.
    pub fn generate(provider: Provider, random: [u8; RANDOM_BYTES]) -> Self {
        let start = start(provider);
        let mut bytes = Zeroizing::new(random.to_vec());
        bytes.extend(checksum(&start, &random));
        Self {
            text: Concealed::from(start + &URL_SAFE_NO_PAD.encode(&*bytes)),
            provider,
        }
    }

    /// A token as it was sent.
    ///
    /// # Errors
    /// [`Unauthenticated::Malformed`] where it is none of rolecall's, [`Unauthenticated::Mistyped`]
    /// where it was one before it was cut or changed.
    pub fn parse(text: &str) -> Result<Self, Unauthenticated> {
        let (name, encoded) = text
            .strip_prefix("rc_")
            .and_then(|rest| rest.split_once('_'))
            .ok_or(Unauthenticated::Malformed)?;
        let provider = Provider::ALL
            .into_iter()
            .find(|provider| provider.as_str() == name)
            .ok_or(Unauthenticated::Mistyped)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(encoded)
            .map(Zeroizing::new)
            .map_err(|_| Unauthenticated::Mistyped)?;
        match bytes.split_at_checked(RANDOM_BYTES) {
            Some((random, sum)) if is_same(sum, &checksum(&start(provider), random)) => Ok(Self {
                text: Concealed::from(text.to_owned()),
                provider,
            }),
            _ => Err(Unauthenticated::Mistyped),
        }
    }

    /// Whose token it says it is.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// What is stored instead of the token.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.text.expose().as_bytes()).into())
    }

    /// The first characters, so that a person can tell tokens apart.
    pub fn prefix(&self) -> String {
        let shown = start(self.provider).len() + SHOWN_CHARACTERS;
        self.text
            .expose()
            .get(..shown)
            .unwrap_or_default()
            .to_owned()
    }

    /// The token itself, to be shown once.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

fn start(provider: Provider) -> String {
    format!("rc_{provider}_")
}

/// The checksum covers the provider's name, so that a token cannot be passed off as another's.
fn checksum(start: &str, random: &[u8]) -> [u8; 4] {
    let mut sum = crc32fast::Hasher::new();
    sum.update(start.as_bytes());
    sum.update(random);
    sum.finalize().to_be_bytes()
}

/// The token in an `Authorization` header. The scheme's case does not matter, and one that stands
/// there twice is forgiven: an admin who types `Bearer` into Okta's token field makes Okta send that.
///
/// # Errors
/// [`Unauthenticated::Missing`], [`Unauthenticated::Malformed`] or [`Unauthenticated::Mistyped`].
pub fn presented(authorization: Option<&str>) -> Result<Secret, Unauthenticated> {
    let header = authorization.ok_or(Unauthenticated::Missing)?;
    if header.len() > HEADER_BYTES {
        return Err(Unauthenticated::Malformed);
    }
    let mut words = header.split_ascii_whitespace().peekable();
    let mut schemes = 0;
    while words
        .next_if(|word| word.eq_ignore_ascii_case("bearer"))
        .is_some()
    {
        schemes += 1;
    }
    match (schemes, words.next(), words.next()) {
        (0, None, _) => Err(Unauthenticated::Missing),
        (1 | 2, Some(token), None) => Secret::parse(token),
        _ => Err(Unauthenticated::Malformed),
    }
}

/// What the store has of a token, and the state of its provider. The store walks its index by the
/// token's SHA-256, of which nobody can choose the bytes; the hash that it found is compared as a
/// whole, in a time that tells nothing.
///
/// # Errors
/// Nobody has such a token, or the store cannot be read.
pub fn find(
    view: &(impl View + ?Sized),
    secret: &Secret,
) -> Result<(Token, ProviderState), Unauthenticated> {
    let hash = secret.hash();
    let token = view
        .token_by_hash(&hash)?
        .filter(|token| is_same(&token.hash.0, &hash.0))
        .ok_or(Unauthenticated::Unknown)?;
    let provider = view.provider(token.provider)?.state;
    Ok((token, provider))
}

/// Who a token lets in now.
///
/// # Errors
/// Why the request is not let in.
pub fn judge(
    token: &Token,
    provider: ProviderState,
    now: jiff::Timestamp,
) -> Result<Caller, Unauthenticated> {
    match token.state(now) {
        TokenState::Expired => return Err(Unauthenticated::Expired),
        TokenState::Revoked => return Err(Unauthenticated::Revoked),
        TokenState::Live => {}
    }
    if provider != ProviderState::Active {
        return Err(Unauthenticated::Inactive(token.provider));
    }
    Ok(Caller {
        provider: token.provider,
        token: token.id,
        token_name: token.name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::generate(Provider::Okta, [0x5a; RANDOM_BYTES])
    }

    #[test]
    fn a_token_is_its_provider_and_48_characters() {
        let secret = secret();
        let (start, rest) = secret.expose().split_at("rc_okta_".len());
        assert_eq!((start, rest.len()), ("rc_okta_", 48));
        assert_eq!(secret.prefix(), "rc_okta_Wlpa");
        assert!(!format!("{secret:?}").contains("Wlpa"));
        assert_eq!(Secret::parse(secret.expose()), Ok(secret));
    }

    #[test]
    fn every_provider_has_tokens() {
        for provider in Provider::ALL {
            let secret = Secret::generate(provider, [1; RANDOM_BYTES]);
            let parsed = Secret::parse(secret.expose()).expect("what was made");
            assert_eq!(parsed.provider(), provider);
        }
    }

    #[test]
    fn headers_as_they_are_really_sent() {
        let token = secret().expose().to_owned();
        for header in [
            format!("Bearer {token}"),
            format!("bearer {token}"),
            format!("BEARER   {token}  "),
            format!("Bearer Bearer {token}"),
            format!("Bearer bearer  {token}"),
        ] {
            assert_eq!(presented(Some(&header)), Ok(secret()), "{header}");
        }
    }

    #[test]
    fn headers_without_a_token() {
        let token = secret().expose().to_owned();
        let long = format!("Bearer {token}{}", " ".repeat(HEADER_BYTES));
        for (header, expected) in [
            (None, Unauthenticated::Missing),
            (Some(""), Unauthenticated::Missing),
            (Some("Bearer"), Unauthenticated::Malformed),
            (Some("Basic YTpi"), Unauthenticated::Malformed),
            (Some(token.as_str()), Unauthenticated::Malformed),
            (Some("Bearer eyJhbGciOi"), Unauthenticated::Malformed),
            (Some("Bearer a b"), Unauthenticated::Malformed),
            (Some("Bearer Bearer Bearer x"), Unauthenticated::Malformed),
            (Some(long.as_str()), Unauthenticated::Malformed),
        ] {
            assert_eq!(presented(header), Err(expected), "{header:?}");
        }
    }

    #[test]
    fn a_checksum_tells_a_slip_from_an_unknown_token() {
        let token = secret().expose().to_owned();
        let cut = token.get(..token.len() - 1).unwrap_or_default();
        let other = token.replace("okta", "entra");
        let longer = format!("{token}A");
        for slip in [cut, &other, &longer, "rc_okta_", "rc_nobody_x"] {
            assert_eq!(
                Secret::parse(slip),
                Err(Unauthenticated::Mistyped),
                "{slip}"
            );
        }
        for (place, _) in token.char_indices().skip("rc_okta_".len()) {
            let mut changed = token.clone();
            changed.replace_range(place..=place, "-");
            assert_eq!(Secret::parse(&changed), Err(Unauthenticated::Mistyped));
        }
    }
}
