//! The questions of `quality`, on tables small enough to check by eye.

use segmenta::prelude::*;

#[test]
fn duplicates_count_the_rows_that_repeat_an_earlier_one() {
    let table = df!("ID" => [1, 2, 3, 4, 4], "a" => [7, 7, 7, 8, 8]).unwrap();
    let duplicates = quality::duplicates(&table, ["ID"]).unwrap();
    let counts: Vec<u64> = duplicates
        .column("duplicates")
        .unwrap()
        .u64()
        .unwrap()
        .into_no_null_iter()
        .collect();
    assert_eq!(counts, [1, 3]);
    let error = quality::duplicates(&table, ["number"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the table has no column number; it has ID, a"
    );
}

#[test]
fn two_nulls_are_duplicates_of_each_other() {
    let table = df!("a" => [None, None, Some(1)]).unwrap();
    let duplicates = quality::duplicates(&table, []).unwrap();
    assert_eq!(
        duplicates
            .column("duplicates")
            .unwrap()
            .u64()
            .unwrap()
            .get(0),
        Some(1)
    );
}

/// Figures of NumPy 2.4.6: np.quantile(x, q), x.mean(), x.std() for x below.
#[test]
fn outlier_bounds_agree_with_numpy() {
    let x = [2.0, 3.5, 5.0, 7.25, 8.0, 9.5, 12.0, 40.0];
    let outliers = quality::outliers(&df!("x" => x).unwrap()).unwrap();
    let column = |name: &str| -> Vec<f64> {
        outliers
            .column(name)
            .unwrap()
            .f64()
            .unwrap()
            .into_no_null_iter()
            .collect()
    };
    let expected_lower = [-3.625, -23.307105739206584, 2.105];
    let expected_upper = [18.375, 45.119605739206584, 38.04];
    for (ours, numpy) in column("lower").iter().zip(expected_lower) {
        assert!((ours - numpy).abs() < 1e-9, "{ours} {numpy}");
    }
    for (ours, numpy) in column("upper").iter().zip(expected_upper) {
        assert!((ours - numpy).abs() < 1e-9, "{ours} {numpy}");
    }
}

#[test]
fn flags_and_constants_have_no_outliers() {
    let table = df!("flag" => [0, 0, 0, 0, 1], "same" => [3, 3, 3, 3, 3]).unwrap();
    assert_eq!(quality::outliers(&table).unwrap().height(), 0);
}

#[test]
fn a_column_of_nulls_is_shown_everywhere_and_breaks_nothing() {
    let table = df!("x" => [None::<f64>, None]).unwrap();
    assert_eq!(
        quality::nulls(&table)
            .unwrap()
            .column("nulls")
            .unwrap()
            .u64()
            .unwrap()
            .get(0),
        Some(2)
    );
    assert_eq!(quality::constants(&table).unwrap().height(), 1);
    assert_eq!(
        quality::cardinality(&table)
            .unwrap()
            .column("rows")
            .unwrap()
            .null_count(),
        1
    );
    assert_eq!(
        quality::ranges(&table)
            .unwrap()
            .column("median")
            .unwrap()
            .null_count(),
        1
    );
    assert_eq!(quality::outliers(&table).unwrap().height(), 0);
    assert_eq!(
        quality::types(&table)
            .unwrap()
            .column("example")
            .unwrap()
            .null_count(),
        1
    );
}

#[test]
fn an_empty_table_breaks_nothing() {
    let table = DataFrame::empty();
    for answer in [
        quality::nulls(&table),
        quality::duplicates(&table, []),
        quality::types(&table),
        quality::constants(&table),
        quality::cardinality(&table),
        quality::ranges(&table),
        quality::outliers(&table),
    ] {
        answer.unwrap();
    }
}

#[test]
fn impossible_values_are_found_by_their_rule() {
    let mut customers = simulate::Campaign::new()
        .rows(100)
        .defects(false)
        .generate()
        .unwrap()
        .customers;
    let rows = |customers: &DataFrame| -> Vec<u64> {
        let answer = quality::impossible(customers).unwrap();
        answer
            .column("rows")
            .unwrap()
            .u64()
            .unwrap()
            .into_no_null_iter()
            .collect()
    };
    let before = rows(&customers);
    assert_eq!((before[0], before[1], before[2]), (0, 0, 0));
    let mut first = |column: &str, value: AnyValue<'static>| {
        let mut values: Vec<AnyValue<'static>> = customers
            .column(column)
            .unwrap()
            .as_materialized_series()
            .iter()
            .map(|v| v.into_static())
            .collect();
        values[0] = value;
        let column = Series::from_any_values(column.into(), &values, true).unwrap();
        customers.with_column(column.into_column()).unwrap();
    };
    first("Year_Birth", AnyValue::Int64(1893));
    first("Income", AnyValue::Float64(777_777_000.0));
    first("NumWebVisitsMonth", AnyValue::Int64(0));
    first("NumWebPurchases", AnyValue::Int64(2));
    let after = rows(&customers);
    assert_eq!((after[0], after[1], after[2]), (1, 1, 1));
}
