//! Numbers that know how they change with the parameters (forward differentiation): the slope of a
//! likelihood comes out with its height, without a formula for it.

use std::ops::{Add, Div, Mul, Neg, Sub};

use statrs::function::gamma::{digamma, ln_gamma};

/// A value, and its slopes by the parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dual<const N: usize> {
    pub value: f64,
    pub slope: [f64; N],
}

impl<const N: usize> Dual<N> {
    /// The parameters themselves.
    pub fn parameters(at: &[f64; N]) -> [Self; N] {
        std::array::from_fn(|place| {
            let mut slope = [0.0; N];
            slope[place] = 1.0;
            Dual {
                value: at[place],
                slope,
            }
        })
    }

    pub fn constant(value: f64) -> Self {
        Dual {
            value,
            slope: [0.0; N],
        }
    }

    /// A function of it, by its value and its derivative there.
    fn map(self, value: f64, derivative: f64) -> Self {
        Dual {
            value,
            slope: self.slope.map(|slope| slope * derivative),
        }
    }

    pub fn ln(self) -> Self {
        self.map(self.value.ln(), 1.0 / self.value)
    }

    pub fn exp(self) -> Self {
        let value = self.value.exp();
        self.map(value, value)
    }

    pub fn ln_gamma(self) -> Self {
        self.map(ln_gamma(self.value), digamma(self.value))
    }
}

impl<const N: usize> Add for Dual<N> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Dual {
            value: self.value + other.value,
            slope: std::array::from_fn(|place| self.slope[place] + other.slope[place]),
        }
    }
}

impl<const N: usize> Add<f64> for Dual<N> {
    type Output = Self;
    fn add(self, other: f64) -> Self {
        self.map(self.value + other, 1.0)
    }
}

impl<const N: usize> Neg for Dual<N> {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(-self.value, -1.0)
    }
}

impl<const N: usize> Sub for Dual<N> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

// The slope of a product has a sum in it, and that of a quotient a difference.
#[allow(clippy::suspicious_arithmetic_impl)]
impl<const N: usize> Mul for Dual<N> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let slope =
            |place: usize| self.slope[place] * other.value + self.value * other.slope[place];
        Dual {
            value: self.value * other.value,
            slope: std::array::from_fn(slope),
        }
    }
}

impl<const N: usize> Mul<f64> for Dual<N> {
    type Output = Self;
    fn mul(self, other: f64) -> Self {
        self.map(self.value * other, other)
    }
}

#[allow(clippy::suspicious_arithmetic_impl)]
impl<const N: usize> Div for Dual<N> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        let slope = |place: usize| (self.slope[place] - value * other.slope[place]) / other.value;
        Dual {
            value,
            slope: std::array::from_fn(slope),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dual;

    /// ln(x y / (x + y)) + ln Γ(x): its slope by x is 1/x - 1/(x + y) + ψ(x).
    #[test]
    fn slopes_are_those_of_calculus() {
        let [x, y] = Dual::parameters(&[2.0, 3.0]);
        let f = (x * y / (x + y)).ln() + x.ln_gamma() + (y * 2.0).exp() - Dual::constant(1.0);
        assert!((f.value - ((6.0f64 / 5.0).ln() + 6f64.exp() - 1.0)).abs() < 1e-12);
        // ψ(2) = 1 - Euler's constant.
        let by_x = 0.5 - 0.2 + 1.0 - 0.577_215_664_901_532_9;
        assert!((f.slope[0] - by_x).abs() < 1e-12);
        assert!((f.slope[1] - (1.0 / 3.0 - 0.2 + 2.0 * 6f64.exp())).abs() < 1e-9);
    }
}
