//! Tail probabilities and quantiles, with their relative accuracy kept in the tails.

// statrs has an erfc as well, with 10 digits; libm's is right to the last.
use libm::erfc;
use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::erfc_inv;
use statrs::function::gamma::{checked_gamma_ur, ln_gamma};

/// P(Z > z) of the standard normal distribution.
pub(crate) fn normal_upper(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// The z with P(Z <= z) = p.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// P(X > x) of the chi-square distribution.
pub(crate) fn chi_square_upper(x: f64, degrees: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    checked_gamma_ur(degrees / 2.0, x / 2.0).unwrap_or(f64::NAN)
}

/// P(X >= hits) of the hypergeometric distribution: of `all` some are marked, some are drawn, and so many are both.
pub(crate) fn hypergeometric_upper(hits: u64, drawn: u64, marked: u64, all: u64) -> f64 {
    // Which of the two is called drawn changes nothing, and no digit.
    let (drawn, marked) = (drawn.min(marked), drawn.max(marked));
    let least = (drawn + marked).saturating_sub(all);
    if hits <= least {
        return 1.0;
    }
    let choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let at = choose(marked, hits) + choose(all - marked, drawn - hits) - choose(all, drawn);
    // Each term follows from the one before, to where they add nothing any more.
    let (mut term, mut sum) = (1.0, 0.0);
    for x in hits..=drawn.min(marked) {
        sum += term;
        let (x, next) = (x as f64, (x + 1) as f64);
        let grows = (marked as f64 - x) * (drawn as f64 - x)
            / (next * (all as f64 - marked as f64 - drawn as f64 + next));
        term *= grows;
        if grows < 1.0 && term < sum * 1e-17 {
            break;
        }
    }
    // Far below what is expected the sum is beyond what numbers hold, and the chance is 1.
    (at + sum.ln()).exp().min(1.0)
}

/// By Stirling's series, which is exact to the last digit from 16 on.
fn ln_factorial(n: u64) -> f64 {
    const EXACT: u64 = 16;
    if n < EXACT {
        return ((1..=n).product::<u64>() as f64).ln();
    }
    let x = n as f64;
    let (inverse, square) = (1.0 / x, 1.0 / (x * x));
    let series =
        inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    (x + 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

/// P(|T| > |t|) of Student's distribution.
pub(crate) fn student_two_sided(t: f64, degrees: f64) -> f64 {
    beta_lower(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// P(X > x) of the F distribution.
pub(crate) fn f_upper(x: f64, above: f64, below: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    beta_lower(below / 2.0, above / 2.0, below / (below + above * x))
}

/// The t with P(|T| > t) = p, by Newton's method from the normal quantile.
pub(crate) fn student_quantile_two_sided(p: f64, degrees: f64) -> f64 {
    // The normal quantile lies left of the root, where the tail is convex: steps cannot overshoot.
    let mut t = -normal_quantile(p / 2.0);
    let log_scale = ln_gamma((degrees + 1.0) / 2.0)
        - ln_gamma(degrees / 2.0)
        - 0.5 * (degrees * std::f64::consts::PI).ln();
    for _ in 0..200 {
        let density = (log_scale - (degrees + 1.0) / 2.0 * (t * t / degrees).ln_1p()).exp();
        let step = (student_two_sided(t, degrees) - p) / (2.0 * density);
        t += step;
        if step.abs() <= 1e-14 * t.abs() {
            break;
        }
    }
    t
}

/// The regularised incomplete beta function; NaN for what has no value, where statrs panics.
fn beta_lower(a: f64, b: f64, x: f64) -> f64 {
    checked_beta_reg(a, b, x).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees(ours: f64, theirs: f64, tolerance: f64) {
        assert!(
            (ours - theirs).abs() <= tolerance * theirs.abs(),
            "{ours:e} is not {theirs:e}"
        );
    }

    /// SciPy 1.17.1.
    #[test]
    fn normal_upper_agrees_with_scipy() {
        agrees(normal_upper(0.0), 0.5, 1e-12);
        agrees(normal_upper(1.3), 0.09680048458561036, 1e-12);
        agrees(normal_upper(5.0), 2.866515718791933e-07, 1e-12);
        agrees(normal_upper(12.0), 1.776482112077653e-33, 1e-12);
        agrees(normal_upper(30.0), 4.906713927147908e-198, 1e-12);
    }

    /// SciPy 1.17.1.
    #[test]
    fn normal_quantile_agrees_with_scipy() {
        agrees(normal_quantile(1e-09), -5.9978070150076865, 1e-12);
        agrees(normal_quantile(0.025), -1.9599639845400545, 1e-12);
        agrees(normal_quantile(0.3), -0.5244005127080409, 1e-12);
        agrees(normal_quantile(0.975), 1.959963984540054, 1e-12);
        agrees(normal_quantile(0.9999), 3.719016485455709, 1e-12);
    }

    /// SciPy 1.17.1.
    #[test]
    fn chi_square_upper_agrees_with_scipy() {
        agrees(chi_square_upper(0.2, 1.0), 0.6547208460185768, 1e-11);
        agrees(chi_square_upper(3.84, 1.0), 0.05004352124870519, 1e-11);
        agrees(chi_square_upper(40.0, 7.0), 1.258790387371308e-06, 1e-11);
        agrees(chi_square_upper(300.0, 40.0), 1.4955969722726186e-41, 1e-11);
        agrees(
            chi_square_upper(1000.0, 3.0),
            1.7994208765314067e-216,
            1e-11,
        );
    }

    /// SciPy 1.17.1.
    #[test]
    fn student_two_sided_agrees_with_scipy() {
        agrees(student_two_sided(0.1, 3.0), 0.9266523488008059, 1e-9);
        agrees(student_two_sided(2.1, 17.0), 0.05095984722913399, 1e-9);
        agrees(student_two_sided(8.0, 2238.0), 1.9768333314195595e-15, 1e-9);
        agrees(student_two_sided(2.0, 1000000.0), 0.04550053385131924, 1e-9);
        agrees(
            student_two_sided(30.0, 1000000.0),
            1.2020094233664118e-197,
            1e-9,
        );
    }

    /// SciPy 1.17.1.
    #[test]
    fn f_upper_agrees_with_scipy() {
        agrees(f_upper(0.3, 2.0, 10.0), 0.7472581728660572, 1e-9);
        agrees(f_upper(3.3, 4.0, 2233.0), 0.010487855364706351, 1e-9);
        agrees(f_upper(50.0, 5.0, 2000.0), 6.287632824445425e-49, 1e-9);
        agrees(f_upper(2.0, 3.0, 1000000.0), 0.11161095487666178, 1e-9);
    }

    /// SciPy 1.17.1.
    #[test]
    fn student_quantile_two_sided_agrees_with_scipy() {
        agrees(
            student_quantile_two_sided(0.05, 1.0),
            12.706204736174705,
            1e-10,
        );
        agrees(
            student_quantile_two_sided(0.05, 2.0),
            4.302652729749464,
            1e-10,
        );
        agrees(
            student_quantile_two_sided(0.05, 17.0),
            2.109815577833317,
            1e-10,
        );
        agrees(
            student_quantile_two_sided(0.01, 2214.0),
            2.5780517698924825,
            1e-10,
        );
        agrees(
            student_quantile_two_sided(0.05, 1000000.0),
            1.9599663568141072,
            1e-10,
        );
        agrees(
            student_quantile_two_sided(0.001, 3.0),
            12.923978636687481,
            1e-10,
        );
    }
}
