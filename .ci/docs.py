"""Builds the documentation as a site, .build-docs/html: README, guide pages, theory and the reference of options as they lie in the
sources, and the Python reference from the docstrings. Sphinx and MyST do the work; a warning is an error.

    STABLEODE_LIBRARY=… PYTHONPATH=bindings/python python .ci/docs.py [FOLDER]      needs sphinx, myst-parser and furo
"""

import inspect
import os
import re
import shutil
import sys
import textwrap
from pathlib import Path

import stableode
import stableode.plots

ROOT = Path(__file__).resolve().parent.parent
#: Pages and what they show, copied to the same places, so that their links hold.
COPIED = ["README.md", "LICENSE", "include/stableode.h", "Sources/README.md", "Sources/Theory.md", "Sources/*/*.docc/*.md", "Sources/StableODELink/NOTICES.md",
          "bindings/python/README.md", "bindings/python/guide/*.md", "examples/*/*"]
#: Title → pages of a part of the site.
PARTS = {
    "Guide": ["bindings/python/README", "bindings/python/guide/*"],
    "Networks": ["Sources/Networks/Networks.docc/Networks", "Sources/VectorFields/VectorFields.docc/VectorFields", "Sources/Integrators/Integrators.docc/Integrators"],
    "Training": ["Sources/Training/Training.docc/Training", "Sources/Gradients/Gradients.docc/Gradients"],
    "Stability": ["Sources/Stability/Stability.docc/Stability"],
    "Reference": ["reference/python", "reference/header", "Sources/StableODE/StableODE.docc/options"],
    "Background": ["Sources/Theory", "Sources/README", "Sources/StableODELink/NOTICES"],
}


def copy_sources(folder):
    """Copies the pages, and turns what DocC alone understands into Markdown."""
    for pattern in COPIED:
        for path in sorted(ROOT.glob(pattern)):
            place = folder / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".md":
                place.write_text(markdown(path), encoding="utf-8")
            elif path.is_file():
                shutil.copy(path, place)


def markdown(path):
    """The text of a page. The page of a DocC catalog, whose topics are links, gets a table of contents."""
    text = path.read_text(encoding="utf-8")
    topics = list(dict.fromkeys(re.findall(r"<doc:([\w-]+)>", text))) if path.stem == path.parent.stem else []
    text = re.sub(r"^# ``(\w+)``", r"# \1", text, flags=re.M)
    text = re.sub(r"<doc:([\w-]+)>", r"[\1](\1.md)", text)
    if topics:
        text += "\n```{toctree}\n:hidden:\n\n" + "\n".join(topics) + "\n```\n"
    return text


def write_index(folder):
    """The front page: the README, with all parts in the side bar."""
    contents = ""
    for title, patterns in PARTS.items():
        pages = [str(page.relative_to(folder).with_suffix("")) for pattern in patterns for page in sorted(folder.glob(pattern + ".md"))]
        contents += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(pages) + "\n```\n"
    readme = folder / "README.md"
    (folder / "index.md").write_text(readme.read_text(encoding="utf-8") + contents, encoding="utf-8")
    readme.unlink()


def write_reference(folder):
    """The Python reference, a page for each kind of name, and the header."""
    place = folder / "reference"
    place.mkdir()
    names = {name: getattr(stableode, name) for name in sorted([*stableode.__all__, "MemoryError"])}
    kinds = {
        "classes": [name for name, value in names.items() if inspect.isclass(value) and not issubclass(value, Exception) and not is_options(value)],
        "functions": [name for name, value in names.items() if inspect.isfunction(value)],
        "errors": [name for name, value in names.items() if inspect.isclass(value) and issubclass(value, Exception)],
    }
    for kind, members in kinds.items():
        entries = "\n".join(described(f"stableode.{name}", names[name]) for name in members)
        (place / f"{kind}.md").write_text(f"# {kind.capitalize()} of the Python package\n\n{entries}", encoding="utf-8")
    plots = "\n".join(described(f"stableode.plots.{name}", getattr(stableode.plots, name)) for name in stableode.plots.__all__)
    (place / "plots.md").write_text(f"# Functions of stableode.plots\n\n{prose(stableode.plots)}\n\n{plots}", encoding="utf-8")
    pages = "\n".join([*kinds, "plots"])
    about = prose(stableode)
    (place / "python.md").write_text(f"# Python\n\n{about}\n\n```{{toctree}}\n{pages}\n```\n", encoding="utf-8")
    header = (ROOT / "include" / "stableode.h").read_text(encoding="utf-8")
    (place / "header.md").write_text(f"# The C header\n\n````c\n{header}\n````\n", encoding="utf-8")


