"""Writes what is generated of the documentation: rule pages, the command line's help and manual page, the README's picture.

`python docs/build.py` writes the files; with `--check` it tells which are not fresh and ends with 1.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(DOCS), str(ROOT / "bench")]

from api_page import page as api_page  # noqa: E402
from manpage import manual  # noqa: E402 - the scripts beside this one
from picture import picture  # noqa: E402
from runtimes_page import page as runtimes_page  # noqa: E402
from standing import read_table, standing_line  # noqa: E402 - what was measured, in bench

from sifcheck.base.typed_toml import key_of, toml_text, wanted  # noqa: E402
from sifcheck.cli import VERBS, main  # noqa: E402
from sifcheck.config.schema import settings_schema  # noqa: E402
from sifcheck.config.settings import OPTIONS, variable_of  # noqa: E402
from sifcheck.lint.plugins import load  # noqa: E402
from sifcheck.lint.rule import Rule  # noqa: E402
from sifcheck.lint.rule_facts import first_sentence  # noqa: E402
from sifcheck.site.keys import fields_of  # noqa: E402
from sifcheck.site.model import Site  # noqa: E402
from sifcheck.testing.page import rule_page  # noqa: E402

GROUPS = {
    "DEF1": "syntax and sections",
    "DEF2": "header and base image",
    "DEF3": "%files and %setup",
    "DEF4": "packages",
    "DEF5": "%post scripts",
    "DEF6": "%environment",
    "DEF7": "%runscript, %startscript, apps",
    "DEF8": "help, labels, test",
    "DEF9": "secrets and reproducibility",
    "ENV1": "this machine: identity, namespaces, runtime",
    "ENV2": "this machine: temporary, cache and output storage",
    "ENV3": "this machine: memory and limits",
    "ENV4": "this machine: network and keys",
    "JOB1": "batch scripts: the shell and the runtime's calls",
    "JOB2": "batch scripts: PJM",
    "JOB3": "batch scripts: Slurm",
    "JOB4": "batch scripts: PBS",
    "FUG": "Fugaku",
    "IMG1": "images: architecture and format",
    "IMG2": "images: signatures",
    "IMG3": "images: content",
    "BLD1": "the plan of a build: size against memory and storage",
    "BLD2": "the plan of a build: architecture",
    "BLD3": "one call of the runtime: arguments, options and the way to root",
    "SIF": "sifcheck's own matters",
}


def generated() -> dict[Path, str]:
    """Every generated file and its text."""
    registry = load().registry
    if registry.problems:
        raise SystemExit("\n".join(problem.why for problem in registry.problems))
    rules = list(registry)
    # What was measured is read, never measured here: these pages are the same on every machine.
    table = read_table()
    files = {
        DOCS / "rules" / f"{rule.code}.md": rule_page(rule, standing_line(table, rule.code)) for rule in rules
    }
    files[DOCS / "rules" / "README.md"] = _index(rules)
    files[DOCS / "api.md"] = api_page()
    files[DOCS / "command-line.md"] = _command_line()
    files[DOCS / "runtimes.md"] = runtimes_page()
    files[DOCS / "sifcheck.1"] = manual()
    files[DOCS / "site-keys.md"] = _site_keys()
    files[DOCS / "configuration.md"] = _configuration(rules)
    files[DOCS / "sifcheck.schema.json"] = json.dumps(settings_schema(rules), indent=1) + "\n"
    saved = "tests/host/snapshots/fugaku-compute-tmpdir-home.json"
    words = ["doctor", "--isolated", "--color", "always", "--site", "fugaku:compute"]
    shown = _output([*words, "--from", saved])
    files[DOCS / "images" / "doctor.svg"] = picture("$ sifcheck doctor", shown)
    words = ["check", "--isolated", "--no-shellcheck", "--color", "always", "examples/guide.def"]
    files[DOCS / "images" / "check.svg"] = picture("$ sifcheck check examples/guide.def", _output(words))
    return files


def _index(rules: list[Rule]) -> str:
    lines = [
        "# The rules",
        "",
        "Made from the rules themselves by `make docs`.  `sifcheck rule CODE` prints a page on the terminal.",
        "",
    ]
    for group, about in GROUPS.items():
        chosen = [rule for rule in rules if rule.code.startswith(group)]
        if not chosen:
            continue
        lines += [f"## {group} · {about}", ""]
        lines += ["| code | name | severity | profile | fix | about |", "|---|---|---|---|---|---|"]
        lines += [
            f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {rule.profile} | {rule.fix} | "
            f"{first_sentence(rule).replace('|', chr(92) + '|')} |"
            for rule in chosen
        ]
        lines.append("")
    return "\n".join(lines)


def _command_line() -> str:
    parts = ["# The command line", "Made by `make docs` from the program's own help."]
    parts.append(f"```\n{_output(['--help']).rstrip()}\n```")
    parts += [f"## sifcheck {verb}\n\n```\n{_output([verb, '--help']).rstrip()}\n```" for verb in VERBS]
    return "\n\n".join(parts) + "\n"


def _configuration(rules: list[Rule]) -> str:
    """The page as it stands, with its generated part made anew."""
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    rows = ["| key | default | flag | variable | what it does |", "|---|---|---|---|---|"]
    for name, option in OPTIONS.items():
        cells = (toml_text(option.default), option.flag, variable_of(name))
        shown = " | ".join(f"`{cell}`" if cell else "" for cell in cells)
        rows.append(f"| `{key_of(name)}` | {shown} | {option.help.replace('|', chr(92) + '|')} |")
    rows += ["", "## Options of rules", ""]
    for rule in rules:
        if rule.options is not None:
            fields = ", ".join(f"`{key_of(field)}`" for field in rule.options._fields)
            rows.append(f"* [{rule.code}](rules/{rule.code}.md) {rule.name}: {fields}")
    made = "\n".join(rows)
    return re.sub(
        r"(<!-- made by `make docs` -->\n).*(<!-- end -->)",
        lambda found: f"{found[1]}{made}\n{found[2]}",
        page,
        flags=re.DOTALL,
    )


def _site_keys() -> str:
    lines = [
        "# The keys of a site file",
        "",
        'Made by `make docs` from the table that site files are read by.  Anything but a name may be `"unknown"`.',
        "How to write such a file: [sites.md](sites.md).",
    ]
    for table in fields_of(Site):
        lines += ["", f"## `{table.name}`: {table.key.help}", ""]
        lines += ["| key | what it is | takes |", "|---|---|---|"]
        lines += _key_rows(table.table, f"{table.name}[]." if table.is_list else f"{table.name}.")
    return "\n".join(lines) + "\n"


def _key_rows(form: object, prefix: str) -> list[str]:
    rows = []
    for field in fields_of(form):
        key = f"{prefix}{field.name}"
        if field.table is not None:
            rows += _key_rows(field.table, f"{key}[]." if field.is_list else f"{key}.")
            continue
        takes = wanted(field.kind)
        if field.key.values:
            takes += f": {', '.join(f'`{value}`' for value in field.key.values)}"
        elif field.key.form:
            takes += f", as in `{field.key.form}`" if field.key.form[0].isdigit() else f" of {field.key.form}"
        takes += " (required)" if field.key.required else ""
        rows.append(f"| `{key}` | {field.key.help.replace('|', chr(92) + '|')} | {takes} |")
    return rows


def _output(words: list[str]) -> str:
    """What the program prints, as it would on a terminal of 100 columns without a configuration."""
    out = io.StringIO()
    folder = Path.cwd()
    os.environ["COLUMNS"] = "100"
    try:
        os.chdir(ROOT)
        with contextlib.redirect_stdout(out):
            main(words)
    finally:
        os.chdir(folder)
    return out.getvalue()


def _stale(files: dict[Path, str]) -> list[str]:
    stale = [
        path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    stale += [path for path in (DOCS / "rules").glob("*.md") if path not in files]
    return sorted(str(path.relative_to(ROOT)) for path in stale)


def run(check: bool) -> int:
    """Write the files, or tell which are not fresh."""
    files = generated()
    stale = _stale(files)
    if check:
        print(
            "\n".join(f"not fresh: {name} (make docs)" for name in stale)
            or f"{len(files)} generated files are fresh"
        )
        return 1 if stale else 0
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in (DOCS / "rules").glob("*.md"):
        if path not in files:
            path.unlink()
    print(f"{len(files)} files, {len(stale)} of them new or changed")
    return 0


if __name__ == "__main__":
    raise SystemExit(run("--check" in sys.argv[1:]))
