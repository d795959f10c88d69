"""The kernel where no lab has started it, as in VS Code: there the kernelspec that lies in the Python environment is found,
its command is run without what the lab says to its kernels, and a provisioner is something unknown."""

import os
import sys
import unittest
from pathlib import Path
from unittest import mock

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from client import ROOT

CELLS = [
    ':dep segmenta = { path = ".." }\nuse segmenta::prelude::*;',
    'let loaded = campaign::load("../data/marketing_campaign.csv")?;\nloaded.customers.head(Some(3))',
    'plot::histogram(&loaded.customers, "Income")?.title("Income")',
    'loaded.customers.column("Incom")?.len()',
    "loaded.customers.height()",
]


class InEnvironment(KernelSpecManager):
    """Finds what lies in the Python environment, and knows of a kernel what VS Code knows of it."""

    def get_kernel_spec(self, kernel_name):
        spec = super().get_kernel_spec(kernel_name)
        spec.metadata.pop("kernel_provisioner", None)
        return spec


class Elsewhere(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cells = [nbformat.v4.new_code_cell(code) for code in CELLS]
        cells[3].metadata.tags = ["raises-exception"]
        notebook = nbformat.v4.new_notebook(cells=cells)
        found = InEnvironment(kernel_dirs=[str(Path(sys.prefix) / "share" / "jupyter" / "kernels")])
        manager = AsyncKernelManager(kernel_name="rust", kernel_spec_manager=found)
        resources = {"metadata": {"path": str(ROOT / "notebooks")}}
        ours = ("SEGMENTA_", "JUPYTER", "IPYTHONDIR")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        with mock.patch.dict(os.environ, plain, clear=True):
            client = NotebookClient(notebook, km=manager, timeout=120, resources=resources)
            cls.cells = client.execute().cells

    def shown(self, cell):
        return [output.data for output in self.cells[cell].outputs if "data" in output]

    def test_a_table_shows_as_html_and_as_text(self):
        (table,) = self.shown(1)
        self.assertIn("<table", table["text/html"])
        self.assertIn("Year_Birth", table["text/plain"])

    def test_a_figure_shows_in_the_form_that_its_renderer_draws_and_in_words(self):
        (figure,) = self.shown(2)
        self.assertEqual(figure["application/vnd.plotly.v1+json"]["layout"]["title"]["text"], "Income")
        self.assertTrue(figure["text/plain"].startswith("Income"))

    def test_a_cell_that_fails_is_red_and_leaves_the_variables(self):
        (error,) = [output for output in self.cells[3].outputs if output.output_type == "error"]
        self.assertIn("Incom", error.evalue)
        self.assertEqual([data["text/plain"] for data in self.shown(4)], ["2240"])


if __name__ == "__main__":
    unittest.main()
