//! What earlier cells were compiled to, so that an unchanged one compiles nothing.
//!
//! An entry is a folder named by the hash of its key; the key itself lies in it and is compared, so
//! that no two cells are ever mixed up. The whole is bounded: the entries that were used longest ago
//! go. It lies beside one build of the library, and goes with it.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What all entries together may take.
const BYTES: u64 = 256 << 20;

/// One entry: a key and its files.
pub struct Entry {
    folder: PathBuf,
    key: String,
}

impl Entry {
    pub fn new(kept: &Path, key: String) -> Self {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &key).hash(&mut hasher);
            hasher.finish()
        };
        let folder = kept.join(format!("{:016x}{:016x}", half(0), half(1)));
        Self { folder, key }
    }

    /// A file of the entry, if it is there and its key is this one.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let found = fs::read(self.folder.join("key")).ok()?;
        if found != self.key.as_bytes() {
            return None;
        }
        let file = fs::read(self.folder.join(name)).ok()?;
        if let Ok(key) = fs::File::open(self.folder.join("key")) {
            let _ = key.set_modified(SystemTime::now());
        }
        Some(file)
    }

    /// Keeps files under the key, all at once. That it cannot is no reason to stop.
    pub fn write(&self, files: &[(&str, &[u8])]) {
        let Some(kept) = self.folder.parent() else {
            return;
        };
        let new = kept.join(format!("new-{}", std::process::id()));
        let written = || -> std::io::Result<()> {
            fs::create_dir_all(&new)?;
            fs::write(new.join("key"), &self.key)?;
            for (name, bytes) in files {
                fs::write(new.join(name), bytes)?;
            }
            fs::rename(&new, &self.folder)
        };
        if written().is_err() {
            let _ = fs::remove_dir_all(&new);
        }
        make_room(kept, BYTES);
    }
}

/// Removes the entries used longest ago until the rest takes at most `bytes`.
fn make_room(kept: &Path, bytes: u64) {
    let Ok(folders) = fs::read_dir(kept) else {
        return;
    };
    let mut entries: Vec<(SystemTime, u64, PathBuf)> = folders
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let used = fs::metadata(folder.join("key")).ok()?.modified().ok()?;
            let size = fs::read_dir(&folder)
                .ok()?
                .filter_map(|file| Some(file.ok()?.metadata().ok()?.len()))
                .sum();
            Some((used, size, folder))
        })
        .collect();
    let mut total: u64 = entries.iter().map(|entry| entry.1).sum();
    if total <= bytes {
        return;
    }
    entries.sort();
    for (_, size, folder) in entries {
        if total <= bytes {
            break;
        }
        if fs::remove_dir_all(folder).is_ok() {
            total -= size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("kernel-cargo-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn an_entry_is_found_by_its_key_and_by_no_other() {
        let kept = folder("found");
        let entry = Entry::new(&kept, "one".into());
        assert!(entry.read("so").is_none());
        entry.write(&[("so", b"compiled")]);
        assert_eq!(entry.read("so").unwrap(), b"compiled");
        assert!(Entry::new(&kept, "two".into()).read("so").is_none());
        // Two keys of one hash: the second does not get what belongs to the first.
        let same_hash = Entry {
            folder: entry.folder.clone(),
            key: "three".into(),
        };
        assert!(same_hash.read("so").is_none());
        fs::remove_dir_all(kept).unwrap();
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let kept = folder("room");
        let entries: Vec<Entry> = (0..4).map(|n| Entry::new(&kept, n.to_string())).collect();
        for entry in &entries {
            entry.write(&[("so", &[0; 1000])]);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(entries[0].read("so").is_some());
        make_room(&kept, 2500);
        let there: Vec<bool> = entries.iter().map(|e| e.read("so").is_some()).collect();
        assert_eq!(there, [true, false, false, true]);
        fs::remove_dir_all(kept).unwrap();
    }
}
