use polars::prelude::*;

use crate::Result;

/// What each column of a result is called, in one place: one name means one thing in all of them.
///
/// A table with one figure a row has it as `estimate`, with `se`, `lower` and `upper`; in a table with
/// several, the figure's own name stands before: `gap` and `gap_se`, `auc`, `auc_lower` and `auc_upper`.
const GLOSSARY: &[(&str, &str)] = &[
    ("a", "one of two that are compared"),
    ("above", "customers above the upper bound"),
    ("acceptance", "which share of the offers must be accepted"),
    ("accepted", "that many offers"),
    ("accuracy", "the share of answers that are right"),
    ("accuracy_a", "the same of the first of two ways to answer"),
    ("accuracy_b", "the same of the second"),
    (
        "active",
        "customers who bought within the time that is looked at",
    ),
    ("active_share", "the share of the members who are active"),
    ("actual", "what came"),
    ("actual_step", "what came in the step"),
    (
        "adds",
        "how much having the product adds to the score of the other",
    ),
    (
        "after",
        "what is left once a step is done, in the period after, or when an assumption is another",
    ),
    ("after_only", "the difference of what was spent after"),
    ("alive", "the chance that the customer has not left"),
    ("all_baskets", "how many baskets there are"),
    (
        "all_mean",
        "the mean of all customers, beside that of the segment",
    ),
    (
        "all_median",
        "the median of all customers, beside that of the segment",
    ),
    (
        "alone",
        "customers who are in no segment, because nobody lies close enough",
    ),
    ("amount", "money of the bills, or of the line"),
    ("amount_each", "money by the customers of the cohort"),
    ("answered", "customers who accepted the campaign"),
    ("answers", "customers reached who accept the campaign"),
    (
        "antecedent",
        "what is in the basket: one item, or several with + between them",
    ),
    ("antecedent_baskets", "how many baskets hold the antecedent"),
    (
        "ari",
        "adjusted Rand index: 1 is the same division, about 0 agreement by chance",
    ),
    ("assumption", "what is taken for granted"),
    (
        "auc",
        "the chance that who answers ranks above who does not",
    ),
    ("average", "what is foretold where everybody is alike"),
    ("average_order", "money for each purchase"),
    ("b", "the other of two that are compared"),
    (
        "balanced_accuracy",
        "the share of each class that was told, on average",
    ),
    ("basket", "what is one basket"),
    ("baskets", "how many baskets hold all of it"),
    (
        "before",
        "what there is before a step or in the period before, or under the first assumption",
    ),
    (
        "believed",
        "how many rules are more than chance, with no shorter one that says as much",
    ),
    ("below", "customers below the lower bound"),
    ("bend", "the radius where the curve of distances bends"),
    (
        "betweenness",
        "between how many pairs of others a member stands",
    ),
    (
        "beyond_noise",
        "how far the inertia falls beyond that of noise, in standard errors",
    ),
    (
        "bill",
        "the number of the bill, from 0 in the order of the files",
    ),
    (
        "bin",
        "a part of the rows, in the order of what was foretold",
    ),
    ("blank_rows", "rows of a file in which nothing stands"),
    ("both", "customers with both labels"),
    ("bought", "on how many bills the customer had it before"),
    (
        "bought_in_all",
        "how many products stand on how many bills, each once a bill",
    ),
    ("break_even", "the response above which a campaign pays"),
    ("brier", "the mean squared error of chances"),
    (
        "brier_of_rate",
        "that error where everybody has the rate as chance",
    ),
    ("buyers", "members who bought"),
    ("by", "the column that makes the groups"),
    (
        "by_chance",
        "the greatest weight of a second place in tables of noise",
    ),
    (
        "calinski_harabasz",
        "spread between over spread within segments: more is better",
    ),
    ("cells", "how many sets of scores the rule takes"),
    ("chance", "the precision that a rule would have at random"),
    ("changed", "how many values a step changed"),
    ("channel", "where to reach the segment"),
    ("churn", "the share of customers who are lost"),
    ("class", "one of the classes"),
    ("classes", "how many classes"),
    ("closed", "whether no larger set is in as many baskets"),
    ("closed_itemsets", "how many of the sets are closed"),
    (
        "cohort",
        "the first day of the month in which customers came first",
    ),
    ("column", "the column of the table that the row speaks of"),
    ("columns", "the columns that a step or a test looks at"),
    ("compared", "which columns rows are compared by"),
    (
        "complete",
        "whether the bills reach to the end of the month",
    ),
    (
        "component",
        "the number of a principal component, the first has most variance",
    ),
    (
        "confidence",
        "of the baskets with the antecedent the share with the consequent",
    ),
    (
        "confidence_before",
        "the confidence in the baskets where the rule was found",
    ),
    ("consequent", "what is in the basket as well"),
    ("consequent_baskets", "how many baskets hold the consequent"),
    (
        "control",
        "customers of the segment to leave alone, so that a test sees the effect",
    ),
    ("converged", "whether the iterations ended by themselves"),
    ("core", "customers with enough others within the radius"),
    (
        "core_distance",
        "the radius from which a customer has enough others within it",
    ),
    (
        "correlation",
        "how far frequency and amount go together: the model wants about 0",
    ),
    (
        "cosine",
        "how near two products are: 1 where the same customers have both",
    ),
    ("cost", "what writing to the customers costs"),
    ("coverage", "the share of the segment that a rule finds"),
    (
        "cramers_v",
        "Cramer's V: how far two columns of words go together, 0 to 1",
    ),
    ("cramers_v_corrected", "Cramer's V, corrected for its bias"),
    (
        "cumulative",
        "the share of this component and those before it",
    ),
    ("customer", "the name or number of a customer"),
    ("customers", "how many customers the row speaks of"),
    ("cut", "members whose link to a sponsor is no one of a tree"),
    ("dates", "how the dates of the file are written"),
    (
        "davies_bouldin",
        "width of neighbours over their distance: less is better",
    ),
    ("day", "the day on which it was to be known"),
    ("days", "how many days"),
    ("deals", "purchases with a discount"),
    ("decimal", "the decimal sign of the file"),
    ("degrees", "degrees of freedom"),
    ("depth", "splits above the deepest leaf"),
    ("detectable", "the effect that is found as often as wanted"),
    ("difference", "one figure less another"),
    (
        "discounted",
        "how many purchases of today those to be expected are worth",
    ),
    (
        "dissolved",
        "the share of resamples in which a segment is not found again",
    ),
    ("distinct", "how many different values or rows there are"),
    ("done", "what is done about it"),
    (
        "downline",
        "members below one: those whom the member brought, whom these brought, and so on",
    ),
    ("downline_levels", "on how many levels they stand"),
    ("driver", "what turnover is the product of"),
    ("drop", "by how much the accuracy falls"),
    ("duplicates", "rows that repeat an earlier one"),
    (
        "edge",
        "customers in reach of a dense place, and not dense themselves",
    ),
    (
        "effect",
        "what its change has done to the turnover, in money",
    ),
    (
        "effect_size",
        "how large a difference is, whatever the number of customers",
    ),
    (
        "encoding",
        "in which bytes the letters of a file are written",
    ),
    (
        "enough",
        "whether the gap is no less than the next one minus its error",
    ),
    (
        "epsilon_squared",
        "the effect size of a Kruskal-Wallis test, 0 to 1",
    ),
    ("error", "the root of the sum of squares of all that is off"),
    ("estimate", "the figure that the row is about"),
    ("example", "the first value"),
    (
        "examples",
        "the first different values, as they stand in the file",
    ),
    (
        "expected",
        "what would fit; or the money that is to be expected",
    ),
    (
        "expected_baskets",
        "how many baskets would hold both if the two had nothing to do with each other",
    ),
    ("expected_step", "what was expected in the step"),
    (
        "explained",
        "the share of all squares that lies between segments",
    ),
    ("f_from", "the lowest score of the visits"),
    ("f_to", "the highest score of the visits"),
    ("factors", "how many numbers describe a taste"),
    ("figure", "what was published"),
    ("file", "the file that was read"),
    ("first", "the first day"),
    ("first_day", "the day of the first bill"),
    (
        "fitted",
        "the price by least squares over bills with several products",
    ),
    ("format", "what kind of file it is"),
    ("found", "what is odd"),
    (
        "frequency",
        "times at which the customer bought, after the first",
    ),
    ("from", "where it begins: a day, or the state before"),
    ("gain", "the share of all answers that is reached"),
    ("gained", "customers gained under the assumption"),
    (
        "gap",
        "how much smaller the inertia's logarithm is than in noise",
    ),
    ("gone", "customers who are not there in the period after"),
    ("group", "how many columns are taken together"),
    ("groups", "how many groups are compared"),
    ("height", "how far apart two groups are that are joined"),
    ("held_out", "whether the model has not seen it"),
    ("hold_out", "how many customers get no offer"),
    (
        "hold_out_change",
        "the mean change of customers without the offer",
    ),
    ("holds", "whether it is more than chance again"),
    (
        "improvement",
        "the confidence above that of the best rule with a part of the antecedent, or none of it",
    ),
    (
        "impurity",
        "how much purer a column made the leaves, of all",
    ),
    ("in_a", "customers with the first label"),
    ("in_b", "customers with the second label"),
    ("in_file", "the name or word in the file"),
    ("in_table", "the name or word in the table"),
    ("inertia", "squared distances to the own centre, added up"),
    ("item", "one thing that may be in a basket"),
    ("items", "how many different items there are"),
    (
        "items_in_all",
        "how many items lie in all baskets, each as often as it is in one",
    ),
    ("itemset", "items that lie together, with + between them"),
    ("itemsets", "how many sets there are"),
    ("iterations", "how many iterations it took"),
    (
        "jaccard",
        "customers in both over customers in either, 0 to 1",
    ),
    ("k", "the number of segments"),
    (
        "kept",
        "whether the customer came again within the time that is looked at",
    ),
    ("kind", "what a column looks like: flag, count, amount"),
    ("knee", "whether the curve of inertias bends most here"),
    (
        "known",
        "whether the customer bought anything before the day",
    ),
    (
        "known_customers",
        "how many of the customers had bought before the day",
    ),
    ("largest", "customers in the largest segment"),
    ("last", "the last day"),
    ("learned_from", "how many customers were looked at to learn"),
    ("least", "the lowest value"),
    ("least_baskets", "in how many baskets a set must be"),
    ("least_confidence", "the confidence that a rule must have"),
    (
        "least_jaccard",
        "the mean Jaccard index of the least stable segment",
    ),
    ("leaves", "leaves of all trees"),
    (
        "left_out",
        "customers without a value, who do not count; in rejects, what was left out",
    ),
    ("level", "how many stand above: 0 at the top"),
    ("levels", "how many levels a tree has"),
    ("lift", "how many times as often as among all"),
    (
        "log_likelihood",
        "the logarithm of how likely the model makes what was seen",
    ),
    (
        "log_loss",
        "the mean negative logarithm of the chance of what came true",
    ),
    (
        "log_loss_shares",
        "the log loss of giving each class its share as its chance",
    ),
    ("lost", "customers lost under the assumption"),
    ("lower", "the lower end of the interval, or the lower bound"),
    ("m_from", "the lowest score of the amount"),
    ("m_to", "the highest score of the amount"),
    ("mae", "the mean absolute error for a customer"),
    (
        "margin",
        "the least of several figures over what is wanted of them: 1 is just enough",
    ),
    ("max", "the largest value"),
    ("maximal", "whether no larger set is frequent"),
    ("maximal_itemsets", "how many of the sets are maximal"),
    ("mean", "the mean"),
    (
        "mean_distance",
        "steps between two members of a tree on average: its structural virality",
    ),
    ("mean_items", "how many items are in a basket, on average"),
    ("measure", "which measure of effect or association it is"),
    ("median", "the median"),
    ("median_a", "the median of the first group"),
    ("median_b", "the median of the second group"),
    ("member", "the name or number of a member"),
    ("members", "how many members"),
    ("method", "how it is foretold"),
    ("metric", "which figure is judged by"),
    ("min", "the smallest value"),
    (
        "min_points",
        "how many customers within the radius make a dense place",
    ),
    ("missing", "customers of the group without a value"),
    ("model", "what the model foretells"),
    ("money", "the unit of the amounts in the file"),
    ("month", "months since the first bill"),
    ("most", "the highest value"),
    ("most_common", "the most frequent value"),
    ("most_frequent", "the share of the most frequent class"),
    ("most_items", "how many items are in the fullest basket"),
    ("moved", "customers who are in another segment than before"),
    (
        "n",
        "how many customers with a value the figure is computed from",
    ),
    ("n_a", "how many of the first group"),
    ("n_b", "how many of the second group"),
    (
        "n_fitted",
        "bills with several products, this one among them",
    ),
    ("name", "what the segment is called"),
    (
        "net_share",
        "of all customers the share by which coming and going differ",
    ),
    ("new", "customers who were not there in the period before"),
    (
        "new_share",
        "the share of what the customers had not bought before",
    ),
    (
        "nmi",
        "normalised mutual information of two divisions, 0 to 1",
    ),
    ("not_believed", "how many rules are not more than chance"),
    (
        "null_words",
        "what stands in the file where there is no value, and how often",
    ),
    ("nulls", "how many values are missing"),
    ("odds_ratio", "by which factor the odds change"),
    ("of", "of what there are so many"),
    ("offer", "what to offer"),
    ("offer_score", "what the offers are ranked by"),
    ("offered", "how many customers get the offer"),
    (
        "offered_change",
        "the mean change of customers with the offer",
    ),
    ("one_item", "how many baskets hold a single item"),
    ("only_a", "rows where only the first is right"),
    ("only_b", "rows where only the second is right"),
    ("order", "what the customers are ordered by"),
    (
        "order_value",
        "the mean amount that is to be expected of an order",
    ),
    ("other_item", "the other of two items"),
    ("other_product", "the other of two products"),
    ("ours", "the figure computed here"),
    (
        "out_of_reach_share",
        "the share of what is not sold on the day",
    ),
    ("over", "the order that it is compared with"),
    ("p", "the p-value, not corrected"),
    (
        "p_bh",
        "the p-value, corrected for the number of tests by the share of false alarms (Benjamini and Hochberg)",
    ),
    (
        "p_holm",
        "the p-value, corrected by Holm for the number of comparisons",
    ),
    (
        "p_shorter",
        "Fisher's test of what the least telling item of the antecedent adds to the others",
    ),
    (
        "p_shorter_holm",
        "the larger of p and p_shorter, corrected by Holm for the number of tests",
    ),
    (
        "pairs",
        "how many pairs of a customer and a product there are",
    ),
    ("parameter", "what the model has learned"),
    ("part", "the number of a block"),
    ("passes", "whether it is clear structure: yes, no, or open"),
    (
        "pays",
        "whether the campaign is expected to pay: yes, no, or open",
    ),
    ("places", "dense places that weigh more than chance makes"),
    (
        "position",
        "where a segment stands among all customers, 0 to 1",
    ),
    ("power", "how often the effect would be found"),
    (
        "precision",
        "the share of those whom a rule finds who are of the segment",
    ),
    ("predicted", "the mean of the predicted chances"),
    ("price", "what one of it costs"),
    ("probability", "the chance that was foretold"),
    ("product", "what is bought"),
    ("products", "how many products there are"),
    ("products_on_sale", "how many products are sold on the day"),
    ("profit", "what is expected beyond the cost"),
    ("published", "the figure that was published"),
    ("purchases", "how many purchases are to be expected"),
    ("q25", "the lower quartile"),
    ("q75", "the upper quartile"),
    ("quantity", "pieces"),
    (
        "quarter",
        "a quarter of the products by price, 1 the cheapest",
    ),
    ("question", "what is asked"),
    ("r_from", "the lowest score of the recency"),
    (
        "r_squared",
        "the share of the variance that the line explains",
    ),
    ("r_to", "the highest score of the recency"),
    (
        "radius",
        "how close customers lie together, in scaled numbers",
    ),
    ("rank", "the place of the offer, from 1"),
    (
        "rank_biserial",
        "the effect size of a Mann-Whitney test, -1 to 1",
    ),
    ("rate", "the share of customers who answered"),
    (
        "ratio",
        "the share of the variance; or the inertia of test customers over that of the others",
    ),
    (
        "reachability",
        "the radius from which a customer is connected with those before",
    ),
    (
        "recovered",
        "the share of resamples in which a segment is found again",
    ),
    ("recruiters", "members who brought somebody"),
    ("recruits", "members whom one brought"),
    (
        "redundant",
        "whether a rule with a part of the antecedent has as high a confidence, or how many such rules there are",
    ),
    ("references", "how many made-up tables were drawn"),
    (
        "reproduction",
        "recruits of each member within the time that is looked at",
    ),
    ("resamples", "how many resamples were drawn"),
    (
        "residual",
        "how far a cell lies from independence, in standard errors",
    ),
    (
        "response",
        "the share of the segment that answered the last campaign",
    ),
    ("restarts", "from how many starts it was tried"),
    ("retention", "the share of the cohort that is active"),
    ("rival", "the method that it is compared with"),
    ("rival_estimate", "the figure of the rival"),
    ("rmse", "the root of the mean squared error"),
    ("role", "what a column is for"),
    ("rounds", "how many rounds it took"),
    ("row", "the line of the file, where the header's is 1"),
    ("rows", "how many rows"),
    ("rows_kept", "rows that are in the table"),
    ("rows_read", "rows that the file has"),
    ("rows_rejected", "rows that do not fit"),
    ("rule", "the rule that is tried, in words"),
    ("rules", "how many rules there are"),
    (
        "same_rate",
        "what is foretold where everybody goes on as before",
    ),
    (
        "sampled_n",
        "how many customers the figures of draws are computed from",
    ),
    ("score", "from 1 to the best"),
    ("sd", "the standard deviation"),
    ("se", "the standard error"),
    ("searched", "how many rules were looked at"),
    ("second", "members whom the recruits brought"),
    ("seed", "where the random numbers start"),
    (
        "seen",
        "members of the cohort who have had the time that is looked at",
    ),
    ("segment", "the segment, counted from 1, the largest"),
    ("segments", "how many segments"),
    ("separator", "what stands between the values of the file"),
    ("share", "the part of all, 0 to 1"),
    (
        "share_of_all",
        "the part that the value has among all customers",
    ),
    ("sheet", "the sheet of a spreadsheet"),
    (
        "sigma",
        "the standard deviation of what the line leaves over",
    ),
    (
        "silhouette",
        "how much nearer the own segment is than the next, -1 to 1",
    ),
    (
        "silhouette_n",
        "how many customers the mean silhouette is computed from",
    ),
    ("size", "of how many items"),
    (
        "skewness",
        "the third standardised moment: above 0 the long tail is to the right",
    ),
    (
        "smallest_expected",
        "the smallest count that a cell would have by chance",
    ),
    ("spend", "money spent in two years"),
    ("split_ari", "the adjusted Rand index of test customers"),
    (
        "split_ratio",
        "the inertia of test customers over that of the others",
    ),
    ("sponsor", "who brought the member"),
    ("sponsored", "brought by a member"),
    ("statistic", "the value of the test's statistic"),
    ("stayed", "customers who are in the same segment as before"),
    (
        "stayed_share",
        "their share of those who are in both periods",
    ),
    ("step", "the step, by its name or its number"),
    ("steps", "what a recipe does with the column"),
    ("strength", "how strong an effect is, by a rule of thumb"),
    ("sum", "the sum"),
    ("support", "the share of all baskets that hold it"),
    ("t", "the estimate over its standard error"),
    ("taken", "whether a column takes part"),
    (
        "tenth",
        "a tenth of the customers, the first with the highest amounts",
    ),
    ("term", "the term of a regression"),
    ("test", "the test that was made"),
    (
        "test_inertia",
        "the mean squared distance of test customers to their centre",
    ),
    (
        "test_n",
        "how many customers it was tested on, who were not learned from",
    ),
    ("tier", "the tier of the segment, by its mean"),
    ("time", "when, or how much time has passed"),
    ("to", "where it ends: a day, or the state after"),
    ("top", "the member above all others of a tree"),
    (
        "top_share",
        "of all downlines the share of the hundredth of the members with the largest ones",
    ),
    (
        "train_inertia",
        "the mean squared distance of those learned from to their centre",
    ),
    ("train_n", "how many customers were learned from"),
    ("transactions", "purchases in two years"),
    (
        "trees",
        "groups of members who hang together, those of one among them",
    ),
    ("type", "the type of a column's values"),
    ("u", "Mann and Whitney's U"),
    ("unit", "the unit of the value"),
    ("until", "the day before which it ends"),
    ("uplift", "the change of what is bought"),
    ("upper", "the upper end of the interval, or the upper bound"),
    ("value", "a value, a word or a figure"),
    ("variance", "the variance"),
    ("verdict", "what follows from the figures, in words"),
    ("visits", "how many bills the customer has"),
    ("warning", "what to mind with this row"),
    ("weight", "of what moved them the part of this column"),
    ("who", "the segment, in words"),
    ("why", "the reason"),
    ("with", "the numbers that a step learned"),
    (
        "within_ss",
        "squared distances to the segment's own centre, added up",
    ),
    (
        "worse_by",
        "the mean absolute error above that of the model",
    ),
    ("x", "the column across"),
    ("y", "the column up"),
    ("zeros", "the share of values that are 0"),
];

