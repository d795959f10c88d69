//! Which column of a file of bills is which?

use std::fmt;
use std::str::FromStr;

use crate::data::roles::parts;

/// What does a column of a file of bills say?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The number of the bill; rows that share it are lines of one bill.
    Bill,
    /// Who bought.
    Customer,
    /// When.
    Time,
    /// What: a name or a number, or a list of products as JSON.
    Product,
    /// How many of it.
    Quantity,
    /// What one of it costs.
    Price,
    /// What is to be paid for the row: for the line, or for the bill.
    Amount,
    /// What was taken off.
    Discount,
    /// What was paid.
    Paid,
    /// Online or offline, or the like.
    Channel,
    /// The shop or branch.
    Centre,
}

impl Role {
    /// All of them, in the order of the table of bills.
    pub const ALL: [Role; 11] = [
        Role::Bill,
        Role::Customer,
        Role::Time,
        Role::Product,
        Role::Quantity,
        Role::Price,
        Role::Amount,
        Role::Discount,
        Role::Paid,
        Role::Channel,
        Role::Centre,
    ];

    /// The name of its column in the table.
    pub fn name(self) -> &'static str {
        match self {
            Role::Bill => "bill",
            Role::Customer => "customer",
            Role::Time => "time",
            Role::Product => "product",
            Role::Quantity => "quantity",
            Role::Price => "price",
            Role::Amount => "amount",
            Role::Discount => "discount",
            Role::Paid => "paid",
            Role::Channel => "channel",
            Role::Centre => "centre",
        }
    }

    /// Whether it is a number, and no word.
    pub(super) fn is_number(self) -> bool {
        matches!(
            self,
            Role::Quantity | Role::Price | Role::Amount | Role::Discount | Role::Paid
        )
    }

    /// Whole names, in small letters without signs, that say so in English, German, Spanish, French and
    /// Indonesian.
    fn words(self) -> &'static [&'static str] {
        match self {
            Role::Bill => &[
                "bill",
                "billid",
                "billno",
                "billnumber",
                "invoice",
                "invoiceid",
                "invoiceno",
                "invoicenumber",
                "order",
                "orderid",
                "orderno",
                "ordernumber",
                "receipt",
                "receiptid",
                "receiptno",
                "basket",
                "basketid",
                "transactionid",
                "transactionno",
                "ticket",
                "ticketid",
                "rechnung",
                "rechnungsnr",
                "rechnungsnummer",
                "bon",
                "bonnr",
                "belegnr",
                "bestellnr",
                "bestellnummer",
                "factura",
                "pedido",
                "facture",
                "commande",
                "nota",
                "nonota",
                "faktur",
                "nofaktur",
            ],
            Role::Customer => &[
                "customer",
                "customerid",
                "customerno",
                "customernumber",
                "custid",
                "client",
                "clientid",
                "buyer",
                "buyerid",
                "user",
                "userid",
                "member",
                "memberid",
                "household",
                "householdid",
                "account",
                "accountid",
                "ent",
                "kunde",
                "kundennr",
                "kundennummer",
                "cliente",
                "idcliente",
                "codeclient",
                "pelanggan",
                "idpelanggan",
            ],
            Role::Time => &[
                "time",
                "date",
                "day",
                "datetime",
                "timestamp",
                "paymentdate",
                "invoicedate",
                "orderdate",
                "transactiondate",
                "transactiontimestamp",
                "purchasedate",
                "billdate",
                "datum",
                "zeit",
                "rechnungsdatum",
                "bestelldatum",
                "fecha",
                "fechapedido",
                "datecommande",
                "tanggal",
                "tgl",
                "tanggaltransaksi",
            ],
            Role::Product => &[
                "product",
                "productid",
                "productcode",
                "productjson",
                "products",
                "stockcode",
                "sku",
                "item",
                "itemid",
                "items",
                "article",
                "articleid",
                "artikel",
                "artikelnr",
                "artikelnummer",
                "producto",
                "articulo",
                "produit",
                "produk",
                "kodeproduk",
                "barang",
            ],
            Role::Quantity => &[
                "quantity",
                "qty",
                "units",
                "pieces",
                "menge",
                "anzahl",
                "stück",
                "stueck",
                "cantidad",
                "quantité",
                "quantite",
                "jumlah",
            ],
            Role::Price => &[
                "price",
                "unitprice",
                "itemprice",
                "preis",
                "einzelpreis",
                "stückpreis",
                "precio",
                "preciounitario",
                "prix",
                "prixunitaire",
                "harga",
                "hargasatuan",
            ],
            Role::Amount => &[
                "amount",
                "total",
                "totalamount",
                "totalamt",
                "amt",
                "salesvalue",
                "sales",
                "revenue",
                "value",
                "spend",
                "lineamount",
                "linetotal",
                "billamount",
                "betrag",
                "gesamtbetrag",
                "umsatz",
                "summe",
                "importe",
                "montant",
                "totalbelanja",
            ],
            Role::Discount => &[
                "discount",
                "discountamount",
                "discountamt",
                "rabatt",
                "nachlass",
                "descuento",
                "remise",
                "diskon",
                "potongan",
            ],
            Role::Paid => &[
                "paid",
                "paidamount",
                "paidamt",
                "amountpaid",
                "bezahlt",
                "pagado",
                "payé",
                "paye",
                "dibayar",
            ],
            Role::Channel => &[
                "channel",
                "origintype",
                "transorigintype",
                "saleschannel",
                "kanal",
                "canal",
                "online",
            ],
            Role::Centre => &[
                "centre", "center", "store", "storeid", "shop", "shopid", "branch", "branchid",
                "outlet", "location", "filiale", "markt", "tienda", "sucursal", "magasin",
                "cabang", "toko",
            ],
        }
    }

    /// How well a name says so: 0 is best; `None` where it does not.
    fn fit(self, name: &str) -> Option<usize> {
        let parts = parts(name);
        let whole = parts.concat();
        let words = self.words();
        if words.contains(&whole.as_str()) {
            return Some(0);
        }
        // "trans_origin_type" ends in one, "product_list" begins with one.
        let ends = (1..parts.len()).any(|at| words.contains(&parts[at..].concat().as_str()));
        let begins = (1..parts.len()).any(|at| words.contains(&parts[..at].concat().as_str()));
        match (ends, begins) {
            (true, _) => Some(1),
            (_, true) => Some(2),
            _ => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let role = Role::ALL.into_iter().find(|role| role.name() == text);
        role.ok_or_else(|| format!("one of {}", Role::ALL.map(Role::name).join(", ")))
    }
}

