"""Generates the reference of all options and registries from the library: as Markdown and as a manual page."""

import stableode

TITLE = "The options of StableODE"
INTRODUCTION = (
    "Everything that can be chosen, as the library itself lists it: `sode_option_at` and `sode_registry_at` in C, `stableode.options` and"
    " `stableode.registry` in Python. An option is set by its key, in C by functions for each type or in a JSON object, in Python as a keyword."
    " True and false are 1 and 0 for the C functions that set integers. A list of numbers is a JSON array or a text with commas."
    " An option that belongs to some choices of another option is refused with every other choice."
    " A trainer's options may change between runs, unless their text says that they are fixed once training has begun."
)
SEQUENCES = [
    "With opening `sequence` or `sequence_dense` a sample's features are a sequence of steps, one after the other: inputs = steps × features of one step."
    " C is the option `channels`.",
    "`sequence_layout` `values`: C numbers a step, the observations, at equal distances in time. inputs = steps·C.",
    "`times_values`: 1 + C numbers a step: its time, then the observations. Times ascend. inputs = steps·(1 + C).",
    "`times_values_mask`: 1 + 2C numbers a step: its time, the observations, then a mask for each channel, 1 for observed and 0 for not. What is not"
    " observed is not read, nor is the time of a step without observations: they may hold anything, in data sets any finite number. Steps whose numbers are all 0 at the end of a sample are padding. inputs = steps·(1 + 2C).",
    "`sequence_time` `scaled` maps each sample's first to last time onto the horizon from 0 to T; `absolute` takes times as the blocks' own;"
    " `intervals` advances each sample by its own intervals, in k layers from an observation to the next one: layers = k·(steps − 1).",
    "`interpolation` `none`: layer i reads step i, so that a block has as many layers as there are steps and times are not read;"
    " `linear` and `hermite` lay a path through the observations, which any number of layers reads.",
    "With opening `trajectory` a sample's features are its state at its first time, C numbers, and then its times: inputs = C + times, layers = k·(times − 1).",
]


def default(option: stableode.Option) -> str:
    """An option's default, as a user writes it."""
    if option.required:
        return "required"
    if option.automatic:
        return f"automatic, else {fixed(option)}"
    return fixed(option)


def fixed(option: stableode.Option) -> str:
    """The default of an option that nobody chooses."""
    if option.type is bool:
        return "true" if option.default else "false"
    if option.type is str:
        return option.default or "empty"
    if option.type is float:
        return f"{option.default:g}"
    return str(option.default)


def kind(option: stableode.Option) -> str:
    """The type in words."""
    if option.type is str:
        return "choice" if option.choices else "list of numbers" if option.allowed.startswith("finite numbers") else "text"
    return {int: "integer", float: "real", bool: "true or false"}[option.type]


def takers(option: stableode.Option) -> str:
    """The choices that an option applies to, in words."""
    return "; ".join(f"{name} {', '.join(choices)}" for name, choices in option.taken_by.items())


def limits(option: stableode.Option) -> str:
    """The allowed values, unless the type already says them."""
    return "" if option.type is bool or kind(option) in ("text", "list of numbers") else option.allowed


def markdown() -> str:
    """The page."""
    lines = [f"# {TITLE}", "", "<!-- made by make tables -->", "", INTRODUCTION, ""]
    for scope, text in stableode.registry("scopes").items():
        lines += [f"## Scope {scope}", "", f"{text[0].upper()}{text[1:]}.", ""]
        lines += ["| option | type | default | allowed | unit | meaning | belongs to |", "|---|---|---|---|---|---|---|"]
        for key, option in stableode.options(scope).items():
            cells = [f"`{key}`", kind(option), default(option), limits(option), option.unit, option.help, takers(option)]
            lines.append("| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |")
        lines.append("")
    lines += ["## Layouts of sequences", "", *(paragraph for text in SEQUENCES for paragraph in (text, ""))]
    lines += ["## Registries", ""]
    for registry, text in stableode.registry("registries").items():
        lines += [f"### {registry}", "", f"{text[0].upper()}{text[1:]}.", "", "| name | |", "|---|---|"]
        lines += ["| " + f"`{name}` | {help_.replace('|', chr(92) + '|')} |" for name, help_ in stableode.registry(registry).items()]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def roff(text: str) -> str:
    """A text for troff: escapes backslashes and control characters at the start of a line, and drops code marks."""
    text = text.replace("`", "").replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text


def manual() -> str:
    """The manual page stableode(7)."""
    version = stableode.library_version()
    lines = [
        '.\\" -*- coding: UTF-8 -*- made by make tables',
        f'.TH STABLEODE 7 "" "StableODE {version}" "StableODE"',
        ".SH NAME",
        "stableode \\- options and registries of the library for stable ODE networks",
        ".SH DESCRIPTION",
        roff(INTRODUCTION),
    ]
    for scope, text in stableode.registry("scopes").items():
        lines += [f".SH OPTIONS OF SCOPE {scope.upper()}", roff(f"{text[0].upper()}{text[1:]}.")]
        for key, option in stableode.options(scope).items():
            facts = [kind(option), "required" if option.required else f"default {default(option)}", limits(option), f"unit {option.unit}" if option.unit else ""]
            belongs = f" Belongs to {takers(option)}." if option.taken_by else ""
            lines += [".TP", f".B {key}", roff(f"{option.help} ({'; '.join(filter(None, facts))}).{belongs}")]
    lines.append(".SH LAYOUTS OF SEQUENCES")
    lines += [line for text in SEQUENCES for line in (".PP", roff(text))]
    for registry, text in stableode.registry("registries").items():
        lines += [f".SH {registry.upper().replace('_', ' ')}", roff(f"{text[0].upper()}{text[1:]}.")]
        for name, help_ in stableode.registry(registry).items():
            lines += [".TP", f".B {name}", roff(help_)]
    lines += [".SH SEE ALSO", "The header stableode.h is the specification of the C interface."]
    return "\n".join(lines) + "\n"
