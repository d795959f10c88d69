//! Does a table of a million customers go through every function of lessons 02 and 03?
//!
//! How long it takes is measured by `cargo xtask bench explore`; here it must come through.

use segmenta::prelude::*;

#[test]
fn a_million_customers_go_through_every_function() -> Result<(), Error> {
    let rows = 1_000_000;
    let simulated = simulate::Campaign::new().rows(rows).seed(5).generate()?;
    let customers = simulated
        .customers
        .lazy()
        .with_columns([
            features::age(2022),
            features::spend(),
            features::transactions(),
            features::children(),
            features::accepted_campaigns(),
            features::purchases_per_visit(),
            features::response_per_visit(),
        ])
        .collect()?;

    assert_eq!(explore::summary(&customers)?.height(), 30);
    // Eleven words of two columns, and one row that says how many different numbers there are.
    assert_eq!(explore::categories(&customers)?.height(), 12);
    let pairs = explore::associations(&customers, 0.95)?;
    let line = explore::regression(&customers, "Income", "spend", 0.95)?;
    assert_eq!(line.augment(&customers)?.height(), rows);
    assert_eq!((line.tidy()?.height(), line.glance()?.height()), (2, 1));

    let income = Bands::quantiles(&customers, "Income", 5)?;
    assert_eq!(income.add_to(&customers)?.height(), rows);
    let bootstrap = Bootstrap::new().resamples(200);
    let percentile = bootstrap.method(interval::Method::Percentile);
    let by_age = AgeBands::Spenders.bands();
    let everybody = |answer: DataFrame| -> Result<(), Error> {
        let counted = answer.column("customers")?.u64()?.sum();
        assert_eq!(counted, Some(rows as u64), "{answer}");
        Ok(())
    };
    everybody(interval::rates(&customers, "Response", "Kidhome", 0.99)?)?;
    everybody(bootstrap.means(&customers, "spend", "Education")?)?;
    everybody(percentile.means(&customers, "Income", &by_age)?)?;
    let leave = ZeroVisits::LeaveOut;
    everybody(conversion::purchases_per_visit(
        &customers, &income, leave, &bootstrap,
    )?)?;
    everybody(conversion::response_per_visit(
        &customers, "Teenhome", leave, &bootstrap,
    )?)?;
    everybody(conversion::accepted_campaigns(
        &customers,
        "Marital_Status",
        &bootstrap,
    )?)?;
    everybody(conversion::response_rate(&customers, &income, 0.95)?)?;
    everybody(conversion::share_of_purchases_per_visit(
        &customers, &by_age, &bootstrap,
    )?)?;

    assert_eq!(
        compare::chi_square(&customers, &by_age, "Education")?.height(),
        1
    );
    assert_eq!(
        compare::kruskal_wallis(&customers, "spend", &income)?.height(),
        1
    );
    assert_eq!(
        compare::mann_whitney(&customers, "spend", "Education")?.height(),
        10
    );

    let rates = conversion::response_rate(&customers, "Education", 0.95)?;
    let shares = explore::categories(&customers)?;
    for figure in [
        plot::histogram(&customers, "spend")?,
        plot::scatter(&customers, "Income", "spend")?,
        plot::associations(&pairs, "spearman")?,
        plot::bars(&rates)?,
        plot::grouped_bars(&shares, "value", "column", "share")?,
        plot::missing(&customers)?,
    ] {
        assert!(figure.fragment().len() < 500_000);
    }
    assert!(!published::is_source(&customers)?);
    Ok(())
}
