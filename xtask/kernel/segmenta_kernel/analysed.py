"""Which crates' types can a cell meet? Only these are shown to the kernel's analyser.

`python -m segmenta_kernel.analysed BUILD` prints their names as JSON.

The analyser infers the types of a notebook's variables, completes names and explains them. It
reads the sources of all crates that it is shown, and of nearly four hundred a cell can meet the
types of a tenth. These are the library, and of each such crate the dependencies that it makes
public: by `pub use`, or by a name of theirs in the signature of a public function, in a public
field or in a public type. The sources say so, so that the list follows from them. Crates that a
learner adds with `:dep` are kept besides (xtask/kernel/cargo/src/metadata.rs).
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
PUBLIC_USE = re.compile(r"\bpub\s+(?:use|extern\s+crate)\s+([^;]+);")
USE = re.compile(r"\buse\s+(?:::)?(\w+)::([^;]+);")
SIGNATURE = re.compile(
    r"\bpub\s+(?:const\s+|async\s+|unsafe\s+)*fn\s+\w+[^{;]*"
    r"|\bpub\s+(?:\w+\s*:\s*|type\b)[^,;{}]*"
    r"|\bpub\s+struct\s+\w+[^;{]*"
    r"|^\s*type\s+\w+\s*=[^;]*"
    r"|^impl\b[^{]*",
    re.MULTILINE,
)
WORD = re.compile(r"\b\w+\b")
ROOT = "segmenta"
INNER = re.compile(
    r"serde\w*|serde_json|erased-serde|rayon\S*|crossbeam\S*|futures\S*|tokio\S*|mio|polars-async"
    r"|polars-parquet\S*|polars-arrow-format|snap|simdutf8|streaming\S*|fallible\S*|uuid|glob"
    r"|getrandom|libc|rand_chacha|chacha20|ppv-lite86|hashbrown|equivalent|compact_str|regex"
    r"|bytes|memmap2|half|ethnum|chrono-tz"
)
"""How the others work and nothing that they hand out: threads, files and their formats, sources of
chance, hash tables. Public names of theirs are there for who builds on them, and no cell has them."""


def metadata(folder):
    """What cargo says of a build."""
    command = ["cargo", "metadata", "--format-version", "1", "--offline", "--filter-platform", host()]
    environment = {name: value for name, value in os.environ.items() if name != "RUSTC_WRAPPER"}
    lock = Path(folder) / "Cargo.lock"
    locked = lock.read_bytes()
    answer = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    lock.write_bytes(locked)
    return json.loads(answer.stdout)


def host():
    told = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    return re.search(r"^host: (.*)$", told, re.MULTILINE)[1]


def library(package, compiled):
    """The folder of a crate's library, or None for one that is not there when a cell runs."""
    for target in package["targets"]:
        if {"lib", "rlib", "dylib"} & set(target["kind"]) and target["name"].replace("-", "_") in compiled:
            return Path(target["src_path"]).parent
    return None


def built(folder):
    """The names of the crates that were compiled: cargo's answer has more, of features that are off."""
    files = Path(folder).glob("target/*/debug/deps/lib*.*")
    return {re.sub(r"-[0-9a-f]{16}$", "", file.stem).removeprefix("lib") for file in files}


def made_public(folder, dependencies):
    """Those of the dependencies (by the names that the crate has for them) that it makes public."""
    found = set()
    for file in folder.rglob("*.rs"):
        source = COMMENT.sub("", file.read_text(errors="replace"))
        for used in PUBLIC_USE.findall(source):
            # `pub use a::b`, `pub use {a, b::c}`
            roots = re.findall(r"(?:^|[{,])\s*(?:::)?(\w+)", used) if used.startswith("{") else WORD.findall(used)[:1]
            found |= dependencies & set(roots)
        signatures = set(WORD.findall(" ".join(SIGNATURE.findall(source))))
        found |= dependencies & signatures
        for crate, names in USE.findall(source):
            if crate in dependencies and signatures & set(WORD.findall(names)):
                found.add(crate)
        if found == dependencies:
            break
    return found


def analysed(answer, compiled):
    """The packages whose types can be met, from the library on."""
    packages = {package["id"]: package for package in answer["packages"]}
    needs = {
        node["id"]: {
            need["name"]: need["pkg"]
            for need in node["deps"]
            if any(kind["kind"] is None for kind in need["dep_kinds"])
        }
        for node in answer["resolve"]["nodes"]
    }
    waiting = [id for id, package in packages.items() if package["name"] == ROOT]
    found = set(waiting)
    while waiting:
        id = waiting.pop()
        folder = library(packages[id], compiled)
        if folder is None:
            continue
        for name in made_public(folder, set(needs[id])):
            need = needs[id][name]
            if need not in found and not INNER.fullmatch(packages[need]["name"]) and library(packages[need], compiled):
                found.add(need)
                waiting.append(need)
    return sorted({packages[id]["name"] for id in found})


def main():
    print(json.dumps(analysed(metadata(sys.argv[1]), built(sys.argv[1])), indent=1))


if __name__ == "__main__":
    main()
