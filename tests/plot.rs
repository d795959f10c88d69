//! What does a reader of a figure rely on? It has a title, named axes and the same numbers in
//! words; it needs no network; and it is the same on each run.

use segmenta::prelude::*;
use serde_json::Value;

fn customers() -> DataFrame {
    let customers = campaign::load("data/marketing_campaign.csv")
        .unwrap()
        .customers;
    customers
        .lazy()
        .with_columns([features::spend(), features::children()])
        .collect()
        .unwrap()
}

/// One of each kind.
fn figures(customers: &DataFrame) -> Vec<Figure> {
    let some = customers
        .select(["Income", "spend", "Recency", "Education"])
        .unwrap();
    let pairs = explore::associations(&some, 0.95).unwrap();
    let rates = interval::rates(customers, "Response", "Education", 0.95).unwrap();
    let shares = explore::categories(customers).unwrap();
    vec![
        plot::histogram(customers, "Income").unwrap(),
        plot::bars(&rates).unwrap(),
        plot::scatter(customers, "Income", "spend").unwrap(),
        plot::associations(&pairs, "pearson").unwrap(),
        plot::grouped_bars(&shares, "value", "column", "share").unwrap(),
        plot::missing(customers).unwrap(),
        plot::elbow(&choice()).unwrap(),
        plot::silhouettes(&segments(), "segment").unwrap(),
        plot::map(&segments().drop("silhouette").unwrap(), "segment").unwrap(),
        plot::stability(
            &cluster::Resample::new(20)
                .fit(&scaled(), &plain(), &KMeans::params(3))
                .unwrap(),
        )
        .unwrap(),
    ]
}

fn scaled() -> DataFrame {
    let recipe = Recipe::new(["spend", "Recency", "NumStorePurchases"]).standardise(Columns::All);
    recipe
        .fit(&customers())
        .unwrap()
        .transform(&customers())
        .unwrap()
}

fn plain() -> Recipe {
    Recipe::new(["spend", "Recency", "NumStorePurchases"])
}

fn choice() -> cluster::Choice {
    let choice = ChooseK::new(1..=4).references(5).resamples(5);
    choice.fit(&scaled(), &plain(), &KMeans::params(1)).unwrap()
}

/// Three segments: scaled columns, `segment` and `silhouette`.
fn segments() -> DataFrame {
    let columns = Recipe::new(["spend", "Recency", "NumStorePurchases"]);
    let segments = Segments::fit(&scaled(), &columns, &KMeans::params(3)).unwrap();
    segments
        .augment(&scaled())
        .unwrap()
        .drop("distance")
        .unwrap()
}

fn spec(figure: &Figure) -> Value {
    serde_json::from_str(&figure.json()).unwrap()
}

#[test]
fn every_figure_has_a_title_named_axes_and_its_numbers_in_words() {
    for figure in figures(&customers()) {
        let spec = spec(&figure);
        let layout = &spec["layout"];
        for name in [
            &layout["title"]["text"],
            &layout["xaxis"]["title"]["text"],
            &layout["yaxis"]["title"]["text"],
        ] {
            let name = name.as_str().unwrap();
            assert!(!name.is_empty(), "{layout}");
            assert!(figure.text().contains(name), "{}", figure.text());
        }
        assert!(figure.text().contains(&figure.data().text()));
        assert!(figure.data().height() > 0);
    }
}

#[test]
fn amounts_of_money_have_their_unit_on_the_axis() {
    let figure = plot::scatter(&customers(), "Income", "spend").unwrap();
    assert!(
        figure
            .text()
            .contains("across: Income of the household (rupiah a year)")
    );
    assert!(figure.text().contains("up: Spend (rupiah in two years)"));
}

