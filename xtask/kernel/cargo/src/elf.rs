//! Gives the one function of a compiled cell another name, so that the file serves any run.
//!
//! A kernel asks for `run_user_code_7` in its seventh run and for `run_user_code_8` in the next. The
//! name stands in the table of dynamic strings, and its hash in the table by which the loader finds
//! it (DT_GNU_HASH of the System V ABI's GNU extension). Only 64-bit little-endian files with one
//! exported symbol are changed; of all others the caller compiles anew.

/// Renames the exported function `old` to `new`, which may not be longer.
pub fn rename(file: &mut [u8], old: &str, new: &str) -> Option<()> {
    if file.get(..6)? != b"\x7fELF\x02\x01" || new.len() > old.len() {
        return None;
    }
    let (headers, size, count) = (u64_at(file, 32)?, u16_at(file, 54)?, u16_at(file, 56)?);
    let mut segments = Vec::new();
    let mut dynamic = None;
    for number in 0..count {
        let header = usize::try_from(headers).ok()? + usize::from(number) * usize::from(size);
        let offset = u64_at(file, header + 8)?;
        let address = u64_at(file, header + 16)?;
        let length = u64_at(file, header + 32)?;
        match u32_at(file, header)? {
            1 => segments.push((address, offset, length)),
            2 => dynamic = Some((offset, length)),
            _ => {}
        }
    }
    let in_file = |address: u64| {
        let segment = segments
            .iter()
            .find(|(start, _, length)| (*start..start + length).contains(&address))?;
        usize::try_from(address - segment.0 + segment.1).ok()
    };
    let (mut strings, mut symbols, mut hashes) = (None, None, None);
    let (start, length) = dynamic?;
    for entry in 0..length / 16 {
        let at = usize::try_from(start + entry * 16).ok()?;
        let value = u64_at(file, at + 8)?;
        match u64_at(file, at)? {
            // A table of the old kind would need another mend.
            4 => return None,
            5 => strings = in_file(value),
            6 => symbols = in_file(value),
            0x6fff_fef5 => hashes = in_file(value),
            _ => {}
        }
    }
    let (strings, symbols, hashes) = (strings?, symbols?, hashes?);
    let buckets = u32_at(file, hashes)?;
    let first = u32_at(file, hashes + 4)?;
    let words = u32_at(file, hashes + 8)?;
    let shift = u32_at(file, hashes + 12)?;
    if buckets != 1 || words != 1 {
        return None;
    }
    // One bucket and one word: bloom filter (8), bucket (4), chain.
    let chain = hashes + 16 + 8 + 4;
    if u32_at(file, hashes + 16 + 8)? != first || u32_at(file, chain)? & 1 == 0 {
        return None;
    }
    let symbol = symbols + 24 * usize::try_from(first).ok()?;
    let name = strings + usize::try_from(u32_at(file, symbol)?).ok()?;
    let stands = file.get(name..name + old.len() + 1)?;
    if &stands[..old.len()] != old.as_bytes() || stands[old.len()] != 0 {
        return None;
    }
    let hash = hash(new);
    let bloom = (1_u64 << (hash % 64)) | (1_u64 << ((hash >> shift) % 64));
    file[name..name + old.len()].fill(0);
    file[name..name + new.len()].copy_from_slice(new.as_bytes());
    file[hashes + 16..hashes + 24].copy_from_slice(&bloom.to_le_bytes());
    file[chain..chain + 4].copy_from_slice(&(hash | 1).to_le_bytes());
    Some(())
}

/// The hash of the loader's table: Bernstein's, times 33 plus the byte.
fn hash(name: &str) -> u32 {
    name.bytes().fold(5381, |hash: u32, byte| {
        hash.wrapping_mul(33).wrapping_add(u32::from(byte))
    })
}

fn u16_at(file: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(file: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(file.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_hashes_that_the_abi_gives_as_examples() {
        assert_eq!(hash(""), 0x0000_1505);
        assert_eq!(hash("printf"), 0x156b_2bb8);
        assert_eq!(hash("exit"), 0x7c96_7e3f);
        assert_eq!(hash("syscall"), 0xbac2_12a0);
    }

    #[test]
    fn what_is_no_such_file_stays_as_it_is() {
        let mut file = b"not a library at all, but long enough to look at".to_vec();
        let before = file.clone();
        assert!(rename(&mut file, "run", "run").is_none());
        assert_eq!(file, before);
    }

    /// The loader itself finds the function by its new name, and not by the old one.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_loader_finds_a_renamed_function() {
        let folder = std::env::temp_dir().join(format!("kernel-cargo-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (source, library) = (folder.join("one.rs"), folder.join("libone.so"));
        let name = crate::cell::ANY_RUN;
        std::fs::write(
            &source,
            format!("#[unsafe(no_mangle)] pub extern \"C\" fn {name}() -> i32 {{ 7 }}"),
        )
        .unwrap();
        let done = std::process::Command::new("rustc")
            .args(["--edition=2024", "--crate-type=cdylib", "-o"])
            .args([&library, &source])
            .status()
            .unwrap();
        assert!(done.success());
        let mut file = std::fs::read(&library).unwrap();
        rename(&mut file, name, "run_user_code_12").unwrap();
        std::fs::write(&library, file).unwrap();
        let asks = "import ctypes, sys\n\
                    library = ctypes.CDLL(sys.argv[1])\n\
                    assert library.run_user_code_12() == 7\n\
                    assert not hasattr(library, sys.argv[2])";
        let found = std::process::Command::new("python3")
            .args(["-c", asks])
            .arg(&library)
            .arg(name)
            .status()
            .unwrap();
        assert!(found.success());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