def is_options(value):
    """Whether a class is one of the typed dictionaries, which the reference of options describes better."""
    return issubclass(value, dict)


def described(name, value, level=0):
    """A directive of Sphinx's Python domain for a class, function, method or property, with its docstring."""
    kind = ("exception" if inspect.isclass(value) and issubclass(value, Exception) else "class" if inspect.isclass(value) else "function" if not level
            else "property" if isinstance(value, property) else "method")
    fence = "`" * (6 - level)
    parts = [prose(value)]
    if inspect.isclass(value):
        members = [(member, entry) for member, entry in vars(value).items() if not member.startswith("_")]
        for member, entry in members:
            function = entry.__func__ if isinstance(entry, (classmethod, staticmethod)) else entry
            if inspect.isfunction(function) or isinstance(function, property):
                parts.append(described(member, function, level + 1))
    return f"{fence}{{py:{kind}}} {name}{signature(value)}\n\n" + "\n\n".join(parts) + f"\n{fence}\n"


def signature(value):
    """The parameters as they are written; the options, of which there may be a hundred, stay `**options`."""
    if isinstance(value, property) or (inspect.isclass(value) and issubclass(value, Exception)):
        return ""
    function = value.__init__ if inspect.isclass(value) else value
    stored = function.__dict__.pop("__signature__", None) if inspect.isfunction(function) else None
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return ""
    finally:
        if stored is not None:
            function.__signature__ = stored
    kept = [parameter for name, parameter in found.parameters.items() if name not in ("self", "cls")]
    return str(found.replace(parameters=kept)).replace("'", "")


def prose(value):
    """A docstring as Markdown: lines that begin with "name:" become entries of a list, indented lines code."""
    text = inspect.getdoc(value) or ""
    text = re.sub(r"(?:(?<=\n\n)|\A)((?:    .*(?:\n|\Z)|\n)+)", code_block, text)
    text = re.sub(r"^([a-z_]\w*(?:, [a-z_]\w*)*): ", r"\n- `\1`: ", text, flags=re.M)
    return text.replace("*args", r"\*args")


def code_block(match):
    lines = textwrap.dedent(match.group(1)).strip()
    return f"```python\n{lines}\n```\n\n" if lines else match.group(1)


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".build-docs")
    source = out / "source"
    shutil.rmtree(out, ignore_errors=True)
    copy_sources(source)
    write_reference(source)
    write_index(source)
    settings = {
        "project": "StableODE", "version": stableode.__version__, "release": stableode.__version__, "extensions": "myst_parser", "html_theme": "furo",
        "html_title": f"StableODE {stableode.__version__}", "exclude_patterns": "examples", "myst_heading_anchors": "4",
        "suppress_warnings": "myst.header,misc.highlighting_failure", "add_module_names": "0", "html_copy_source": "0",
    }
    from sphinx.cmd.build import main as sphinx

    options = [option for key, value in settings.items() for option in ("-D", f"{key}={value}")]
    status = sphinx(["-q", "-W", "--keep-going", "-C", "-b", "html", *options, str(source), str(out / "html")])
    if status == 0:
        print(f"{os.path.relpath(out / 'html' / 'index.html')}: written")
    return status


if __name__ == "__main__":
    sys.exit(main())
