"""Generates files from the library's registries: python made_files.py [--check].

These are the tables of README.md, the reference of options as a page and as a manual page, and the package's registries and option
types. With --check nothing is written; the exit status says whether all files are up to date.
"""

import importlib.util
import json
import pathlib
import sys

import options_page
import python_types

import stableode

ROOT = pathlib.Path(__file__).resolve().parents[3]
BEGIN, END = "<!-- tables: made by make tables -->\n", "<!-- end of tables -->"
RESULTS_BEGIN, RESULTS_END = "<!-- results: made by make tables from examples/results.jsonl -->\n", "<!-- end of results -->"

#: Registries whose entries each have a table row and a guide page → the module that the pages belong to.
GUIDED = {"fields": "VectorFields", "integrators": "Integrators", "memory_policies": "Gradients", "time_bases": "VectorFields", "noises": "VectorFields"}


def guide(registry: str, entry: str) -> str:
    """The path of an entry's guide page."""
    page = {"time_bases": "weights_in_time", "noises": "noise"}.get(registry, entry)
    return f"Sources/{GUIDED[registry]}/{GUIDED[registry]}.docc/{page}.md"


def cell(text: str) -> str:
    """A text as a table cell."""
    return text.replace("|", "\\|")


def tables() -> str:
    """The README's tables as Markdown."""
    registries = stableode.registry("registries")
    parts = []
    for registry in registries:
        entries = stableode.registry(registry)
        if registry in GUIDED:
            title = registry.replace("_", " ")
            lines = [f"| {title} | |", "|---|---|"]
            lines += [f"| [`{entry}`]({guide(registry, entry)}) | {cell(text)} |" for entry, text in entries.items()]
            parts.append("\n".join(lines) + "\n")
    rest = ["| | names |", "|---|---|"]
    for registry in registries:
        if registry not in GUIDED:
            names = " · ".join(f"`{entry}`" for entry in stableode.registry(registry))
            rest.append(f"| {registry.replace('_', ' ')} | {names} |")
    parts.append("\n".join(rest) + "\n")
    return "\n".join(parts)


