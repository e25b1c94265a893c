//! Whose request it is where a proxy stands before the listener.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use hyper::{HeaderMap, header::FORWARDED};

/// No list of hops is read further, from its right end.
const HOPS: usize = 32;

/// Some addresses: one, or those that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether the address is one of them. An IPv4 address inside an IPv6 one counts as itself.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(self.bits))
                    .unwrap_or_default();
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.bits))
                    .unwrap_or_default();
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address.
    fn from_str(text: &str) -> Result<Self, String> {
        let complaint = || {
            format!(
                "{text:?} is not an address or a network: write it as in 127.0.0.1, 10.0.0.0/8 or fd00::/8"
            )
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| complaint())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= most)
                .ok_or_else(complaint)?,
            Some(_) => return Err(complaint()),
        };
        let network = Self { address, bits };
        let first = network.first();
        if first != address {
            return Err(format!(
                "{text:?} has bits behind its first {bits}: write {first}/{bits} for the network, or {address} for \
                 the one address"
            ));
        }
        Ok(network)
    }
}

impl Network {
    fn first(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(own) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits));
                Ipv4Addr::from_bits(own.to_bits() & mask.unwrap_or_default()).into()
            }
            IpAddr::V6(own) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits));
                Ipv6Addr::from_bits(own.to_bits() & mask.unwrap_or_default()).into()
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// The header in which the proxies say whom they ask for. Only one is read: what the other says may
/// come from the client itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`, which most proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl FromStr for ProxyHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err(format!(
                "{text:?} is not a header that proxies write: use x-forwarded-for or forwarded"
            )),
        }
    }
}

/// The proxies that stand before the listener, and what is believed of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxies {
    /// From where they come; from anywhere else the header says nothing.
    pub trusted: Vec<Network>,
    /// The header that they write.
    pub header: ProxyHeader,
}

impl Proxies {
    /// Whether a proxy comes from this address.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// Whose request it is: of the hops that the header tells, the last that is no proxy. What
    /// stands left of it may be made up. The peer itself where it is no proxy, or where the header
    /// does not tell.
    pub(super) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.ip().to_canonical();
        if self.trusted.is_empty() || !self.trusts(client) {
            return client;
        }
        let name = match self.header {
            ProxyHeader::XForwardedFor => "x-forwarded-for",
            ProxyHeader::Forwarded => FORWARDED.as_str(),
        };
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        let hops = lines.iter().rev().flat_map(|line| {
            // What is not text names no address, and ends the walk.
            line.to_str().unwrap_or("?").rsplit(',')
        });
        for hop in hops.take(HOPS) {
            let address = match self.header {
                ProxyHeader::XForwardedFor => address(hop),
                ProxyHeader::Forwarded => forwarded_for(hop).and_then(address),
            };
            let Some(address) = address else {
                break;
            };
            client = address;
            if !self.trusts(address) {
                break;
            }
        }
        client
    }
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    })
}

/// An address as proxies write it: with a port or without, in brackets, in quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or(text, |(inside, _)| inside);
    let address: Option<IpAddr> = bare.parse().ok();
    address
        .or_else(|| Some(bare.parse::<SocketAddr>().ok()?.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(trusted: &[&str], header: ProxyHeader) -> Proxies {
        let network = |text: &&str| text.parse().expect("a network");
        Proxies {
            trusted: trusted.iter().map(network).collect(),
            header,
        }
    }

    fn client(proxies: &Proxies, peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a value"));
        }
        let peer = SocketAddr::new(peer.parse().expect("an address"), 4711);
        proxies.client(peer, &map).to_string()
    }

    #[test]
    fn networks() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "203.0.113.7", "::1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("::/0", "fd12::1", "10.0.0.1"),
            ("::1", "::1", "::2"),
        ] {
            let read: Network = network.parse().expect(network);
            assert!(
                read.contains(inside.parse().expect("an address")),
                "{network}"
            );
            assert!(
                !read.contains(outside.parse().expect("an address")),
                "{network}"
            );
        }
        for wrong in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "x",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "a/8",
        ] {
            let complaint = wrong.parse::<Network>().expect_err(wrong);
            assert!(complaint.starts_with(&format!("{wrong:?}")), "{complaint}");
        }
        let complaint = "10.1.2.3/8".parse::<Network>().expect_err("not the first");
        assert!(
            complaint.contains("write 10.0.0.0/8 for the network"),
            "{complaint}"
        );
        assert!("10.1.2.3/0".parse::<Network>().is_err());
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_up_to_the_first_that_is_none() {
        let trusted = proxies(&["10.0.0.0/8", "127.0.0.1"], ProxyHeader::XForwardedFor);
        let told =
            |peer: &str, header: &str| client(&trusted, peer, &[("x-forwarded-for", header)]);
        assert_eq!(told("127.0.0.1", "203.0.113.7"), "203.0.113.7");
        assert_eq!(told("192.0.2.1", "203.0.113.7"), "192.0.2.1");
        assert_eq!(
            told("127.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.9"),
            "203.0.113.7"
        );
        assert_eq!(told("127.0.0.1", "10.0.0.7, 10.0.0.9"), "10.0.0.7");
        assert_eq!(told("127.0.0.1", "1.1.1.1, unknown, 10.0.0.9"), "10.0.0.9");
        assert_eq!(told("127.0.0.1", ""), "127.0.0.1");
        assert_eq!(told("127.0.0.1", "203.0.113.7:443"), "203.0.113.7");
        assert_eq!(told("127.0.0.1", "2001:db8::1"), "2001:db8::1");
        assert_eq!(told("127.0.0.1", "[2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(told("::ffff:127.0.0.1", "203.0.113.7"), "203.0.113.7");
        let two = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "203.0.113.7"),
        ];
        assert_eq!(client(&trusted, "10.0.0.1", &two), "203.0.113.7");
        let forged = [
            ("forwarded", "for=1.1.1.1"),
            ("x-forwarded-for", "203.0.113.7"),
        ];
        assert_eq!(client(&trusted, "10.0.0.1", &forged), "203.0.113.7");
        let nobody = proxies(&[], ProxyHeader::XForwardedFor);
        assert_eq!(client(&nobody, "127.0.0.1", &two), "127.0.0.1");
    }

    #[test]
    fn the_header_of_rfc_7239_is_read_where_it_is_chosen() {
        let trusted = proxies(&["127.0.0.1"], ProxyHeader::Forwarded);
        let told = |header: &str| client(&trusted, "127.0.0.1", &[("forwarded", header)]);
        assert_eq!(told("for=203.0.113.7;proto=https"), "203.0.113.7");
        assert_eq!(
            told("for=1.1.1.1, For=\"[2001:db8::1]:4711\""),
            "2001:db8::1"
        );
        assert_eq!(told("for=_hidden"), "127.0.0.1");
        assert_eq!(told("proto=https"), "127.0.0.1");
    }
}
