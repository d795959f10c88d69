//! Which customers can be clustered at all?
//!
//! Each step leaves customers out, counts them, and keeps them in a table of their own. Steps are
//! chained; what was done stands in [`report`](Clean::report), and who was left out, and by which
//! step, in [`left_out`](Clean::left_out). Steps that change values instead are those of
//! [`scale`](crate::scale), because a model has to repeat them on new customers.

use polars::prelude::*;

use crate::data::quality::{self, OutlierRule};
use crate::table::column;
use crate::{Error, Result};

/// A table on its way to be clean: what is left, what was done, who was left out.
///
/// ```
/// use segmenta::data::clean::Clean;
/// use segmenta::prelude::*;
///
/// let table = df!("Income" => [Some(50.0), None, Some(60.0)])?;
/// let clean = Clean::new(&table)?.drop_nulls(["Income"])?;
/// assert_eq!(clean.kept().height(), 2);
/// assert_eq!(clean.report()?.column("left_out")?.u64()?.get(0), Some(1));
/// assert_eq!(clean.left_out()?.column("left_out_by")?.str()?.get(0), Some("drop_nulls: Income"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Clean {
    table: DataFrame,
    steps: Vec<Done>,
    left_out: DataFrame,
}

#[derive(Clone, Debug)]
struct Done {
    step: String,
    columns: String,
    before: usize,
    after: usize,
}

const BY: &str = "left_out_by";

impl Clean {
    /// Starts with all customers.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the table has a column `left_out_by` already.
    pub fn new(table: &DataFrame) -> Result<Self> {
        column::is_new(table, BY)?;
        let mut left_out = table.clear();
        left_out.with_column(Column::new_empty(BY.into(), &DataType::String))?;
        Ok(Clean {
            table: table.clone(),
            steps: Vec::new(),
            left_out,
        })
    }

    /// The customers who are left.
    pub fn kept(&self) -> &DataFrame {
        &self.table
    }

    /// What was done: a row for each step with `step`, `columns`, `before`, `left_out`, `after`
    /// (numbers of customers).
    pub fn report(&self) -> Result<DataFrame> {
        let steps = &self.steps;
        Ok(df!(
            "step" => steps.iter().map(|s| s.step.as_str()).collect::<Vec<_>>(),
            "columns" => steps.iter().map(|s| s.columns.as_str()).collect::<Vec<_>>(),
            "before" => steps.iter().map(|s| s.before as u64).collect::<Vec<_>>(),
            "left_out" => steps.iter().map(|s| (s.before - s.after) as u64).collect::<Vec<_>>(),
            "after" => steps.iter().map(|s| s.after as u64).collect::<Vec<_>>(),
        )?)
    }

    /// Who was left out: their rows, with `left_out_by`, the step.
    pub fn left_out(&self) -> Result<DataFrame> {
        Ok(self.left_out.clone())
    }

