"""No report shows what a finding calls secret."""

from __future__ import annotations

from typing import Any

from sifcheck.base.findings import Edit, Finding, Fix, Related, Results
from sifcheck.base.source import Source, Span
from sifcheck.report import BUILT_IN, render
from sifcheck.report.masking import mask_secrets

SECRET = "tulip-4711-rose"


def found(source: Source, at: str, message: str = "here", **values: Any) -> Finding:
    start = source.data.index(at.encode())
    span = Span(start, start + len(at.encode()))
    return Finding("DEF901", "a-name", "warning", "high", "standard", message, "help", source, span, **values)


def test_results_without_secrets_are_left_alone() -> None:
    source = Source("a.def", b"one two")
    results = Results((found(source, "one"),))
    assert mask_secrets(results) is results


def test_the_secret_is_masked_wherever_it_stands() -> None:
    source = Source("a.def", f"export P={SECRET}\nlogin {SECRET} now\n".encode())
    others = found(source, "login", f"`{SECRET}` is odd", related=(Related(f"see {SECRET}", Span(0, 6)),))
    results = Results((found(source, SECRET, secret=True), others), files=1)
    for name in BUILT_IN:
        shown = render(results, name)
        assert SECRET not in shown
        assert "4711" not in shown
    full = render(results, "full")
    assert f"export P={'*' * len(SECRET)}" in full
    assert f"login {'*' * len(SECRET)} now" in full
    assert "`***` is odd" in full
    assert "see ***" in full


def test_places_stay_what_they_are() -> None:
    secret = "ひみつ-ключ-é-\U0001f600"
    source = Source("a.def", f"P={secret} rest\n".encode())
    rest = found(source, "rest")
    masked = mask_secrets(Results((found(source, secret, secret=True), rest)))
    other = masked.findings[1]
    assert other.source is not None
    assert len(other.source.data) == len(source.data)
    assert other.source.position(rest.span.start) == source.position(rest.span.start)
    assert other.source.slice(other.span) == "rest"
    assert not set(secret) - set("-") & set(other.source.line(1))


def test_bytes_that_are_no_text_are_masked_too() -> None:
    source = Source("a.def", b"P=\xff\xfeabcdefgh\n")
    secret = found(source, "P=")._replace(span=Span(2, 12), secret=True)
    (masked,) = mask_secrets(Results((secret,))).findings
    assert masked.source is not None
    assert masked.source.data == b"P=**********\n"


def test_line_ends_in_a_secret_stay() -> None:
    source = Source("a.def", b"KEY-ONE\r\nKEY-TWO\nafter\n")
    secret = found(source, "KEY-ONE")._replace(span=Span(0, 16), secret=True)
    (masked,) = mask_secrets(Results((secret,))).findings
    assert masked.source is not None
    assert masked.source.data == b"*******\r\n*******\nafter\n"


def test_a_short_secret_takes_no_words_from_other_lines() -> None:
    source = Source("a.def", b"P=root\ncd /root\n")
    secret = found(source, "root", "the value root", secret=True)
    other = found(source, "cd", "`/root` is closed")
    masked = mask_secrets(Results((secret, other))).findings
    assert masked[0].message == "the value ***"
    assert masked[1].message == "`/root` is closed"
    assert masked[1].source is not None
    assert masked[1].source.data == b"P=****\ncd /root\n"


def test_a_fix_that_would_show_it_is_left_out() -> None:
    source = Source("a.def", f"P={SECRET}\nx\n".encode())
    fix = Fix(f"write {SECRET}", (Edit(0, 1, f"Q {SECRET}"),), True)
    harmless = Fix(f"not {SECRET}", (Edit(0, 1, "Q"),), True)
    results = Results(
        (found(source, SECRET, secret=True), found(source, "x", fix=fix), found(source, "P", fix=harmless))
    )
    masked = mask_secrets(results).findings
    assert masked[1].fix is None
    assert masked[2].fix == Fix("not ***", (Edit(0, 1, "Q"),), True)


def test_other_files_are_not_touched() -> None:
    source, other = Source("a.def", f"P={SECRET}\n".encode()), Source("b.def", f"P={SECRET}\n".encode())
    masked = mask_secrets(Results((found(source, SECRET, secret=True), found(other, "P")))).findings
    assert masked[1].source is other


def test_what_is_told_with_a_finding_is_masked_too() -> None:
    source = Source("a.def", f"export P={SECRET}\nexport Q=lily-1234-oak\nlogin {SECRET}\n".encode())
    second = found(source, "lily-1234-oak", "second", secret=True)
    first = found(source, SECRET, "first", secret=True)._replace(repeats=(second,))
    other = found(source, "login", "no secret")._replace(
        joined=(found(source, "login", f"`{SECRET}` again"),)
    )
    for name in BUILT_IN:
        shown = render(Results((first, other), files=1), name)
        assert "4711" not in shown
        assert "lily" not in shown


def test_what_is_left_of_a_secret_in_a_shortened_value_is_masked() -> None:
    source = Source("a.def", f"export P={SECRET}\nlogin\n".encode())
    words = [
        f"`curl -u me:{SECRET[:9]}...end`",
        f"`curl...{SECRET[-6:]}/end`",
        "`tu...se`",
        f"`a...{SECRET}`",
    ]
    others = [found(source, "login", text) for text in words]
    masked = mask_secrets(Results((found(source, SECRET, secret=True), *others))).findings
    assert [one.message for one in masked[1:]] == [
        "`curl -u me:***...end`",
        "`curl...***/end`",
        "`tu...se`",
        "`a...***`",
    ]
