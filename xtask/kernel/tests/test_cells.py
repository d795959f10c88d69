"""What a learner sees of a cell that fails, and what is left of the others."""

import json
import unittest

from client import ROOT, Kernel


class Cells(unittest.TestCase):
    """One kernel for all; each test makes the variables that it needs."""

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.first = cls.kernel.run("let one: i32 = 1;")
        cls.kernel.library()

    @classmethod
    def tearDownClass(cls):
        cls.kernel.__exit__()

    def run_cell(self, code):
        return self.kernel.run(code)

    def good(self, code):
        answer = self.run_cell(code)
        self.assertEqual(answer.status, "ok", answer.shown)
        return answer

    def bad(self, code):
        answer = self.run_cell(code)
        self.assertEqual(answer.status, "error", answer.shown)
        self.assertEqual([kind for kind, _ in answer.shown].count("error"), 1, answer.shown)
        return answer.error

    def test_the_first_cell_has_number_one(self):
        self.assertEqual(self.first.reply["execution_count"], 1)

    def test_a_panic_is_an_error_with_its_line_and_without_the_kernels_own(self):
        self.good("let here: i32 = 5;")
        error = self.bad("let list: Vec<i32> = vec![1];\nlet at: usize = 7;\nlet gone: i32 = list[at];")
        self.assertIn("the len is 1 but the index is 7", error)
        self.assertIn("at line 3 of the cell: `let gone: i32 = list[at];`", error)
        for foreign in ("evcxr", "backtrace", "lib.rs", "std::panic"):
            self.assertNotIn(foreign, error)
        self.assertIn("5", self.good("here").text("execute_result"))

    def test_a_question_mark_that_meets_an_error_is_an_error(self):
        self.good("let still: i32 = 6;")
        error = self.bad('let text: String = std::fs::read_to_string("no-such-file")?;')
        self.assertIn("No such file", error)
        self.assertIn("Not defined, since the cell did not end: `text`", error)
        self.assertIn("6", self.good("still").text("execute_result"))

    def test_what_was_printed_comes_before_the_error(self):
        answer = self.run_cell('println!("before"); eprintln!("aside"); panic!("on purpose");')
        self.assertEqual([kind for kind, _ in answer.shown][-1], "error")
        self.assertIn("before", answer.text("stdout"))
        self.assertIn("aside", answer.text("stderr"))

    def test_a_word_on_stderr_is_no_error(self):
        answer = self.good('eprintln!("only a word");')
        self.assertEqual(answer.text("stderr"), "only a word\n")

    def test_run_all_stops_at_the_first_error(self):
        answers = self.kernel.run_all(
            ['println!("one");', 'panic!("on purpose");', 'println!("three");', "no_such_thing"]
        )
        self.assertEqual([answer.status for answer in answers], ["ok", "error", "aborted", "aborted"])
        self.assertEqual(answers[2].shown + answers[3].shown, [])
        self.good('println!("on");')

    def test_a_failed_redefinition_leaves_the_variable_as_it_was(self):
        self.good("let a: i32 = 1;")
        self.assertIn("Still as before the cell: `a`", self.bad('let a: i32 = "x".parse::<i32>()?;'))
        self.assertIn("1", self.good("a").text("execute_result"))
        self.bad('let a: i32 = panic!("on purpose");')
        self.assertIn("2", self.good("a + 1").text("execute_result"))
        # The old value is read, and of another type than the new one.
        self.good('let word: String = "seven".to_string();')
        self.bad("let word: i32 = word.parse::<i32>()?;")
        self.assertIn("seven", self.good("word.clone()").text("execute_result"))
        self.good('let mut many: Vec<i32> = vec![1];')
        self.bad('let many: i32 = "x".parse::<i32>()?;')
        self.good("many.push(2);")
        self.assertIn("2", self.good("many.len()").text("execute_result"))

    def test_a_value_that_the_failed_cell_used_up_is_told_as_gone(self):
        self.good('let used: String = "x".to_string();')
        error = self.bad("let bytes: Vec<u8> = used.into_bytes(); let n: i32 = \"y\".parse::<i32>()?;")
        self.assertIn("Moved by the cell, and gone: `used`", error)

    def test_the_cell_that_moved_a_variable_is_named(self):
        self.good("let table: DataFrame = customers.clone();")
        moving = self.good("let lazy_table: LazyFrame = table.lazy();").reply["execution_count"]
        error = self.bad("table.height()")
        self.assertIn(f"`table` was moved in cell [{moving}]: `let lazy_table: LazyFrame = table.lazy();`", error)
        self.assertIn("`table.clone()`", error)

    def test_an_exercise_says_what_is_missing_and_what_is_wrong(self):
        self.assertIn(
            "Not yet done: your code goes in the place of `todo!()`.",
            self.bad("let answer_9: usize = {\n    todo!()\n};"),
        )
        self.assertIn("`answer_9` is not there yet", self.bad("check::lesson01(1, answer_9, &customers)?"))
        wrong = self.good("check::lesson01(1, 1, &customers)?")
        self.assertIn("wrong: it is not 1; `check::hint(1, 1)?`", wrong.text("execute_result"))
        hint = self.good("check::hint(1, 1)?")
        self.assertIn("rows_where", hint.text("execute_result"))
        solved = self.good("check::solution(1, 1)?")
        self.assertIn("lit(1990)", solved.text("execute_result"))

    def test_references_do_not_outlive_a_cell(self):
        self.assertIn("references do not outlive a cell", self.bad("let part = &customers;"))
        self.good("customers.height()")

    def test_the_mistakes_that_are_made_most_get_a_sentence_of_help(self):
        mistakes = {
            "let lazily = customers.lazy(); customers.height()": "`customers` was moved before",
            'let number: usize = "5".parse::<usize>();': "`?` behind the call",
            "let nulls: DataFrame = quality::nulls(customers.clone())?;": "write `&` before it",
            "let five: usize = 5\nlet six: usize = 6;": "ends with `;`",
            'customers.column("Incme")?': "did you mean `Income`?",
            "customers.head()": "`.head(Some(5))`",
            "customers.describe()": "`explore::summary(&table)`",
            "let y = custmers.height();": "did you mean `customers`?",
        }
        for code, help in mistakes.items():
            with self.subTest(code):
                error = self.bad(code)
                self.assertIn("Help: ", error)
                self.assertIn(help, error)

    def test_errors_name_types_without_their_crates(self):
        error = self.bad("let wrong: Vec<DataFrame> = customers.clone();")
        self.assertIn("DataFrame", error)
        self.assertNotIn("polars", error)

    def test_what_is_printed_without_an_end_of_line_shows(self):
        self.assertEqual(self.good('print!("abc");').text("stdout"), "abc")
        answer = self.good('print!("def"); print!("{}", 1); 7')
        self.assertEqual(answer.text("stdout"), "def1")
        self.assertIn("7", answer.text("execute_result"))
        self.assertEqual(self.good('print!("last")').text("stdout"), "last")
        self.assertEqual(self.good('print!("a\\nb\\n");').text("stdout"), "a\nb\n")

    def test_output_stays_with_its_cell_and_in_order(self):
        for _ in range(10):
            answer = self.good('println!("first"); eprintln!("second"); 3')
            self.assertEqual(answer.text("stdout"), "first\n")
            self.assertEqual(answer.text("stderr"), "second\n")
            self.assertEqual(answer.shown[-1][0], "execute_result")

    def test_a_panic_that_the_cell_survives_is_shown_and_no_error(self):
        answer = self.good('let ended: bool = std::thread::spawn(|| panic!("in a thread")).join().is_err(); ended')
        self.assertIn("in a thread", answer.text("stderr"))
        self.assertIn("true", answer.text("execute_result"))

    def test_names_of_the_crate_are_offered_before_those_of_polars(self):
        matches = self.kernel.complete("let x = qua")
        self.assertTrue(matches[0].startswith("quality"), matches[:5])
        self.assertTrue(any("height" in match for match in self.kernel.complete("customers.hei")))
        self.assertTrue(any("nulls" in match for match in self.kernel.complete("quality::nu")))
        self.assertTrue(self.kernel.inspect("quality::nulls"))

    def test_every_variable_of_the_lessons_types_is_analysed(self):
        built = ROOT / "target/kernel/built" / (ROOT / "target/kernel/current").read_text()
        analysed = {name.replace("-", "_") for name in json.loads((built / "analysed.json").read_text())}
        self.assertLess(len(analysed), 60)
        made = {
            "table": "customers.clone()",
            "lazy": "customers.clone().lazy()",
            "expression": 'col("Income").mean()',
            "column": 'customers.column("Income")?.clone()',
            "series": 'customers.column("Income")?.as_materialized_series().clone()',
            "clean": "Clean::new(&customers)?",
            "recipe": 'Recipe::new(["Income", "Recency"])',
            "model": 'Segments::fit(&Clean::new(&customers)?.drop_nulls(["Income"])?.kept().clone(),'
            ' &Recipe::new(["Income", "Recency"]).standardise(Columns::All), &KMeans::params(2).seed(1))?',
            "picture": 'plot::histogram(&customers, "Recency")?',
            "matrix": "ndarray::Array2::<f64>::zeros((2, 2))",
        }
        self.good("use segmenta::ndarray;")
        for name, value in made.items():
            with self.subTest(name):
                self.good(f"let of_{name} = {value};")
                crate = self.good(f"std::any::type_name_of_val(&of_{name})").text("execute_result")
                crate = crate.strip('"\n').lstrip("&").split("::")[0]
                self.assertIn(crate, analysed | {"alloc", "core"})


