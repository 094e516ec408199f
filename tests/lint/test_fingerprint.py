"""Fingerprints: the same finding is known again when lines move, and a secret cannot be read out of them."""

from __future__ import annotations

import pytest
from lint.made_up import checker, flags

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source, Span
from sifcheck.lint.fingerprint import with_fingerprints

RULE = flags("OUR101", "wget")
HEADER = "Bootstrap: docker\nFrom: a:1\n"


def prints(text: str, path: str = "a.def") -> list[str]:
    found = checker(RULE).check_definition(Source(path, text.encode()))
    return [finding.fingerprint for finding in with_fingerprints(found)]


def test_lines_paths_and_blanks_do_not_matter() -> None:
    plain = prints(f"{HEADER}%post\n    wget x\n")
    assert len(plain) == 1
    assert plain == prints(f"{HEADER}\n# more\n\n%post\n    true\n    wget x\n", "b/c.def")
    assert plain == prints(f"{HEADER}%post\n\twget   x\r\n")


def test_the_text_of_the_line_and_the_code_do() -> None:
    one = prints(f"{HEADER}%post\n    wget x\n")
    assert one != prints(f"{HEADER}%post\n    wget y\n")
    other = checker(flags("OUR102", "wget")).check_definition(
        Source("a.def", f"{HEADER}%post\n    wget x\n".encode())
    )
    assert one != [finding.fingerprint for finding in with_fingerprints(other)]


def test_equal_lines_are_told_apart_by_their_number_in_their_file() -> None:
    text = f"{HEADER}%post\n    wget x\n    wget x\n    wget x\n"
    three = prints(text)
    assert len(set(three)) == 3
    checked = checker(RULE)
    both = [f for path in ("a.def", "b.def") for f in checked.check_definition(Source(path, text.encode()))]
    marked = [finding.fingerprint for finding in with_fingerprints(both)]
    assert marked[:3] == marked[3:] == three


def finding(source: Source | None, text: str, secret: bool = False, message: str = "found") -> Finding:
    start = source.text.index(text) if source is not None else 0
    span = Span(start, start + len(text)) if source is not None else Span(0, 0)
    return Finding("OUR101", "x", "info", "high", "minimal", message, "", source, span, secret=secret)


@pytest.mark.parametrize("other", ["hunter3xyz", "a-much-longer-password", "q"])
def test_a_secret_is_not_in_the_hash(other: str) -> None:
    marked = []
    for word in ("hunter2abc", other):
        source = Source("a.def", f"export PASSWORD={word}; echo {word}\n".encode())
        findings = [finding(source, word, secret=True), finding(source, "export")]
        marked.append([found.fingerprint for found in with_fingerprints(findings)])
    # A short word is taken out where it stands only: the second mention keeps it apart.
    assert (marked[0] == marked[1]) == (len(other) >= 8)


def test_findings_without_a_file_have_one_too() -> None:
    one, other, same = with_fingerprints(
        [
            finding(None, "", message="no space"),
            finding(None, "", message="no user"),
            finding(None, "", message="no user"),
        ]
    )
    assert len({one.fingerprint, other.fingerprint, same.fingerprint}) == 3
