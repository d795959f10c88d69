//! Where a cluster is, and what is secret about it.

use crate::{Failure, Result};

/// An address such as `sc://host:port/;use_ssl=true;token=..`, with or without the stroke.
#[derive(Clone)]
pub struct Address {
    /// Host and port, which may be shown.
    pub place: String,
    pub is_local: bool,
    /// All of it, as the client reads it.
    pub whole: String,
    secrets: Vec<String>,
}

const LIKE: &str =
    "write it as sc://host:port, with ;use_ssl=true;token=.. behind it where it asks for them";

impl Address {
    /// An address that is none is shown nowhere: there may be a secret in it.
    pub fn new(text: &str) -> Result<Self> {
        let none = || Failure(format!("the address of the cluster is none; {LIKE}"));
        let rest = text.strip_prefix("sc://").ok_or_else(none)?;
        let (host, parameters) = rest.split_once(';').unwrap_or((rest, ""));
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.is_empty() || host.contains(['@', '/', '?', '#', '=', ' ']) {
            return Err(none());
        }
        let port = host.rsplit_once(':').filter(|(name, port)| {
            !port.ends_with(']') && (!name.contains(':') || name.ends_with(']'))
        });
        let place = match port {
            Some((_, port)) if port.parse::<u16>().is_err() => return Err(none()),
            Some(_) => host.to_owned(),
            None => format!("{host}:15002"),
        };
        let is_local = ["localhost:", "127.0.0.1:", "[::1]:"];
        let is_local = is_local.iter().any(|own| place.starts_with(own));
        let (mut whole, mut secrets) = (format!("sc://{place}/"), Vec::new());
        let (mut is_secret, mut is_safe) = (false, false);
        for parameter in parameters.split(';').filter(|own| !own.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or_else(none)?;
            is_secret |= name == "token";
            is_safe |= name == "use_ssl" && value == "true";
            if !["use_ssl", "user_id", "user_agent"].contains(&name) {
                secrets.push(value.to_owned());
            }
            // The client takes its parameters apart at each sign of these, and reads what stands for them.
            let value = value.replace('=', "%3D").replace('/', "%2F");
            whole += &format!(";{name}={value}");
        }
        if is_secret && !is_safe && !is_local {
            return Err(Failure(format!(
                "a token for {place} would travel for everybody to read: add ;use_ssl=true"
            )));
        }
        Ok(Address {
            place,
            is_local,
            whole,
            secrets,
        })
    }

    /// A text of somebody else without what is secret.
    pub fn without_secrets(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|own| !own.is_empty());
        secrets.fold(text.to_owned(), |text, own| text.replace(own, ".."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_a_stroke_and_shown_without_what_is_secret() {
        for (text, place) in [
            (
                "sc://spark.example.com:443/;use_ssl=true;token=SECRET",
                "spark.example.com:443",
            ),
            (
                "sc://spark.example.com:443;use_ssl=true;token=SECRET==",
                "spark.example.com:443",
            ),
            ("sc://localhost", "localhost:15002"),
            ("sc://localhost;token=SECRET", "localhost:15002"),
            ("sc://[::1]:50051", "[::1]:50051"),
        ] {
            let Ok(address) = Address::new(text) else {
                panic!("{text}");
            };
            assert_eq!(address.place, place);
            assert_eq!(address.is_local, !text.contains("example"));
            let own = address.whole.replace("%3D", "=");
            let said = address.without_secrets(&own);
            assert!(!said.contains("SECRET"), "{said}");
        }
        let whole = Address::new("sc://h.example:1;use_ssl=true;token=a/b==").map(|own| own.whole);
        assert_eq!(
            whole.ok().as_deref(),
            Some("sc://h.example:1/;use_ssl=true;token=a%2Fb%3D%3D")
        );
        for none in [
            "spark.example.com",
            "http://x:1",
            "sc://",
            "sc://user:SECRET@host:1",
            "sc://host:SECRET",
            "sc://host/path;token=SECRET",
            "sc://host:1;SECRET",
            "sc://host:1/;token=SECRET",
        ] {
            let Err(Failure(why)) = Address::new(none) else {
                panic!("{none}");
            };
            let says = why.contains("sc://host:port") || why.contains("use_ssl");
            assert!(!why.contains("SECRET") && says, "{why}");
        }
    }
}
