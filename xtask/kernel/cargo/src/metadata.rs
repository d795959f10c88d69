//! `cargo metadata`: asked again and again for the same answer, and by the analyser, which reads the
//! sources of all crates that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use crate::kept::Entry;
use crate::record;
use crate::setting::Setting;

/// The answer for the kernel itself, whole.
pub fn kept(setting: &Setting, words: &[String]) -> ExitCode {
    answer(setting, words, Some)
}

/// The answer for the analyser, without the crates whose types no cell can meet.
pub fn for_the_analyser(setting: &Setting, words: &[String]) -> ExitCode {
    answer(setting, words, |text| {
        let mut metadata: Value = serde_json::from_str(&text).ok()?;
        let names = fs::read_to_string(setting.warm.join("analysed.json")).ok()?;
        let names: BTreeSet<String> = serde_json::from_str(&names).ok()?;
        let mut keep = of_names(&metadata, |name| names.contains(name));
        keep.extend(added(&metadata));
        thin(&mut metadata, &keep);
        Some(metadata.to_string())
    })
}

fn answer(
    setting: &Setting,
    words: &[String],
    change: impl Fn(String) -> Option<String>,
) -> ExitCode {
    let here = setting.run.display().to_string();
    let asked = words.join("\n").replace(&here, "{here}");
    let entry = key(setting, words)
        .map(|key| Entry::new(&setting.kept, format!("metadata\n{asked}\n{key}")));
    if let Some(text) = entry.as_ref().and_then(|entry| entry.read("out")) {
        let text = String::from_utf8_lossy(&text).replace("{here}", &here);
        return print(&text);
    }
    // cargo would take out of the lock file what this one question does not need, and choose anew,
    // perhaps another version, when the next one needs it.
    let lock = setting.run.join("Cargo.lock");
    let locked = fs::read(&lock);
    let output = setting.real_cargo().args(words).output();
    if let Ok(locked) = locked {
        let _ = fs::write(&lock, locked);
    }
    let Ok(output) = output else {
        return setting.cargo(words);
    };
    let _ = std::io::stderr().write_all(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        print(&text);
        return crate::setting::exit_code(output.status.code());
    }
    let text = change(text.clone()).unwrap_or(text);
    if let Some(entry) = entry {
        entry.write(&[("out", text.replace(&here, "{here}").as_bytes())]);
    }
    print(&text)
}

/// All that an answer depends on; None where it cannot be told.
fn key(setting: &Setting, words: &[String]) -> Option<String> {
    let asked = words
        .iter()
        .position(|word| word == "--manifest-path")
        .and_then(|at| words.get(at + 1));
    let folder = asked
        .map_or(Some(setting.run.as_path()), |file| Path::new(file).parent())?
        .to_owned();
    let text = |path: std::path::PathBuf| fs::read_to_string(path).unwrap_or_default();
    let mut key = format!(
        "{}\n{}\n{}",
        record::manifest(&text(folder.join("Cargo.toml"))),
        text(folder.join("Cargo.lock")),
        text(folder.join(".cargo/config.toml")),
    );
    for file in [
        setting.root.join("Cargo.toml"),
        setting.warm.join("analysed.json"),
    ] {
        key.push('\n');
        key.push_str(&text(file));
    }
    key.push_str(
        &record::compiler(&std::env::var("RUSTC").unwrap_or_default()).unwrap_or_default(),
    );
    Some(key)
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn of_names(metadata: &Value, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array();
    packages
        .into_iter()
        .flatten()
        .filter(|package| package["name"].as_str().is_some_and(&wanted))
        .filter_map(|package| package["id"].as_str().map(str::to_owned))
        .collect()
}

/// The cell's own crate, and what a learner has added to it (`:dep`) with all that it needs.
fn added(metadata: &Value) -> BTreeSet<String> {
    let nodes: BTreeMap<&str, Vec<&str>> = metadata["resolve"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| {
            let needs = node["deps"].as_array()?;
            let needs = needs.iter().filter_map(|need| need["pkg"].as_str());
            Some((node["id"].as_str()?, needs.collect()))
        })
        .collect();
    let library = of_names(metadata, |name| name == "segmenta");
    let mut found: BTreeSet<String> = metadata["workspace_members"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|member| member.as_str().map(str::to_owned))
        .collect();
    let mut waiting: Vec<String> = found.iter().cloned().collect();
    while let Some(id) = waiting.pop() {
        for need in nodes.get(id.as_str()).into_iter().flatten() {
            if !library.contains(*need) && found.insert((*need).to_owned()) {
                waiting.push((*need).to_owned());
            }
        }
    }
    found
}

/// Takes out of the answer what is not kept.
fn thin(metadata: &mut Value, keep: &BTreeSet<String>) {
    let kept =
        |value: &Value, field: &str| value[field].as_str().is_some_and(|id| keep.contains(id));
    if let Some(packages) = metadata["packages"].as_array_mut() {
        packages.retain(|package| kept(package, "id"));
    }
    if let Some(nodes) = metadata["resolve"]["nodes"].as_array_mut() {
        nodes.retain(|node| kept(node, "id"));
        for node in nodes {
            if let Some(needs) = node["deps"].as_array_mut() {
                needs.retain(|need| kept(need, "pkg"));
            }
            if let Some(needs) = node["dependencies"].as_array_mut() {
                needs.retain(|need| need.as_str().is_some_and(|id| keep.contains(id)));
            }
        }
    }
    for list in ["workspace_members", "workspace_default_members"] {
        if let Some(members) = metadata[list].as_array_mut() {
            members.retain(|member| member.as_str().is_some_and(|id| keep.contains(id)));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// ctx needs the library and `extra`; the library needs `seen` and `hidden`; `extra` needs `deep`.
    fn metadata() -> Value {
        let node = |id: &str, needs: &[&str]| {
            json!({"id": id, "dependencies": needs,
                   "deps": needs.iter().map(|need| json!({"pkg": need})).collect::<Vec<_>>()})
        };
        let names = ["ctx", "segmenta", "seen", "hidden", "extra", "deep"];
        json!({
            "packages": names.map(|name| json!({"name": name, "id": name})),
            "workspace_members": ["ctx"],
            "resolve": {"nodes": [
                node("ctx", &["segmenta", "extra"]),
                node("segmenta", &["seen", "hidden"]),
                node("seen", &["hidden"]),
                node("hidden", &[]),
                node("extra", &["deep"]),
                node("deep", &[]),
            ]},
        })
    }

    #[test]
    fn a_learners_crate_is_analysed_with_what_it_needs() {
        let found: Vec<String> = added(&metadata()).into_iter().collect();
        assert_eq!(found, ["ctx", "deep", "extra"]);
    }

    #[test]
    fn what_is_not_kept_is_named_nowhere() {
        let mut metadata = metadata();
        let keep = ["ctx", "segmenta", "seen"].map(String::from).into();
        thin(&mut metadata, &keep);
        assert_eq!(metadata["packages"].as_array().unwrap().len(), 3);
        assert!(!metadata.to_string().contains("hidden"));
        assert_eq!(
            metadata["resolve"]["nodes"][1]["deps"],
            json!([{"pkg": "seen"}])
        );
    }
}