/// Which column has a role, and why; or which ones may have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Column(String, String),
    Open(Vec<String>),
    None(String),
}

/// The role of each column, by what was said and by the names.
pub(super) fn places(names: &[String], said: &[(Role, Option<String>)]) -> Vec<(Role, Place)> {
    let said_of = |role: Role| said.iter().rfind(|(own, _)| *own == role);
    let is_taken = |name: &String| said.iter().any(|(_, own)| own.as_ref() == Some(name));
    let free: Vec<&String> = names.iter().filter(|name| !is_taken(name)).collect();
    let best_for = |name: &str| {
        let fits = Role::ALL.iter().filter(|role| said_of(**role).is_none());
        fits.filter_map(|role| role.fit(name)).min()
    };
    Role::ALL
        .into_iter()
        .map(|role| {
            let place = match said_of(role) {
                Some((_, Some(name))) => Place::Column(name.clone(), "as you said".into()),
                Some((_, None)) => Place::None("as you said".into()),
                None => {
                    // A column that another role fits better is none of this one's.
                    let fits = free.iter().filter_map(|name| {
                        let fit = role.fit(name)?;
                        (Some(fit) == best_for(name)).then_some((fit, (*name).clone()))
                    });
                    let fits: Vec<(usize, String)> = fits.collect();
                    let best = fits.iter().map(|(fit, _)| *fit).min();
                    let best: Vec<String> = fits
                        .into_iter()
                        .filter(|(fit, _)| Some(*fit) == best)
                        .map(|(_, name)| name)
                        .collect();
                    match best.len() {
                        0 => Place::None("no name says so".into()),
                        1 => Place::Column(best[0].clone(), "its name says so".into()),
                        _ => Place::Open(best),
                    }
                }
            };
            (role, place)
        })
        .collect()
}
