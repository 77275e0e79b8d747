"""The README's tables against the library's registries, and a guide page for every entry that has a line of its own."""

import pytest
import readme_tables
import stableode


def test_tables_are_the_registries(readme):
    assert readme_tables.updated(readme) == readme, "run make tables"


@pytest.mark.parametrize("registry", readme_tables.GUIDED)
def test_every_entry_has_a_guide_page(registry):
    missing = [e for e in stableode.registry(registry) if not (readme_tables.ROOT / readme_tables.guide(registry, e)).is_file()]
    assert not missing


@pytest.mark.parametrize("registry", readme_tables.GUIDED)
def test_guide_pages_give_equation_source_and_guarantee(registry):
    for entry in stableode.registry(registry):
        page = readme_tables.ROOT / readme_tables.guide(registry, entry)
        if page.is_file():
            text = page.read_text(encoding="utf-8")
            assert text.startswith("# ") and entry in text, page
            assert len(text.splitlines()) >= 8, page


def test_tables_survive_a_pipe():
    assert readme_tables.cell("a|b") == "a\\|b"
