//! What somebody relies on who knows one model of this crate: the others are used in the same way.

use segmenta::linfa::DatasetBase;
use segmenta::ndarray::{Array1, Array2};
use segmenta::prelude::*;

fn customers() -> DataFrame {
    let customers = campaign::load("data/marketing_campaign.csv")
        .unwrap()
        .customers;
    let customers = customers
        .lazy()
        .with_columns([features::spend(), features::transactions()]);
    customers
        .filter(col("Income").is_not_null())
        .collect()
        .unwrap()
}

/// `tidy` has a row for each part of a model, `glance` one row about it, and `augment` gives back the
/// table as it was, with columns behind it.
#[track_caller]
fn is_a_table_model(table: &DataFrame, tidy: DataFrame, glance: DataFrame, augmented: DataFrame) {
    assert!(tidy.height() > 1);
    assert_eq!(glance.height(), 1);
    assert_eq!(augmented.height(), table.height());
    let names = table.get_column_names();
    assert!(augmented.width() > names.len());
    for (before, after) in table.columns().iter().zip(augmented.columns()) {
        assert!(before.equals_missing(after), "{}", before.name());
    }
    for result in [&tidy, &glance] {
        assert!(result.columns().iter().all(|column| column.name() != ""));
    }
}

#[test]
fn table_models_have_tidy_glance_and_augment() {
    let table = customers();
    let recipe = Recipe::new(["Income", "spend"]).standardise(Columns::All);
    let segments = Segments::fit(&table, &recipe, &KMeans::params(3)).unwrap();
    is_a_table_model(
        &table,
        segments.tidy().unwrap(),
        segments.glance().unwrap(),
        segments.augment(&table).unwrap(),
    );
    let dense = Segments::fit(&table, &recipe, &Dbscan::params(4, 0.3)).unwrap();
    is_a_table_model(
        &table,
        dense.tidy().unwrap(),
        dense.glance().unwrap(),
        dense.augment(&table).unwrap(),
    );
    let optics = Optics::fit(&table, &recipe, &Optics::params(4)).unwrap();
    is_a_table_model(
        &table,
        optics.tidy().unwrap(),
        optics.glance().unwrap(),
        optics.augment(&table).unwrap(),
    );
    let propensity = Propensity::fit(&table, &recipe, &Propensity::params("Response")).unwrap();
    is_a_table_model(
        &table,
        propensity.tidy().unwrap(),
        propensity.glance().unwrap(),
        propensity.augment(&table).unwrap(),
    );
    let line = explore::regression(&table, "Income", "spend", 0.95).unwrap();
    is_a_table_model(
        &table,
        line.tidy().unwrap(),
        line.glance().unwrap(),
        line.augment(&table).unwrap(),
    );
    let forest = RandomForest::params().trees(5);
    let classifier = Classifier::fit(&table, "Response", ["Income", "spend"], &forest).unwrap();
    is_a_table_model(
        &table,
        classifier.tidy().unwrap(),
        classifier.glance(0.95).unwrap(),
        classifier.augment(&table).unwrap(),
    );
    let stability = cluster::Resample::new(5)
        .fit(&table, &recipe, &KMeans::params(3))
        .unwrap();
    assert_eq!(
        (stability.tidy().height(), stability.glance().height()),
        (3, 1)
    );
}

/// linfa's builder, `fit` and `predict`.
fn is_a_matrix_model<F, M>(params: F) -> M
where
    F: Fit<Array2<f64>, Array1<()>, Error, Object = M>,
    M: for<'a> Predict<&'a Array2<f64>, Array1<usize>>,
{
    let table = customers();
    let recipe = Recipe::new(["Income", "spend"]).standardise(Columns::All);
    let data = recipe.fit(&table).unwrap().dataset(&table).unwrap();
    let rows: Array2<f64> = data.records().clone();
    let model = params.fit(&DatasetBase::from(rows.clone())).unwrap();
    let labels = model.predict(&rows);
    assert_eq!(labels.len(), table.height());
    assert!(labels.iter().all(|label| *label < 3));
    model
}

#[test]
fn matrix_models_have_linfas_fit_and_predict() {
    use segmenta::linfa::ParamGuard;
    let k_means = is_a_matrix_model(KMeans::params(3).check().unwrap());
    assert_eq!(k_means.centroids().nrows(), 3);
    is_a_matrix_model(cluster::GaussianMixture::params(3).check().unwrap());
}