    /// Leaves out who has no value in one of these columns.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn drop_nulls<'a>(self, columns: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let columns: Vec<&str> = columns.into_iter().collect();
        for name in &columns {
            column::find(&self.table, name)?;
        }
        let known = columns.iter().map(|name| col(*name).is_not_null());
        let all = known.reduce(Expr::and).unwrap_or_else(|| lit(true));
        self.keep("drop_nulls", &columns, all)
    }

    /// Leaves out who lies outside the bounds of a rule in one of these columns, or has no value
    /// there. The bounds are those of the customers who are still in the table, each column's for
    /// itself, before anyone is left out by this step.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`].
    ///
    /// ```
    /// use segmenta::data::clean::Clean;
    /// use segmenta::prelude::*;
    ///
    /// let table = df!("spend" => [1.0, 2.0, 3.0, 4.0, 100.0])?;
    /// assert_eq!(Clean::new(&table)?.keep_inside(["spend"], OutlierRule::Iqr)?.kept().height(), 4);
    /// // In a table of 5, nothing can lie 3 standard deviations out.
    /// assert_eq!(Clean::new(&table)?.keep_inside(["spend"], OutlierRule::Z)?.kept().height(), 5);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn keep_inside<'a>(
        self,
        columns: impl IntoIterator<Item = &'a str>,
        rule: OutlierRule,
    ) -> Result<Self> {
        let columns: Vec<&str> = columns.into_iter().collect();
        let inside = quality::inside(&self.table, columns.iter().copied(), rule)?;
        let step = match rule {
            OutlierRule::Iqr => "keep_inside iqr",
            OutlierRule::Z => "keep_inside z",
            OutlierRule::Quantile => "keep_inside quantile",
        };
        self.keep(step, &columns, inside)
    }

    /// Keeps the first of customers who are alike in all these columns.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::TooFew`] where no column is named.
    pub fn drop_repeated<'a>(self, columns: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let columns: Vec<&str> = columns.into_iter().collect();
        for name in &columns {
            column::find(&self.table, name)?;
        }
        if columns.is_empty() {
            return Err(Error::TooFew {
                what: "columns".into(),
                found: 0,
                expected: "1 or more to compare".into(),
            });
        }
        // To compare whole rows takes long: first by the columns that tell most rows apart, which leaves few.
        let few = telling_apart(&self.table, &columns)?;
        let seen =
            |names: &[&str]| as_struct(names.iter().map(|name| col(*name)).collect::<Vec<_>>());
        let alike = self
            .table
            .clone()
            .lazy()
            .select([seen(&few).is_duplicated()]);
        let alike = alike.collect()?.columns()[0].bool()?.clone();
        let compared = self.table.select(columns.iter().copied())?.filter(&alike)?;
        let first = compared.lazy().select([seen(&columns).is_first_distinct()]);
        let first = first.collect()?.columns()[0].bool()?.clone();
        let mut of_those = first.iter();
        let first: BooleanChunked = alike
            .iter()
            .map(|alike| match alike {
                Some(true) => of_those.next().flatten(),
                _ => Some(true),
            })
            .collect();
        self.keep("drop_repeated", &columns, lit(first.into_series()))
    }

    /// Keeps those of whom a condition holds, and leaves out the others and those of whom it is not
    /// known. `step` names the condition in the report.
    ///
    /// # Errors
    /// [`Error::Polars`] where the condition cannot be computed.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let table = df!("Year_Birth" => [1893, 1970, 1985])?;
    /// let clean = Clean::new(&table)?.keep_where("born in 1910 or later", col("Year_Birth").gt_eq(lit(1910)))?;
    /// assert_eq!(clean.kept().height(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn keep_where(self, step: &str, condition: Expr) -> Result<Self> {
        self.keep(step, &[], condition.fill_null(lit(false)))
    }

    fn keep(mut self, step: &str, columns: &[&str], condition: Expr) -> Result<Self> {
        let before = self.table.height();
        let columns = columns.join(", ");
        let by = match columns.as_str() {
            "" => step.to_owned(),
            _ => format!("{step}: {columns}"),
        };
        let kept = self.table.clone().lazy();
        let others = kept.clone().filter(condition.clone().not());
        let others = others.with_column(lit(by).alias(BY));
        self.left_out.vstack_mut(&others.collect()?)?;
        self.table = kept.filter(condition).collect()?;
        self.steps.push(Done {
            step: step.to_owned(),
            columns,
            before,
            after: self.table.height(),
        });
        Ok(self)
    }
}

/// Of these columns the few with the most different values, by the first rows.
fn telling_apart<'a>(table: &DataFrame, columns: &[&'a str]) -> Result<Vec<&'a str>> {
    const FIRST: usize = 10_000;
    const FEW: usize = 3;
    let first = table.head(Some(FIRST));
    let mut different = columns
        .iter()
        .map(|name| Ok((column::find(&first, name)?.n_unique()?, *name)))
        .collect::<Result<Vec<_>>>()?;
    different.sort_by_key(|(different, _)| std::cmp::Reverse(*different));
    Ok(different
        .into_iter()
        .take(FEW)
        .map(|(_, name)| name)
        .collect())
}
