"""The tables of README.md that list what the library has, made from its registries: python readme_tables.py [--check]."""

import pathlib
import sys

import stableode
from stableode import _registries

ROOT = pathlib.Path(__file__).resolve().parents[3]
BEGIN, END = "<!-- tables: made by make tables -->\n", "<!-- end of tables -->"

#: Registries whose entries have a line and a guide page of their own, with the module that the pages belong to.
GUIDED = {"fields": "VectorFields", "integrators": "Integrators", "memory_policies": "Gradients", "time_bases": "VectorFields", "noises": "VectorFields"}


def guide(registry: str, entry: str) -> str:
    """The path of an entry's guide page."""
    page = {"time_bases": "weights_in_time", "noises": "noise"}.get(registry, entry)
    return f"Sources/{GUIDED[registry]}/{GUIDED[registry]}.docc/{page}.md"


def cell(text: str) -> str:
    """A text as a cell of a table."""
    return text.replace("|", "\\|")


def tables() -> str:
    """The tables as Markdown."""
    parts = []
    for registry in _registries.REGISTRIES:
        entries = stableode.registry(registry)
        if registry in GUIDED:
            title = registry.replace("_", " ")
            lines = [f"| {title} | |", "|---|---|"]
            lines += [f"| [`{entry}`]({guide(registry, entry)}) | {cell(text)} |" for entry, text in entries.items()]
            parts.append("\n".join(lines) + "\n")
    rest = ["| | names |", "|---|---|"]
    for registry in _registries.REGISTRIES:
        if registry not in GUIDED:
            names = " · ".join(f"`{entry}`" for entry in stableode.registry(registry))
            rest.append(f"| {registry.replace('_', ' ')} | {names} |")
    parts.append("\n".join(rest) + "\n")
    return "\n".join(parts)


def updated(readme: str) -> str:
    """The README's text with its tables made anew."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n" + tables() + "\n" + END + after


if __name__ == "__main__":
    path = ROOT / "README.md"
    now = path.read_text(encoding="utf-8")
    then = updated(now)
    if "--check" in sys.argv[1:]:
        sys.exit(0 if now == then else "README.md: the tables are not those of the library; run make tables")
    path.write_text(then, encoding="utf-8")
