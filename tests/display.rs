//! What a table looks like: in the page, and in its plain-text twin.

use segmenta::prelude::*;

#[test]
fn a_long_table_leaves_out_its_middle_and_says_how_long_it_is() {
    let table = df!("n" => (0..1000).collect::<Vec<i32>>()).unwrap();
    let text = table.text();
    assert_eq!(text.lines().count(), 3 + 5 + 1 + 5 + 1);
    assert!(text.ends_with("998\n999\n1000 rows x 1 column\n"), "{text}");
    assert_eq!(table.html().matches("<tr>").count(), 1 + 5 + 1 + 5);
}

#[test]
fn a_wide_table_scrolls_in_the_page_and_is_cut_in_the_text() {
    let columns: Vec<Column> = (0..27)
        .map(|i| Column::new(format!("c{i}").into(), [i]))
        .collect();
    let table = DataFrame::new(1, columns).unwrap();
    assert_eq!(table.html().matches("<th ").count(), 27);
    assert!(table.html().contains("overflow-x:auto"));
    assert!(
        table
            .text()
            .starts_with(" c0   c1   c2   c3  (18 more)  c22"),
        "{}",
        table.text()
    );
}

#[test]
fn nulls_are_seen() {
    let table = df!("x" => [Some(1.5), None], "word" => [None, Some("null")]).unwrap();
    assert_eq!(table.html().matches("<i>null</i>").count(), 2);
    assert_eq!(
        table.text(),
        "   x  word\n f64  str\n----  ----\n 1.5  null\nnull  null\n2 rows x 2 columns\n"
    );
}

#[test]
fn what_a_file_holds_cannot_become_markup() {
    let table = df!("<b>" => ["<script>alert(1)</script>"]).unwrap();
    assert!(!table.html().contains("<script>") && !table.html().contains("<b>"));
}

#[test]
fn numbers_of_a_column_have_their_points_in_line() {
    let table = df!("x" => [1.0, 12.25, -0.5], "n" => [1e6, 2.0, 3.0]).unwrap();
    assert!(
        table
            .text()
            .contains(" 1.00  1,000,000\n12.25          2\n-0.50          3"),
        "{}",
        table.text()
    );
}

#[test]
fn large_numbers_have_their_thousands_apart_and_no_more_digits_than_are_known() {
    let table = df!("x" => [34_233_796.351_2, -61_652.37, 447.152, 0.0812]).unwrap();
    let text = table.text();
    for number in ["34,233,796", "-61,652.370", "447.1520", "0.0812"] {
        assert!(
            text.contains(&format!("{number}\n")),
            "{number} is not in\n{text}"
        );
    }
}

#[test]
fn a_small_probability_does_not_read_as_zero() {
    assert!(df!("p" => [6e-7, 0.04]).unwrap().text().contains("6.00e-7"));
}

#[test]
fn infinite_and_missing_numbers_are_shown() {
    let text = df!("x" => [f64::NAN, f64::INFINITY, 1.0]).unwrap().text();
    assert!(text.contains("NaN") && text.contains("inf"), "{text}");
}

#[test]
fn an_empty_table_shows_its_columns() {
    let table = df!("x" => Vec::<f64>::new()).unwrap();
    assert!(table.text().contains("0 rows x 1 column"));
    assert!(table.html().contains("x<br>"));
    assert!(DataFrame::empty().html().contains("0 rows x 0 columns"));
}
