"""The documentation builds as a site without a warning, and holds every page and every public name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stableode

ROOT = Path(__file__).resolve().parents[3]


def test_the_site(tmp_path):
    for module in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(module, reason=f"{module} is not installed; make docs installs it")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bindings/python") + os.pathsep + os.environ.get("PYTHONPATH", "")}
    made = subprocess.run([sys.executable, ROOT / ".ci" / "docs.py", tmp_path / "site"], env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    html = tmp_path / "site" / "html"
    pages = [path.relative_to(ROOT).with_suffix(".html") for path in [*ROOT.glob("Sources/*/*.docc/*.md"), *ROOT.glob("bindings/python/guide/*.md")]]
    assert len(pages) > 40 and not [page for page in pages if not (html / page).exists()]
    found = "".join(path.read_text() for path in (html / "reference").glob("*.html"))
    described = {name for name in stableode.__all__ if re.search(rf'id="stableode\.{name}"', found)}
    # Constants are described in the text about the package, and options in their own reference.
    assert {name for name in stableode.__all__ if not name.startswith("END_") and not name.endswith("Options")} <= described
    assert "<doc:" not in (html / "Sources/VectorFields/VectorFields.docc/VectorFields.html").read_text()
