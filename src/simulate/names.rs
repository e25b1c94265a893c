//! The tenant's people and groups: made up, and the same for the same seed.

/// A user of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The e-mail address.
    pub user_name: String,
    /// First name.
    pub given: String,
    /// Last name.
    pub family: String,
    /// Okta's own id.
    pub external_id: String,
}

/// A group of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The positions of its members among the tenant's people.
    pub members: Vec<usize>,
}

const GIVEN: [&str; 32] = [
    "Ada",
    "Alan",
    "Barbara",
    "Carl",
    "Dorothy",
    "Edsger",
    "Emmy",
    "Frances",
    "Grace",
    "Hedy",
    "Ida",
    "Jean",
    "Joan",
    "John",
    "Karen",
    "Katherine",
    "Ken",
    "Leslie",
    "Lynn",
    "Margaret",
    "Mary",
    "Niklaus",
    "Radia",
    "Robin",
    "Rózsa",
    "Shafi",
    "Sophie",
    "Tony",
    "Ulla",
    "Vint",
    "Whitfield",
    "Yukihiro",
];

const FAMILY: [&str; 32] = [
    "Allen",
    "Bartik",
    "Cerf",
    "Clarke",
    "Conway",
    "Curie",
    "Dijkstra",
    "Easley",
    "Floyd",
    "Goldwasser",
    "Hamilton",
    "Hoare",
    "Hopper",
    "Johnson",
    "Kay",
    "Lamarr",
    "Lamport",
    "Liskov",
    "Lovelace",
    "McCarthy",
    "Milner",
    "Noether",
    "Perlman",
    "Péter",
    "Rhodes",
    "Ritchie",
    "Sammet",
    "Somerville",
    "Thompson",
    "Turing",
    "Vaughan",
    "Wirth",
];

const GROUPS: [&str; 16] = [
    "All Staff",
    "Engineering",
    "Treasury",
    "Support",
    "Sales",
    "Platform",
    "Security",
    "Data",
    "Design",
    "Legal",
    "People",
    "Marketing",
    "Operations",
    "Research",
    "On-call",
    "Contractors",
];

/// Scatters a number over all 64 bits (the finaliser of `SplitMix64`).
pub(super) fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick<'a>(list: &[&'a str], number: u64) -> &'a str {
    let position = usize::try_from(number).unwrap_or_default() % list.len().max(1);
    list.get(position).copied().unwrap_or_default()
}

/// The person at a position of the tenant.
pub(super) fn person(seed: u64, position: usize) -> Person {
    let number = scatter(seed ^ scatter(position as u64));
    let (given, family) = (
        pick(&GIVEN, number >> 40),
        pick(&FAMILY, (number >> 20) & 0xff),
    );
    let ascii = |name: &str| name.to_lowercase().replace('ó', "o").replace('é', "e");
    Person {
        user_name: format!("{}.{}{position}@example.com", ascii(given), ascii(family)),
        given: given.to_owned(),
        family: family.to_owned(),
        external_id: format!("00u{number:016x}"),
    }
}

/// The group at a position of the tenant: the first holds everybody, the others about a quarter.
pub(super) fn group(seed: u64, position: usize, users: usize) -> Group {
    let name = GROUPS
        .get(position)
        .map_or_else(|| format!("Team {position}"), |name| (*name).to_owned());
    let members = (0..users)
        .filter(|user| {
            position == 0
                || scatter(seed ^ scatter((position * 1_000_003 + user) as u64)).is_multiple_of(4)
        })
        .collect();
    Group { name, members }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_tenant() {
        assert_eq!(person(7, 3), person(7, 3));
        assert_ne!(person(7, 3).external_id, person(8, 3).external_id);
        assert_eq!(group(7, 2, 50), group(7, 2, 50));
    }

    #[test]
    fn names_are_unique() {
        let names: HashSet<String> = (0..2_000).map(|at| person(1, at).user_name).collect();
        assert_eq!(names.len(), 2_000);
        let groups: HashSet<String> = (0..100).map(|at| group(1, at, 0).name).collect();
        assert_eq!(groups.len(), 100);
    }
}
