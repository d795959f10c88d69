//! What does a column count, in which unit, and in which order do its words stand? The one place that knows:
//! pictures, groups and the schema ask here.

/// The words of columns that have an order of their own, the lowest first.
pub(crate) const EDUCATION: [&str; 5] = ["Basic", "2n Cycle", "Graduation", "Master", "PhD"];

/// Those of the household: the order in which the published analyses list them.
pub(crate) const MARITAL_STATUS: [&str; 6] = [
    "Married", "Together", "Single", "Divorced", "Widow", "Alone",
];

/// Where a word of a column with an order of its own stands in it.
pub(crate) fn order(column: &str, word: &str) -> Option<usize> {
    let words: &[&str] = match column {
        "Education" => &EDUCATION,
        "Marital_Status" => &MARITAL_STATUS,
        _ => return None,
    };
    words.iter().position(|known| *known == word)
}

/// The name of an axis: that of the column in words, with its unit.
pub(crate) fn name(column: &str) -> String {
    if let Some(banded) = column.strip_suffix("_band") {
        return name(banded);
    }
    let spent = "rupiah in two years";
    let purchases = "in two years";
    let (words, unit) = match column {
        "Income" => ("Income of the household", "rupiah a year"),
        "Year_Birth" => ("Year of birth", ""),
        "Dt_Customer" => ("Day of joining", ""),
        "Kidhome" => ("Small children at home", ""),
        "Teenhome" => ("Teenagers at home", ""),
        "Recency" => ("Recency", "days since the last purchase"),
        "MntCoke" => ("Spent on drinks", spent),
        "MntFruits" => ("Spent on fruit", spent),
        "MntMeatProducts" => ("Spent on meat", spent),
        "MntFishProducts" => ("Spent on fish", spent),
        "MntSweetProducts" => ("Spent on sweets", spent),
        "MntGoldProds" => ("Spent on gold products", spent),
        "spend" => ("Spend", spent),
        "NumDealsPurchases" => ("Purchases with a discount", purchases),
        "NumWebPurchases" => ("Purchases on the web", purchases),
        "NumCatalogPurchases" => ("Purchases by catalogue", purchases),
        "NumStorePurchases" => ("Purchases in a store", purchases),
        "transactions" => ("Purchases", purchases),
        "NumWebVisitsMonth" => ("Visits to the web site", "in the last month"),
        "age" => ("Age", "years"),
        "length" => ("Length of the relation", "days since joining"),
        "membership" => ("Membership", "years"),
        "age_at_joining" => ("Age at joining", "years"),
        "children" => ("Children at home", ""),
        "accepted_campaigns" => ("Campaigns accepted", "of five"),
        "purchases_per_visit" => ("Purchases per visit", "two years over one month"),
        "response_per_visit" => ("Responses per visit", "last campaign over one month"),
        "Marital_Status" => ("Marital status", ""),
        other => (other, ""),
    };
    if unit.is_empty() {
        words.to_owned()
    } else {
        format!("{words} ({unit})")
    }
}
