"""What a kernel compiles, what it keeps, and that none touches what belongs to another."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from client import ROOT, Kernel

RUNS = ROOT / "target/kernel/runs"
BUILT = ROOT / "target/kernel/built"


def contents(folder):
    """What lies below a folder: names, sizes and times of all files."""
    return {
        str(file.relative_to(folder)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in folder.rglob("*")
        if file.is_file() and "kept" not in file.parts and file.name != "lock"
    }


def built():
    return BUILT / (ROOT / "target/kernel/current").read_text().strip()


class Kept(unittest.TestCase):
    def last(self, kernel):
        return json.loads((kernel.folder / "cell.json").read_text())

    def test_an_unchanged_cell_compiles_nothing_here_and_in_the_next_kernel(self):
        salt = time.time_ns()
        cells = [
            "fn twice(x: i64) -> i64 { 2 * x }\n" f"fn thrice(x: i64) -> i64 {{ 3 * x + 0 * {salt} }}",
            f"let salt: i64 = {salt};",
            "let many: Vec<i64> = vec![twice(salt), thrice(salt)]; let b: i32 = 1; let c: i32 = 2;",
            "many[0] + i64::from(b + c)",
        ]
        with Kernel() as kernel:
            for cell in cells:
                self.assertEqual(kernel.run(cell).status, "ok")
                self.assertFalse(self.last(kernel)["kept"], cell)
            for cell in cells:
                shown = kernel.run(cell)
                self.assertTrue(self.last(kernel)["kept"], cell)
            self.assertIn(str(2 * salt + 3), shown.text("execute_result"))
            # A changed one is another cell.
            changed = kernel.run("many[1] + i64::from(b + c)")
            self.assertFalse(self.last(kernel)["kept"])
            self.assertIn(str(3 * salt + 3), changed.text("execute_result"))
        with Kernel() as kernel:
            for cell in cells:
                shown = kernel.run(cell)
                self.assertTrue(self.last(kernel)["kept"], cell)
            self.assertIn(str(2 * salt + 3), shown.text("execute_result"))

    def test_a_cell_that_reads_a_file_when_it_is_compiled_reads_it_each_time(self):
        with tempfile.TemporaryDirectory() as folder, Kernel() as kernel:
            file = Path(folder) / "word"
            for word in ("first", "second"):
                file.write_text(word)
                shown = kernel.run(f'include_str!("{file}").len()').text("execute_result")
                self.assertIn(str(len(word)), shown)

    def test_errors_look_as_they_do_through_cargo(self):
        broken = [
            "let y: i32 = \"text\";",
            "no_such_thing",
            "let s: String = \"a\".to_string(); let t: String = s; s.len()",
            "let n: usize = \"5\".parse::<usize>();",
            "fn f(x: i32) -> i32 { x + }",
            "let v: Vec<i32> = vec![1]; v.heads()",
            "let x: i32 = 5\nlet y: i32 = 6;",
            "std::fs::read(1)",
            "let r: &str = String::from(\"a\").as_str();",
            "struct A; let a: A = A; a.b",
            "match 3 { 1 => 2 }",
            "let m: i32 = 1; m += 1;",
        ]
        outputs = []
        for environment in ({}, {"SEGMENTA_DIRECT": "0"}):
            with Kernel(**environment) as kernel:
                answers = [kernel.run(cell) for cell in broken]
                self.assertTrue(all(answer.status == "error" for answer in answers))
                outputs.append([answer.error for answer in answers])
        for cell, direct, cargo in zip(broken, *outputs):
            with self.subTest(cell):
                self.assertEqual(direct, cargo)


class Elsewhere(unittest.TestCase):
    def test_a_notebook_outside_of_the_clone_finds_the_crate_and_the_sample(self):
        with tempfile.TemporaryDirectory() as folder, Kernel(Path(folder)) as kernel:
            kernel.library()
            self.assertEqual(kernel.run("customers.height()").status, "ok")


class Apart(unittest.TestCase):
    def test_a_kernel_that_changes_the_build_changes_its_own(self):
        places = [built(), *(ROOT / "target").glob("*/debug/.fingerprint"), *(ROOT / "target").glob("*/debug/deps")]
        before = [contents(place) for place in places]
        with Kernel() as other, Kernel() as kernel:
            other.run("let here: i32 = 1;")
            first = kernel.run(":opt 3\n:build_env RUSTFLAGS=-Cprefer-dynamic -Ccodegen-units=3\n"
                               ':dep libm = { version = "0.2", features = ["force-soft-floats"] }\n'
                               "let root: f64 = libm::sqrt(49.0);", timeout=300)
            self.assertEqual(first.status, "ok", first.shown)
            self.assertIn("since this cell has other", first.text("doing"))
            self.assertIn("7", kernel.run("root").text("execute_result"))
            self.assertIn("1", other.run("here").text("execute_result"))
        self.assertEqual([contents(place) for place in places], before)
        with Kernel() as kernel:
            kernel.library()
            shown = kernel.run("customers.height()")
            self.assertIn("2240", shown.text("execute_result"))
            self.assertNotIn("doing", [kind for kind, _ in shown.shown])

    def test_twenty_launchers_at_once_have_twenty_folders(self):
        with tempfile.TemporaryDirectory() as folder:
            # In place of the kernel a program that does nothing for a while.
            idle = Path(folder) / "idle"
            idle.write_text("#!/bin/sh\nexec sleep 60\n")
            idle.chmod(0o755)
            before = set(RUNS.iterdir())
            launchers = []
            for number in range(20):
                port = 31_000 + 5 * number
                connection = Path(folder) / f"{number}.json"
                channels = ["shell", "iopub", "stdin", "control", "hb"]
                connection.write_text(json.dumps({
                    **{f"{channel}_port": port + place for place, channel in enumerate(channels)},
                    "ip": "127.0.0.1", "transport": "tcp", "key": "a", "signature_scheme": "hmac-sha256",
                }))
                launchers.append(subprocess.Popen(
                    [sys.executable, "-m", "segmenta_kernel.launch", str(connection)],
                    env=os.environ | {"SEGMENTA_EVCXR": str(idle)}, stderr=subprocess.DEVNULL,
                ))
            try:
                deadline = time.monotonic() + 60
                while time.monotonic() < deadline:
                    mine = {run for run in RUNS.iterdir() if run not in before and (run / "log").exists()}
                    if len(mine) == 20:
                        break
                    time.sleep(0.1)
                self.assertEqual(len(mine), 20)
                self.assertTrue(all(launcher.poll() is None for launcher in launchers))
                self.assertTrue(all((run / "cell/Cargo.toml").exists() for run in mine))
                # Those that are killed leave their folders to the next one.
                for launcher in launchers:
                    launcher.kill()
                    launcher.wait()
            finally:
                for launcher in launchers:
                    launcher.kill()
            with Kernel() as kernel:
                kernel.run("1")
                self.assertFalse(mine & set(RUNS.iterdir()))

    def test_another_compiler_is_told_in_a_line(self):
        record = built() / "record.json"
        text = record.read_text()
        told = json.loads(text)
        told["compiler"] = told["compiler"] + "0"
        try:
            with Kernel() as kernel:
                kernel.run("1")
                times = record.stat()
                record.write_text(json.dumps(told))
                os.utime(record, ns=(times.st_atime_ns, times.st_mtime_ns))
                error = kernel.run("2 + 2").error
            self.assertIn("Rust was updated", error)
            self.assertIn("cargo xtask lab", error)
        finally:
            record.write_text(text)
            os.utime(record, ns=(times.st_atime_ns, times.st_mtime_ns))


if __name__ == "__main__":
    unittest.main()
