//! Random numbers that do not depend on which thread draws them.

use rand::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A random stream of its own for each part of the work.
pub(crate) fn stream(seed: u64, part: usize) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(scramble(seed.wrapping_add(scramble(part as u64))))
}

/// A seed for another purpose, so that two uses of one seed do not share their numbers.
pub(crate) fn derive(seed: u64, purpose: u64) -> u64 {
    scramble(seed ^ scramble(purpose.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

/// A number from 0 to `n - 1`.
pub(crate) fn below(random: &mut Xoshiro256PlusPlus, n: usize) -> usize {
    ((u128::from(random.next_u64()) * n as u128) >> 64) as usize
}

/// A number from 0 to 1, without 1.
pub(crate) fn unit(random: &mut Xoshiro256PlusPlus) -> f64 {
    (random.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Sends neighbouring numbers far apart: the finaliser of SplitMix64 (Steele et al. 2014).
fn scramble(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