#[test]
fn the_same_table_gives_the_same_figure_to_the_letter() {
    let customers = customers();
    for (a, b) in figures(&customers).iter().zip(figures(&customers)) {
        assert_eq!(a.fragment(), b.fragment());
    }
    let all: Vec<String> = figures(&customers).iter().map(Figure::fragment).collect();
    for (i, one) in all.iter().enumerate() {
        let id = one
            .split("id=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let others = all.iter().skip(i + 1);
        assert_eq!(others.filter(|other| other.contains(id)).count(), 0, "{id}");
    }
}

#[test]
fn a_figure_asks_for_nothing_from_elsewhere() {
    for figure in figures(&customers()) {
        let fragment = figure.fragment();
        for call in ["http://", "https://", "require(", "src=", "import("] {
            assert!(!fragment.contains(call), "{call}");
        }
    }
}

#[test]
fn a_column_cannot_smuggle_a_script_into_the_page() {
    for name in ["</script><script>alert(1)</script>", "<!--<script>"] {
        let table = df!(name => [1.0, 2.0, 3.0]).unwrap();
        let fragment = plot::histogram(&table, name).unwrap().fragment();
        assert_eq!(fragment.matches("</script>").count(), 1, "{fragment}");
        assert_eq!(fragment.matches("<script>").count(), 1, "{fragment}");
    }
}

#[test]
fn a_histogram_counts_what_numpy_counts() {
    // numpy.histogram([1, 2, 2, 3, 10], bins=[1, 2, ..., 11]) of NumPy 2.4.6.
    let figure = plot::histogram(&df!("x" => [1, 2, 2, 3, 10]).unwrap(), "x").unwrap();
    let column = figure.data().column("customers").unwrap();
    let counts: Vec<u64> = column.u64().unwrap().iter().flatten().collect();
    assert_eq!(counts, [1, 2, 1, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn the_box_over_a_histogram_is_tukeys() {
    let table = df!("x" => [2.0, 3.5, 5.0, 7.25, 8.0, 9.5, 12.0, 40.0]).unwrap();
    let spec = spec(&plot::histogram(&table, "x").unwrap());
    let drawn = &spec["data"][1];
    // np.quantile(x, [.25, .5, .75]) of NumPy 2.4.6; the whiskers end at the last values within
    // 1.5 times 5.5 of the box.
    assert_eq!(drawn["q1"][0], 4.625);
    assert_eq!(drawn["median"][0], 7.625);
    assert_eq!(drawn["q3"][0], 10.125);
    assert_eq!(drawn["lowerfence"][0], 2.0);
    assert_eq!(drawn["upperfence"][0], 12.0);
    assert_eq!(spec["data"][2]["x"], serde_json::json!([40.0]));
}

#[test]
fn bars_reach_to_the_ends_of_their_intervals_and_grey_ones_are_small_groups() {
    let rates = df!(
        "group" => ["a", "b"], "estimate" => [0.5, 0.25], "lower" => [0.4, 0.0],
        "upper" => [0.7, 1.0], "warning" => [None, Some("only 4 customers")],
    )
    .unwrap();
    let drawn = &spec(&plot::bars(&rates).unwrap())["data"][0];
    let near = |value: &Value, expected: f64| {
        assert!(
            (value.as_f64().unwrap() - expected).abs() < 1e-12,
            "{drawn}"
        );
    };
    near(&drawn["error_y"]["array"][0], 0.2);
    near(&drawn["error_y"]["arrayminus"][0], 0.1);
    near(&drawn["error_y"]["arrayminus"][1], 0.25);
    assert_ne!(drawn["marker"]["color"][0], drawn["marker"]["color"][1]);
    assert_eq!(drawn["hovertext"][0], "a: 0.5 (0.4 to 0.7)");
}

#[test]
fn criteria_side_by_side_have_a_named_panel_each_and_the_verdict_in_words() {
    let choice = choice();
    let figure = plot::criteria(&choice).unwrap();
    assert!(figure.text().contains(choice.verdict()));
    assert_eq!(figure.data(), &choice.tidy());
    let spec = spec(&figure);
    assert_eq!(spec["data"].as_array().unwrap().len(), 6);
    let named = spec["layout"]["annotations"].as_array().unwrap();
    assert!(
        named
            .iter()
            .all(|name| !name["text"].as_str().unwrap().is_empty())
    );
    for panel in ["", "2", "3", "4", "5", "6"] {
        let axis = &spec["layout"][format!("xaxis{panel}")];
        assert_eq!(axis["title"]["text"], "segments");
    }
    // The suggested number is a line through each; two have a line to pass.
    let lines = spec["layout"]["shapes"].as_array().unwrap();
    let suggested = if choice.suggested().is_some() { 6 } else { 0 };
    assert_eq!(lines.len(), suggested + 2);
}

#[test]
fn blades_are_as_high_as_their_segments_are_large() {
    let table = df!(
        "segment" => [1u64, 1, 1, 2, 2],
        "silhouette" => [0.5, 0.9, 0.1, -0.2, 0.4],
    );
    let figure = plot::silhouettes(&table.unwrap(), "segment").unwrap();
    let spec = spec(&figure);
    let heights = |trace: usize| {
        let y = spec["data"][trace]["y"].as_array().unwrap();
        let y: Vec<f64> = y.iter().map(|y| y.as_f64().unwrap()).collect();
        y.iter().fold(0.0, |most: f64, y| most.max(*y)) - y[0]
    };
    assert!((heights(0) - 3.0).abs() < 1e-9 && (heights(1) - 2.0).abs() < 1e-9);
    let widest = spec["data"][0]["x"][0].as_f64().unwrap();
    assert_eq!(widest, 0.9, "from the best to the worst");
    assert!(
        figure
            .text()
            .contains("1 of 5 customers lie nearer to another segment")
    );
}

#[test]
fn a_missing_value_map_shows_a_single_gap() {
    let mut values = vec![Some(1); 5_000];
    values[4_321] = None;
    let figure = plot::missing(&df!("x" => values).unwrap()).unwrap();
    let spec = spec(&figure);
    let shares = spec["data"][0]["z"][0].as_array().unwrap();
    let gaps: Vec<usize> = (0..shares.len())
        .filter(|block| shares[*block].as_f64().unwrap() > 0.0)
        .collect();
    assert_eq!(gaps, [86]); // 50 rows a stretch
    assert!(figure.text().contains("x: 1 of 5,000 (0.0 %)"));
}

#[test]
fn a_large_table_makes_a_small_page() {
    let n = 300_000;
    let table = df!(
        "x" => (0..n).map(|i| f64::from(i % 1_013)).collect::<Vec<_>>(),
        "y" => (0..n).map(|i| f64::from(i % 997)).collect::<Vec<_>>(),
    )
    .unwrap();
    let third = |name: &str| (col("x") % lit(3)).alias(name);
    let labelled = table
        .clone()
        .lazy()
        .with_column(third("segment"))
        .collect()
        .unwrap();
    let scored = [third("segment"), (col("y") / lit(997)).alias("silhouette")];
    let scored = table.clone().lazy().select(scored).collect().unwrap();
    for figure in [
        plot::scatter(&table, "x", "y").unwrap(),
        plot::histogram(&table, "x").unwrap(),
        plot::missing(&table).unwrap(),
        plot::map(&labelled, "segment").unwrap(),
        plot::silhouettes(&scored, "segment").unwrap(),
    ] {
        assert!(figure.json().len() < 200_000, "{}", figure.json().len());
    }
    let text = plot::scatter(&table, "x", "y").unwrap().text();
    assert!(text.contains("2,000 of 300,000 customers drawn"), "{text}");
}

#[test]
fn tables_that_cannot_be_drawn_give_an_error_or_an_empty_picture() {
    let customers = customers().head(Some(0));
    assert!(plot::histogram(&customers, "Income").is_err());
    assert!(plot::scatter(&customers, "Income", "spend").is_err());
    assert!(plot::bars(&customers).is_err());
    assert!(plot::missing(&customers).is_ok());
    assert!(plot::missing(&DataFrame::empty()).is_ok());
    let pairs = explore::associations(&customers, 0.95).unwrap();
    assert!(plot::associations(&pairs, "pearson").is_ok());
    assert!(plot::associations(&pairs, "kendall").is_err());
    let dates = campaign::load("data/marketing_campaign.csv").unwrap();
    let error = plot::histogram(&dates.customers, "Dt_Customer").unwrap_err();
    assert!(error.to_string().contains("take .dt().year()"), "{error}");
    let many = df!("g" => vec!["a"; 501], "estimate" => vec![1.0; 501]).unwrap();
    assert!(plot::bars(&many).is_err());
    let constant = df!("x" => [3.0, 3.0]).unwrap();
    assert_eq!(plot::histogram(&constant, "x").unwrap().data().height(), 1);
}

#[test]
fn a_figure_is_saved_by_the_ending_of_the_file() {
    let folder = std::env::temp_dir().join(format!("segmenta-plot-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let rates = df!("group" => ["a", "b"], "estimate" => [0.5, 0.25]).unwrap();
    let figure = plot::bars(&rates).unwrap().title("Two bars");
    figure
        .save(folder.join("figure.html"), Existing::Replace)
        .unwrap();
    let page = std::fs::read_to_string(folder.join("figure.html")).unwrap();
    assert!(page.contains("<title>Two bars") && page.contains("window.Plotly = Plotly"));
    figure
        .save(folder.join("figure.csv"), Existing::Replace)
        .unwrap();
    let csv = std::fs::read_to_string(folder.join("figure.csv")).unwrap();
    assert_eq!(csv, "group,estimate\na,0.5\nb,0.25\n");
    for (file, expected) in [
        ("figure.docx", "expected a name that ends in .html"),
        ("no-such-folder/figure.csv", "cannot write"),
    ] {
        let error = figure
            .save(folder.join(file), Existing::Replace)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_browser_draws_png_and_svg() {
    let folder = std::env::temp_dir().join(format!("segmenta-browser-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let table = df!("x & y" => [1, 2, 2, 3]).unwrap();
    let figure = plot::histogram(&table, "x & y").unwrap().title("A < B");
    match figure.save(folder.join("figure.png"), Existing::Replace) {
        Err(Error::Browser(why)) if std::env::var_os("CI").is_none() => {
            println!("skipped: {why}");
        }
        drawn => {
            drawn.unwrap();
            let png = std::fs::read(folder.join("figure.png")).unwrap();
            assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
            let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
            assert_eq!((side(16), side(20)), (1_800, 840));
            figure
                .save(folder.join("figure.svg"), Existing::Replace)
                .unwrap();
            let svg = std::fs::read_to_string(folder.join("figure.svg")).unwrap();
            assert!(
                svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
                "{svg}"
            );
            assert!(svg.contains("A &#60; B"), "the title");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
