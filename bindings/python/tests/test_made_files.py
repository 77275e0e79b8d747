"""The files made from the library's registries are up to date, and every entry with a table row has a guide page."""

import made_files
import options_page
import pytest

import stableode


@pytest.mark.parametrize("name", made_files.FILES)
def test_made_file_is_current(name):
    present = made_files.present(name)
    assert made_files.FILES[name](present) == present, "run make tables"


@pytest.mark.parametrize("registry", made_files.GUIDED)
def test_every_entry_has_a_guide_page(registry):
    missing = [e for e in stableode.registry(registry) if not (made_files.ROOT / made_files.guide(registry, e)).is_file()]
    assert not missing


@pytest.mark.parametrize("registry", made_files.GUIDED)
def test_guide_pages_give_equation_source_and_guarantee(registry):
    for entry in stableode.registry(registry):
        page = made_files.ROOT / made_files.guide(registry, entry)
        if page.is_file():
            text = page.read_text(encoding="utf-8")
            assert text.startswith("# ") and entry in text, page
            assert len(text.splitlines()) >= 8, page


def test_the_page_and_the_manual_name_every_option_and_entry():
    page, manual = options_page.markdown(), options_page.manual()
    for scope in stableode.registry("scopes"):
        for key, option in stableode.options(scope).items():
            assert f"`{key}`" in page and f".B {key}\n" in manual
            assert made_files.cell(option.help) in page
    for registry in stableode.registry("registries"):
        for entry in stableode.registry(registry):
            assert f"`{entry}`" in page and entry in manual


def test_the_header_names_the_reference(header_with_comments):
    assert "share/doc/stableode/options.md" in header_with_comments and "stableode(7)" in header_with_comments


def test_tables_survive_a_pipe():
    assert made_files.cell("a|b") == "a\\|b"
