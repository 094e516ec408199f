"""Scripts as people write them, and slips put into them at random."""

from __future__ import annotations

import random
import re
from pathlib import Path

from sifcheck.base.source import Source
from sifcheck.definition import read_definition

ROOT = Path(__file__).resolve().parents[2]

_SIGNS = "'\"`(){}[];&|$\\<>#\n"
_PUT_IN = (
    '"',
    "'",
    "`",
    "(",
    ")",
    "{",
    "}",
    ";",
    "&",
    "|",
    "&&",
    "$(",
    "${",
    "\\",
    "#",
    "<",
    ">",
    "<<",
    "\n",
    ";;",
)
_RESERVED = re.compile(r"\b(?:if|then|else|elif|fi|for|in|do|done|while|until|case|esac|function)\b")
_FOR_RESERVED = ("", "x", "fi", "done", "then", "esac")

_WRITTEN = """
set -eu
for package in gcc "make" 'cmake'; do
    if ! command -v "$package" >/dev/null 2>&1; then
        apt-get install -y --no-install-recommends \\
            "$package" && \\
            # keep it small
            rm -rf /var/lib/apt/lists/*
    elif [ -n "${LATER:-}" ] || [ "$(id -u)" -ne 0 ]; then
        echo "later: ${package%%-*}" >> /tmp/list
    else
        :
    fi
done
case "$(uname -m)" in
    x86_64 | amd64) arch=x86 ;;
    aarch64) arch=arm; { echo "$arch"; } ;;
    *) exit 1 ;;
esac
cat > /etc/profile.d/x.sh <<'EOF'
export PATH=/opt/x/bin:$PATH
if true; then
EOF
fetch() {
    local url=$1
    while read -r line; do (cd /opt && curl -fL "$url/$line" | tar xz); done < /tmp/list
}
n=$(( $(nproc) / 2 )); until [ "$n" -gt 0 ]; do n=1; done
fetch "https://example.org/`basename $PWD`" || { echo 'failed: it is not there' >&2; exit 1; }
"""


def scripts(definitions: list[Path]) -> list[str]:
    """A script that has all that the grammar has, those of the examples, and those of the definition files given."""
    found = [_WRITTEN]
    for path in [*sorted((ROOT / "examples").glob("*.def")), *definitions]:
        definition = read_definition(Source(path.name, path.read_bytes()))
        found += [
            one.body for one in definition.sections() if one.is_script and one.is_shell and one.body.strip()
        ]
    found += [path.read_text(encoding="latin-1") for path in sorted((ROOT / "examples/jobs").glob("*.sh"))]
    return [text.replace("\r\n", "\n") for text in found]


def changed(text: str, source: random.Random) -> str:
    """A script with one to three slips."""
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        text = source.choice(_SLIPS)(text, source)
    return text


def _line_lost(text: str, source: random.Random) -> str:
    lines = text.split("\n")
    del lines[source.randrange(len(lines))]
    return "\n".join(lines)


def _line_twice(text: str, source: random.Random) -> str:
    lines = text.split("\n")
    lines.insert(source.randrange(len(lines) + 1), source.choice(lines))
    return "\n".join(lines)


def _sign_lost(text: str, source: random.Random) -> str:
    places = [at for at, sign in enumerate(text) if sign in _SIGNS]
    at = source.choice(places or [len(text)])
    return text[:at] + text[at + 1 :]


def _sign_put_in(text: str, source: random.Random) -> str:
    at = source.randrange(len(text) + 1)
    return text[:at] + source.choice(_PUT_IN) + text[at:]


def _reserved_word_changed(text: str, source: random.Random) -> str:
    words = list(_RESERVED.finditer(text))
    if not words:
        return text
    word = source.choice(words)
    return text[: word.start()] + source.choice(_FOR_RESERVED) + text[word.end() :]


def _end_lost(text: str, source: random.Random) -> str:
    return text[: source.randrange(len(text) + 1)]


def _part_lost(text: str, source: random.Random) -> str:
    at = source.randrange(len(text) + 1)
    return text[:at] + text[at + source.randrange(30) :]


_SLIPS = (
    _line_lost, _line_twice, _sign_lost, _sign_lost, _sign_put_in, _reserved_word_changed, _end_lost, _part_lost,
)  # fmt: skip
