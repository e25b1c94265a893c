//! Numbers that follow from a seed, so that what was found can be found again.

/// `SplitMix64`.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let number = self.number() % u64::try_from(end).expect("a small number");
        usize::try_from(number).expect("less than a usize")
    }

    pub(super) fn bytes(&mut self) -> [u8; 4] {
        let [one, two, three, four, ..] = self.number().to_le_bytes();
        [one, two, three, four]
    }
}
