"""The README's tables against the library's registries."""

import re

import pytest

import stableode
from stableode import introspection


@pytest.mark.parametrize("name", introspection.REGISTRIES)
def test_readme_names_every_entry(name, readme):
    missing = [entry for entry in stableode.registry(name) if f"`{entry}`" not in readme]
    assert not missing


def test_readme_names_nothing_that_is_not_there(readme):
    table = readme.split("## What there is")[1].split("Precision is")[0]
    known = {entry for name in introspection.REGISTRIES for entry in stableode.registry(name)}
    assert set(re.findall(r"`(\w+)`", table)) <= known