/// What does a column of a result mean?
///
/// A row for each name that a table of results gives to a column of its own: `column`, `meaning`. A
/// name means the same in all results. Behind a figure's name `_se` stands for its standard error,
/// `_lower` and `_upper` for the ends of its interval, `_enough` for whether it is.
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let glossary = segmenta::table::glossary()?;
/// let p = glossary.lazy().filter(col("column").eq(lit("p"))).collect()?;
/// assert_eq!(p.column("meaning")?.str()?.get(0), Some("the p-value, not corrected"));
/// # Ok::<(), Error>(())
/// ```
pub fn glossary() -> Result<DataFrame> {
    Ok(df!(
        "column" => GLOSSARY.iter().map(|entry| entry.0).collect::<Vec<_>>(),
        "meaning" => GLOSSARY.iter().map(|entry| entry.1).collect::<Vec<_>>(),
    )?)
}

/// What a name of a result means; also behind it that it is an end of an interval, or a standard error.
pub(crate) fn meaning(name: &str) -> Option<String> {
    let known = |name: &str| {
        let entry = GLOSSARY.iter().find(|entry| entry.0 == name);
        entry.map(|entry| entry.1.to_owned())
    };
    let ends = [
        ("_se", "its standard error"),
        ("_lower", "the lower end of its interval"),
        ("_upper", "the upper end of its interval"),
        ("_enough", "whether it is enough"),
    ];
    known(name).or_else(|| {
        ends.iter().find_map(|(end, what)| {
            let figure = known(name.strip_suffix(end)?)?;
            Some(format!("{figure}: {what}"))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::GLOSSARY;

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => sources(&path, found),
                false => found.push(path),
            }
        }
    }

    /// The names that `df!` gives to columns in the code of a file, without examples and tests.
    fn named(source: &str) -> BTreeSet<String> {
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: String = lines.collect::<Vec<_>>().join("\n");
        let mut names = BTreeSet::new();
        for table in code.split("df!(").skip(1) {
            let mut depth = 1;
            let end = table.find(|c| {
                depth += match c {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                depth == 0
            });
            let parts: Vec<&str> = table[..end.unwrap_or(table.len())].split("\" =>").collect();
            for before in &parts[..parts.len() - 1] {
                names.insert(before.rsplit('"').next().unwrap().to_owned());
            }
        }
        names
    }

    #[test]
    fn every_result_speaks_the_language_of_the_glossary_and_every_word_of_it_is_used() {
        let mut files = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut files,
        );
        let known: BTreeSet<&str> = GLOSSARY.iter().map(|entry| entry.0).collect();
        assert_eq!(
            known.len(),
            GLOSSARY.len(),
            "a name that stands there twice"
        );
        let mut used = BTreeSet::new();
        let mut unknown = Vec::new();
        for file in files {
            // Tables behind pictures and in reports name their axes; customers have the schema's names.
            let path = file.display().to_string();
            if ["/plot/", "/simulate/", "/report.rs", "/glossary.rs"]
                .iter()
                .any(|own| path.contains(own))
            {
                continue;
            }
            for name in named(&fs::read_to_string(&file).unwrap()) {
                let figure = ["_se", "_lower", "_upper", "_enough"];
                let figure = figure.iter().find_map(|end| name.strip_suffix(end));
                let word = [Some(name.as_str()), figure]
                    .into_iter()
                    .flatten()
                    .find(|word| known.contains(word));
                match word {
                    Some(word) => used.insert(word.to_owned()),
                    None => {
                        unknown.push(format!("{name} in {path}"));
                        false
                    }
                };
            }
        }
        assert!(unknown.is_empty(), "not in the glossary: {unknown:#?}");
        let unused: Vec<&&str> = known.iter().filter(|name| !used.contains(**name)).collect();
        assert!(
            unused.is_empty(),
            "in the glossary, and in no result: {unused:?}"
        );
    }
}