class Ends(unittest.TestCase):
    """A process that ends takes all variables with it, and that is said."""

    def test_an_ended_process_says_what_was_lost_and_how_to_get_it_back(self):
        with Kernel() as kernel:
            kernel.run("let lost: i32 = 1;")
            for end in ("std::process::exit(3)", "std::process::abort()"):
                error = kernel.run(end).error
                self.assertIn("The process that runs the cells has ended", error)
                self.assertIn("Run All Above", error)
            self.assertIn("`lost`", kernel.run("let lost: i32 = 1;") and kernel.run("std::process::exit(3)").error)
            self.assertEqual(kernel.run("1 + 1").status, "ok")

    def interrupt_after(self, limit, kernel):
        """When the button was pressed, and what presses it, once."""
        pressed = []

        def press(seconds):
            if seconds > limit and not pressed:
                kernel.manager.interrupt_kernel()
                pressed.append(seconds)

        return pressed, press

    def test_an_interrupted_cell_that_hears_it_costs_nothing(self):
        with Kernel() as kernel:
            kernel.library()
            kernel.run("let before: i32 = 1;")
            pressed, press = self.interrupt_after(1.5, kernel)

            long = ('let b = Bootstrap::new().seed(1).resamples(10_000_000);\n'
                    'let ages = AgeBands::Rfmlc.bands();\n'
                    'let c = customers.clone().lazy().with_columns([features::purchases_per_visit(), '
                    'features::age(2022)]).collect()?;\n'
                    'let m = conversion::share_of_purchases_per_visit(&c, &ages, &b)?;')
            answer = kernel.run_all([long, "2"], while_waiting=press)
            self.assertEqual([a.status for a in answer], ["error", "aborted"])
            self.assertIn("All variables of earlier cells are still there", answer[0].error)
            self.assertLess(answer[0].seconds - pressed[0], 3)
            self.assertIn("1", kernel.run("before").text("execute_result"))

    def test_an_interrupted_cell_that_hears_nothing_is_ended_after_three_seconds(self):
        with Kernel() as kernel:
            kernel.run("let before: i32 = 1;")
            pressed, press = self.interrupt_after(1.5, kernel)

            [answer] = kernel.run_all(
                ["loop { std::thread::sleep(std::time::Duration::from_millis(10)); }"], while_waiting=press
            )
            self.assertIn("did not stop within 3 seconds", answer.error)
            self.assertIn("These variables are gone: `before`", answer.error)
            self.assertGreater(answer.seconds - pressed[0], 2.5)
            self.assertEqual(kernel.run("1 + 1").status, "ok")


if __name__ == "__main__":
    unittest.main()