def experiments() -> dict[str, str]:
    """Name → what it is, from examples/python/results.py."""
    specification = importlib.util.spec_from_file_location("results", ROOT / "examples/python/results.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return {name: experiment[0] for name, experiment in module.EXPERIMENTS.items()}


def results() -> str:
    """The long figures as a table, a row for each experiment that has lines in examples/results.jsonl."""
    lines = [json.loads(line) for line in present("examples/results.jsonl").splitlines()]
    if not lines:
        return "None has been made with this version yet.\n"
    rows = ["| `WHAT` | network | parameters | images | epochs | test accuracy |", "|---|---|---:|---:|---:|---:|"]
    for name, text in experiments().items():
        found = [line for line in lines if line["figure"] == name]
        if not found:
            continue
        percents = [100 * line["test_accuracy"] for line in found]
        mean, first = sum(percents) / len(percents), found[0]
        spread = f" ({min(percents):.2f} … {max(percents):.2f}, {len(percents)} seeds)" if len(percents) > 1 else ""
        rows.append(f"| `{name}` | {cell(text)} | {first['parameters']} | {first['training_images']} | {first['epochs']} | {mean:.2f} %{spread} |")
    return "\n".join(rows) + "\n"


COMPARED_BEGIN = "<!-- tables: made by make tables from examples/results.jsonl -->\n"


def compared() -> str:
    """The figures of defaults on tables, a row for each data set that has a line in examples/results.jsonl."""
    lines = [json.loads(line) for line in present("examples/results.jsonl").splitlines()]
    methods = {"stableode": "StableODE", "mlp": "MLP", "lightgbm": "LightGBM", "linear": "linear"}
    parts = []
    for measure, title in (("accuracy", "accuracy"), ("rmse", "error")):
        rows = [f"| {title} | rows × features | {' | '.join(methods.values())} |", "|---|---:|" + "---:|" * len(methods)]
        for line in lines:
            if line["figure"].startswith("tables/") and line["measure"] == measure:
                cells = [f"{line['figures'][method]:.4g} ({line['seconds'][method]:.2g} s)" for method in methods]
                rows.append(f"| `{line['figure'].removeprefix('tables/')}` | {line['rows']} × {line['features']} | {' | '.join(cells)} |")
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


ROBUSTNESS_BEGIN, ROBUSTNESS_END = "<!-- robustness: made by make tables from examples/results.jsonl -->\n", "<!-- end of robustness -->"


def robustness() -> str:
    """The accuracies of networks on digits with noise and after attacks, means over the seeds in examples/results.jsonl."""
    lines = [json.loads(line) for line in present("examples/results.jsonl").splitlines()]
    shown = [("noise", "0.0"), ("noise", "0.3"), ("noise", "0.5"), ("attack", "0.05"), ("attack", "0.1")]
    rows = ["| field | as they are | noise 0.3 | noise 0.5 | attack of radius 0.05 | attack of radius 0.1 |", "|---|---:|---:|---:|---:|---:|"]
    found: dict[str, list[dict]] = {}
    for line in lines:
        if line["figure"].startswith("robustness/"):
            found.setdefault(line["figure"].removeprefix("robustness/"), []).append(line)
    for name, own in found.items():
        means = [sum(line[kind][size] for line in own) / len(own) for kind, size in shown]
        rows.append(f"| `{name}` | {' | '.join(f'{mean:.3f}' for mean in means)} |")
    return "\n".join(rows) + "\n"


CERTIFIED_BEGIN, CERTIFIED_END = "<!-- certified: made by make tables from examples/results.jsonl -->\n", "<!-- end of certified -->"


def certified() -> str:
    """The shares of test images that are correct and certified, and of those that were attacked, a column for each radius."""
    lines = [json.loads(line) for line in present("examples/results.jsonl").splitlines()]
    lines = sorted((line for line in lines if line["figure"].startswith("certified/")), key=lambda line: (line["figure"] != "certified/dense", line["seed"]))
    if not lines:
        return "None has been made with this version yet.\n"
    radii = list(lines[0]["certified"])
    head = [" | ".join("correct" if radius == "0" else radius for radius in radii) + " |", "---:|" * len(radii)]

    def row(line: dict, first: str, shares: str) -> str:
        return f"| {line['figure'].removeprefix('certified/')} | {first} | {' | '.join(f'{100 * line[shares][radius]:.2f} %' for radius in radii)} |"

    rows = [f"| network | seed | {head[0]}", f"|---|---|{head[1]}", *(row(line, line["seed"], "certified") for line in lines)]
    attacks = [line for line in lines if "attacked" in line]
    if attacks:
        kinds = {"attacked": "after the attack", "certified_of_attacked": "certified", "float32_of_attacked": "certified in float32"}
        rows += ["", f"The first {attacks[0]['attacked_images']} test images:", "", f"| network | | {head[0]}", f"|---|---|{head[1]}"]
        rows += [row(line, text, kind) for line in attacks for kind, text in kinds.items()]
    return "\n".join(rows) + "\n"


def series() -> str:
    """Accuracies on irregular series and seconds of a training: a row for each set and part of the observations that is dropped. ¹: a GRU of which less was chosen."""
    lines = [json.loads(line) for line in present("examples/results.jsonl").splitlines()]
    models = {"antisymmetric_rnn": "`antisymmetric_rnn`", "neural_cde": "`neural_cde`", "gru": "GRU"}
    found: dict[tuple[str, float], dict[str, str]] = {}
    for line in lines:
        if line["figure"].startswith("sequences/"):
            _, name, model = line["figure"].split("/")
            percents = [100 * accuracy for accuracy in line["accuracies"]]
            spread = f"{min(percents):.1f}" if len({f"{percent:.1f}" for percent in percents}) == 1 else f"{min(percents):.1f} … {max(percents):.1f}"
            mark = " ¹" if model == "gru" and "reads" not in line else ""
            found.setdefault((name, line["dropped"]), {})[model] = f"{100 * line['accuracy']:.1f} % ({spread}), {line['seconds']:.2f} s{mark}"
    order = list(dict.fromkeys(name for name, _ in found))
    rows = [f"| set | dropped | {' | '.join(models.values())} |", "|---|---:|" + "---|" * len(models)]
    for name, part in sorted(found, key=lambda key: (order.index(key[0]), key[1])):
        rows.append(f"| {name} | {100 * part:.0f} % | {' | '.join(found[name, part].get(model, '–') for model in models)} |")
    return "\n".join(rows) + "\n"


def fitted_fields() -> str:
    """The errors of roll-outs of fields that were fitted to trajectories."""
    rows = ["| system | field | RMSE | RMSE, 5 × longer | energy error | time |", "|---|---|---:|---:|---:|---:|"]
    for text in present("examples/results.jsonl").splitlines():
        line = json.loads(text)
        if line["figure"].startswith("fitted_fields/"):
            _, system, field = line["figure"].split("/")
            rows.append(f"| {system.replace('_', ' ')} | `{field}` | {line['rmse']:.4f} | {line['long_rmse']:.4f} | {line['energy_error']:.4f} | {line['seconds']:.1f} s |")
    return "\n".join(rows) + "\n"


def between(text: str, begin: str, end: str, made: str) -> str:
    """The text with what lies between two marks replaced."""
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return before + begin + "\n" + made + "\n" + end + after


def readme(now: str) -> str:
    """The README's text with its tables regenerated."""
    with_results = between(between(now, BEGIN, END, tables()), RESULTS_BEGIN, RESULTS_END, results())
    return between(with_results, ROBUSTNESS_BEGIN, ROBUSTNESS_END, robustness())


#: Path → the function that makes the file's new text from its present text.
FILES = {
    "README.md": readme,
    "Sources/Training/Training.docc/defaults.md": lambda now: between(now, COMPARED_BEGIN, END, compared()),
    "Sources/Training/Training.docc/certified.md": lambda now: between(now, CERTIFIED_BEGIN, CERTIFIED_END, certified()),
    "bindings/python/guide/sequences.md": lambda now: between(now, COMPARED_BEGIN, END, series()),
    "bindings/python/guide/trajectories.md": lambda now: between(now, COMPARED_BEGIN, END, fitted_fields()),
    "Sources/StableODE/StableODE.docc/options.md": lambda now: options_page.markdown(),
    "Sources/StableODELink/stableode.7": lambda now: options_page.manual(),
    "bindings/python/stableode/_options.py": lambda now: python_types.options(),
    "bindings/python/stableode/_registries.py": lambda now: python_types.registries(),
}


def present(name: str) -> str:
    """The text of a file; "" if it does not exist yet."""
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    stale = [name for name, made in FILES.items() if made(present(name)) != present(name)]
    if "--check" in sys.argv[1:]:
        sys.exit(f"not what the library says: {', '.join(stale)}; run make tables" if stale else 0)
    for name in stale:
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(FILES[name](present(name)), encoding="utf-8")
        print(f"wrote {name}")
