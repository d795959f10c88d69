//! Gauss's hypergeometric function, as far as the expectations of purchases need it.

/// 2F1(a, b; c; z) for z from 0 to 1, without 1, and c above 0: the sum of its series, in the form whose
/// terms fall faster (Euler's transformation; Abramowitz and Stegun 1964, 15.3.3).
pub(super) fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    if a + b > c {
        (1.0 - z).powf(c - a - b) * series(c - a, c - b, c, z)
    } else {
        series(a, b, c, z)
    }
}

fn series(a: f64, b: f64, c: f64, z: f64) -> f64 {
    // Enough for z of 0.9999, which is a future ten thousand times as long as the time scale.
    const TERMS: usize = 1_000_000;
    let (mut term, mut sum) = (1.0f64, 1.0f64);
    for n in 0..TERMS {
        let n = n as f64;
        term *= (a + n) * (b + n) / ((c + n) * (n + 1.0)) * z;
        sum += term;
        if term.abs() <= 1e-16 * sum.abs() {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::hypergeometric;

    /// Closed forms: 2F1(1, 1; 2; z) = -ln(1 - z)/z, 2F1(a, b; b; z) = (1 - z)^-a.
    #[test]
    fn it_meets_its_closed_forms() {
        for z in [1e-3f64, 0.3, 0.9, 0.99, 0.999] {
            let logarithm = -(1.0 - z).ln() / z;
            assert!(
                (hypergeometric(1.0, 1.0, 2.0, z) / logarithm - 1.0).abs() < 1e-12,
                "{z}"
            );
            for a in [-0.7, 0.24, 3.5] {
                let power = (1.0 - z).powf(-a);
                assert!(
                    (hypergeometric(a, 2.2, 2.2, z) / power - 1.0).abs() < 1e-12,
                    "{a} {z}"
                );
            }
        }
    }
}
