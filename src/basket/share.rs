//! Shares as fractions of whole numbers: 0.8 is eight tenths, which 4 of 5 reach.

use crate::{Error, Result};

/// More decimals than this are below what a count of baskets can show.
const DECIMALS: usize = 18;

/// A share from 0 to 1, as it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    part: u128,
    whole: u128,
}

impl Share {
    /// The decimal number that a float stands for: the shortest that reads back as the same.
    pub fn new(name: &'static str, value: f64, above_zero: bool) -> Result<Self> {
        let fits = (0.0..=1.0).contains(&value) && (value > 0.0 || !above_zero);
        if !fits {
            let from = if above_zero { "above 0" } else { "from 0" };
            return Err(Error::Parameter {
                name,
                value: value.to_string(),
                expected: format!("a share {from} and up to 1"),
            });
        }
        // A zero has no sign here.
        let text = value.abs().to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let decimals = &decimals[..decimals.len().min(DECIMALS)];
        let digit = |value: u128, digit: u8| value * 10 + u128::from(digit - b'0');
        let part = whole.bytes().chain(decimals.bytes()).fold(0, digit);
        Ok(Share {
            part,
            whole: 10u128.pow(decimals.len() as u32),
        })
    }

    /// Whether `part` of `whole` are this share or more.
    pub fn is_reached(&self, part: u64, whole: u64) -> bool {
        u128::from(part) * self.whole >= u128::from(whole) * self.part
    }

    /// The smallest number of `whole` that reaches it, at least 1.
    pub fn of(&self, whole: u64) -> u64 {
        let least = (u128::from(whole) * self.part).div_ceil(self.whole);
        u64::try_from(least).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_of_five_reach_eight_tenths_whatever_floats_make_of_it() {
        let share = Share::new("confidence", 0.8, false).unwrap();
        assert!(share.is_reached(4, 5) && share.is_reached(8, 10));
        assert!(!share.is_reached(799_999_999, 1_000_000_000));
        // In floats 0.07 * 100 is 7.000000000000001, which 7 would not reach.
        assert_eq!(Share::new("support", 0.07, true).unwrap().of(100), 7);
        assert_eq!(Share::new("support", 0.001, true).unwrap().of(9_835), 10);
        assert_eq!(Share::new("support", 1e-30, true).unwrap().of(9_835), 1);
        assert!(Share::new("support", f64::NAN, false).is_err());
        assert!(
            Share::new("confidence", -0.0, false)
                .unwrap()
                .is_reached(0, 1)
        );
    }
}
