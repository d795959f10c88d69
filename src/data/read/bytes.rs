//! From the bytes of a file to text: what kind of file it is, and in which encoding.

use std::io::{Cursor, Read as _};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::Question;
use crate::{Error, Result};

/// What a file turned out to be.
pub(super) enum Opened {
    /// Separated text; it may hold bytes that are not UTF-8 where [`decode`] could not help.
    Text {
        bytes: Vec<u8>,
        encoding: String,
    },
    /// XLSX, XLS or ODS.
    Sheets(Cursor<Vec<u8>>),
    Parquet(Cursor<Vec<u8>>),
}

/// The first lines of a file of plain text in UTF-8; `None` where it is another kind of file.
pub(super) fn start(file: &Path) -> Result<Option<Vec<u8>>> {
    const ENOUGH: u64 = 1 << 16;
    let failed = |source| Error::Read {
        file: file.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(failed)?;
    opened
        .take(ENOUGH)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let end = bytes.iter().rposition(|b| matches!(b, b'\n' | b'\r'));
    let (Some(end), Ok(())) = (end, plain(&bytes)) else {
        return Ok(None);
    };
    bytes.truncate(end + 1);
    Ok(Some(
        bytes
            .strip_prefix(&[0xEF, 0xBB, 0xBF])
            .unwrap_or(&bytes)
            .to_vec(),
    ))
}

/// Whether it is text in UTF-8, but for a letter that is cut at its end.
fn plain(bytes: &[u8]) -> std::result::Result<(), ()> {
    let packed =
        bytes.starts_with(b"PAR1") || bytes.starts_with(b"PK\x03\x04") || bytes.contains(&0);
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_some() => Err(()),
        _ if packed => Err(()),
        _ => Ok(()),
    }
}

/// Opens a file by what it holds, and not by its name; the second part says what it was.
pub(super) fn open(file: &Path, encoding: Option<&str>) -> Result<(Opened, String)> {
    let failed = |source| Error::Read {
        file: file.to_owned(),
        source,
    };
    let bytes = std::fs::read(file).map_err(failed)?;
    let (bytes, packed) = if bytes.starts_with(&[0x1F, 0x8B]) {
        (unpacked(file, &bytes)?, ", gz")
    } else {
        (bytes, "")
    };
    const OLD_SHEET: [u8; 4] = [0xD0, 0xCF, 0x11, 0xE0];
    if bytes.starts_with(b"PAR1") {
        return Ok((
            Opened::Parquet(Cursor::new(bytes)),
            format!("Parquet{packed}"),
        ));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&OLD_SHEET) {
        return Ok((
            Opened::Sheets(Cursor::new(bytes)),
            format!("spreadsheet{packed}"),
        ));
    }
    let (bytes, encoding) = decode(file, bytes, encoding)?;
    Ok((Opened::Text { bytes, encoding }, format!("CSV{packed}")))
}

/// What a gz file holds. A table packs to a tenth, perhaps a fiftieth; what unpacks to many times more was
/// made to fill the memory.
fn unpacked(file: &Path, bytes: &[u8]) -> Result<Vec<u8>> {
    const AT_MOST: u64 = 200;
    const ALWAYS: u64 = 16 << 20;
    let most = ALWAYS + AT_MOST * bytes.len() as u64;
    let mut plain = Vec::new();
    let mut reader = flate2::bufread::MultiGzDecoder::new(bytes).take(most + 1);
    reader
        .read_to_end(&mut plain)
        .map_err(|source| Error::Read {
            file: file.to_owned(),
            source,
        })?;
    match plain.len() as u64 > most {
        true => Err(Error::NotATable {
            file: file.to_owned(),
            found: format!("it unpacks to more than {AT_MOST} times its size"),
            expected: "a packed table, or the table unpacked".into(),
        }),
        false => Ok(plain),
    }
}

/// The bytes as UTF-8, and in which encoding they were.
fn decode(file: &Path, bytes: Vec<u8>, said: Option<&str>) -> Result<(Vec<u8>, String)> {
    if let Some(label) = said {
        let Some(encoding) = Encoding::for_label(label.as_bytes()) else {
            return Err(Error::Parameter {
                name: "encoding",
                value: format!("{label:?}"),
                expected: "a name such as utf-8, windows-1252, iso-8859-2 or utf-16le".into(),
            });
        };
        return converted(file, &bytes, encoding, ", as you said");
    }
    if let Some((encoding, _)) = Encoding::for_bom(&bytes) {
        return converted(file, &bytes, encoding, " (it says so itself)");
    }
    if let Some(encoding) = looks_like_utf16(&bytes) {
        return converted(file, &bytes, encoding, "");
    }
    let valid = match std::str::from_utf8(&bytes) {
        Ok(_) => return Ok((bytes, UTF_8.name().to_owned())),
        Err(error) => error.valid_up_to(),
    };
    // Other letters that are UTF-8: then some cells only are spoilt, and each is told.
    if letters_in_utf8(&bytes) {
        return Ok((bytes, UTF_8.name().to_owned()));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let word = |encoding: &'static Encoding| {
        let line = |b: &u8| b"\r\n,;\t|\"".contains(b);
        let from = bytes[..valid].iter().rposition(line).map_or(0, |at| at + 1);
        let to = bytes[valid..]
            .iter()
            .position(line)
            .map_or(bytes.len(), |at| valid + at);
        encoding
            .decode_without_bom_handling(&bytes[from..to])
            .0
            .into_owned()
    };
    if guess == WINDOWS_1252 {
        let why = format!(", so that a text is {:?}", word(guess));
        return converted(file, &bytes, guess, &why);
    }
    Err(Error::Undecided {
        file: file.to_owned(),
        questions: vec![Question {
            column: None,
            kind: None,
            found: format!(
                "it is not UTF-8; its letters may be {} (a text is {:?}) or {} ({:?})",
                guess.name(),
                word(guess),
                WINDOWS_1252.name(),
                word(WINDOWS_1252),
            ),
            answer: format!(".encoding({:?})", guess.name().to_lowercase()),
        }],
    })
}

fn converted(
    file: &Path,
    bytes: &[u8],
    encoding: &'static Encoding,
    why: &str,
) -> Result<(Vec<u8>, String)> {
    let (text, encoding, spoilt) = encoding.decode(bytes);
    if spoilt && encoding != UTF_8 {
        return Err(Error::NotATable {
            file: file.to_owned(),
            found: format!("bytes that are no {} text", encoding.name()),
            expected: "another encoding: .encoding(\"..\")".into(),
        });
    }
    let told = format!("{}{why}", encoding.name());
    // Spoilt cells are told one by one.
    let bytes = match spoilt {
        true => bytes
            .strip_prefix(&[0xEF, 0xBB, 0xBF])
            .unwrap_or(bytes)
            .to_vec(),
        false => text.into_owned().into_bytes(),
    };
    Ok((bytes, told))
}

/// A text of Latin letters has a zero in every second byte then.
fn looks_like_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(4000)];
    let zeros = |from: usize| {
        start
            .iter()
            .skip(from)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let many = start.len() / 4;
    match (zeros(0), zeros(1)) {
        (0, odd) if odd > many => Some(UTF_16LE),
        (even, 0) if even > many => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether some letter beyond ASCII is written in UTF-8.
fn letters_in_utf8(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}
