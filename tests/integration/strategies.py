"""Random definition files, put together from the pieces that parsers stumble over.

None of them may do harm if it were built: scripts hold comments, `:` and text, never a command that changes
anything, and no base can be fetched.
"""

from __future__ import annotations

from hypothesis import strategies as st

Text = st.SearchStrategy[str]


def one_of(pieces: str, *more: str) -> Text:
    """One of the pieces between the bars, or of those given one by one."""
    return st.sampled_from([*pieces.split("|"), *more])


def mostly(usual: Text, odd: Text, times: int = 6) -> Text:
    """Mostly the usual, so that most of a file is fine and one fault does not hide the next."""
    return st.integers(0, times).flatmap(lambda n: usual if n else odd)


def sentence(*parts: Text | str) -> Text:
    """The parts one after the other."""
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


BLANKS = one_of("||| |  ", "\t", "\v", "\f", "\u00a0", "\u3000", "\u0085", "\u200b", " \t ")
LINE_ENDS = mostly(one_of("\n"), one_of("\r\n|\n\n|\n \n|\n\t\n| \n", "\r", "\u2028", ""))

KEYS = one_of(
    "From|Stage|OSVersion|MirrorURL|UpdateURL|Include|IncludeCmd|Library|Registry|Namespace|Product|User|Regcode|FROM|from|"
    "ProductPGP|RegisterURL|Modules|Fingerprints|Setopt|ConfURL|OtherURL1|otherurl27|otherurl|OtherURL&n|bootstrap|osversion"
)
# The last two are letters whose lower case is an i with a dot of its own, and a plain k.
WRONG_KEYS = one_of(
    "Form|Boostrap|Mirror-URL|Maintainer|From x|{{ K }}||otherurlx1|Target|Filename|#",
    "\u0130nclude",
    "\u212aey",
)
USUAL_AGENTS = one_of("localimage|docker|scratch")
AGENTS = one_of(
    "library|oras|shub|busybox|debootstrap|yum|dnf|arch|zypper|docker-archive|oci-archive|oci|docker-daemon|"
    'LocalImage|self|buildkit|dockerfile|"docker"|docker:|dock er||{{ AGENT }}|{{ V }}|\\'
)
SECTIONS = one_of("help|setup|files|labels|environment|pre|post|runscript|test|startscript|arguments")
APP_SECTIONS = one_of("appinstall|applabels|appfiles|appenv|apptest|apphelp|apprun|appstart")
WRONG_SECTIONS = one_of(
    "file|environments|label|appenvironment|appfile|AppRun|APPHELP|post:|post#|post;|-|{{ S }}|s\\n|wheel|",
    *("\u3000post", "post\u00a0", "p\u00f6st", "po\u017ft", "post\t"),
)
NAMES = one_of("V|W|A1|_x|7|NAME|AGENT|K|S|name")
VALUES = one_of(
    'x|docker|localimage|%foo|%post|#|# x|#x|a\\|\\|a b|"q"|{{ V }}|{{ W }}|a{{ NAME }}b|x=y|  y |a:b|%',
    *("{{", "}}", "V", "a\\n\\", "", "\u3000z", "\t", "Bootstrap: docker", "{{ V", "\ufeff"),
)
WORDS = one_of(
    "a|b c|/x|x y z|:|echo hi|'|\"|''|\"a b\"|d/|*|~|a\\|key value|k=v|a:b|$X|{|}|{{|}}|${x#a}|$#|"
    "-c /bin/bash|%|#|# c|a #c|a#c|#!|#!/bin/sh|true; :|if true; then|fi|(|)",
    *("\u65e5\u672c\u8a9e", "\u00e9", "\x00", "\ufeff"),
)
HOLES = mostly(
    sentence("{{", BLANKS, NAMES, BLANKS, "}}"),
    one_of("{{ my-var }}|{{ .X }}|{{- V -}}|{{\nV\n}}|{{}}|{{{ V }}}|{ { V } }", "{{ \u540d }}"),
)
TEXT = mostly(WORDS, st.lists(WORDS | HOLES, max_size=4).map(" ".join) | sentence(WORDS, HOLES, WORDS), 3)
COMMENTS = sentence(BLANKS, one_of("#|# |#!|##|#\t"), TEXT)


def header_line(key: Text, value: Text) -> Text:
    """`key: value` in all the ways it may be written."""
    colon = mostly(one_of(":"), one_of("|=| :|::", "\uff1a"), 25)
    after = mostly(one_of("| "), BLANKS)
    tail = mostly(one_of(""), one_of(" # c|#c|\\| \\|\\n\\|\\ # c| |{{ V }}| # {{ V }}"), 5)
    return sentence(key, colon, after, value, tail, LINE_ENDS)


def headers() -> Text:
    """A header: the line with the agent, and fields, comments and blank lines in any order."""
    first = mostly(
        one_of("Bootstrap|bootstrap|BootStrap"), one_of(" Bootstrap|From", "\u3000Bootstrap", "B\u00f6"), 20
    )
    key = sentence(mostly(one_of(""), BLANKS, 5), mostly(KEYS, WRONG_KEYS, 25))
    value = mostly(one_of("/nonexistent/base|x:1|a b|"), TEXT, 4)
    line = mostly(header_line(key, value), sentence(COMMENTS | BLANKS | TEXT, "\n"), 4)
    return sentence(
        header_line(first, mostly(USUAL_AGENTS, AGENTS, 5)), st.lists(line, max_size=4).map("".join)
    )


def section_lines() -> Text:
    """The line that starts a section."""
    percent = sentence(mostly(one_of(""), BLANKS, 25), mostly(one_of("%"), one_of("%%|% |%%%|%\t"), 25))
    known = mostly(SECTIONS, SECTIONS.map(str.upper) | SECTIONS.map(str.title), 8)
    words = mostly(one_of(""), one_of(" |  |\t| # c| from a| from b c| -c /bin/bash| -c| {{ V }}| \\|#c"), 5)
    plain = sentence(mostly(known, WRONG_SECTIONS, 25), words)
    app = sentence(APP_SECTIONS, mostly(one_of(" foo"), one_of("| foo bar| a/b| #|\tfoo| {{ V }}"), 8))
    return sentence(percent, mostly(plain, app, 5), LINE_ENDS)


BODY_LINES = st.one_of(
    sentence(BLANKS, TEXT),
    sentence(BLANKS, TEXT),
    COMMENTS,
    one_of(
        "cat > /dev/null <<EOF|EOF|<<'E'|  bootstrap: x|\tBootstrap : y|From: z|a \\|Key Value|K=V|'x|"
        '/src /dst|"a b" c|'
        "a  # b|echo \\|<<<<<<< x|>>>>>>> y|======="
    ),
    sentence(NAMES, "=", VALUES),
)
# What ends a section or a stage in the middle of its body.
BREAKS = one_of('%wheel ALL|  %x|"|bootstrap: docker|Bootstrap:|%|Bootstrap: localimage|%test')
BODIES = st.lists(sentence(mostly(BODY_LINES, BREAKS, 40), LINE_ENDS), max_size=6).map("".join)
PAIRS = sentence(BLANKS, NAMES, BLANKS, "=", BLANKS, VALUES, mostly(one_of("\n"), one_of("\r\n| \n")))
ARGUMENTS = sentence(
    one_of("%arguments\n|%arguments\n|%Arguments \n"), st.lists(PAIRS, max_size=6).map("".join)
)
# So many variables are used that without this most files would fail for want of a value.
ALL_NAMES = "%arguments\nV=x\nW=y z\nA1=docker\n_x=\n7=7\nNAME=n\nAGENT=localimage\nK=Stage\nS=test\nname=a\n"


def stages() -> Text:
    """A header and its sections."""
    sections = st.lists(mostly(sentence(section_lines(), BODIES), ARGUMENTS, 3), max_size=4).map("".join)
    return sentence(headers(), sections, one_of(f"||\n{ALL_NAMES}|\n{ALL_NAMES}"))


@st.composite
def long_files(draw: st.DrawFn) -> str:
    """A file with one part just about as long as the parsers can take: 65,536 bytes."""
    before = draw(one_of("Bootstrap: localimage\nFrom: /nonexistent/base\n|Bootstrap: scratch\n|"))
    start = draw(one_of("%post\n|%help\n\n|%post -x\n|# header\n"))
    after = draw(one_of("|%test\n:\n|%test|%runscript # x\n|%foo\n|Bootstrap: scratch\n|\n\n"))
    size = draw(st.integers(65_520, 65_545)) - len(start) - draw(st.sampled_from([0, 0, len(before)]))
    line = draw(st.sampled_from(["#\n", ":\n", "# " + "x" * 61 + "\n", "#" * 100_000]))
    ended = draw(one_of("\n|\n||\r\n"))
    body = (line * (size // len(line) + 1))[: size - len(ended)]
    return before + start + body + ended + after


@st.composite
def definition_files(draw: st.DrawFn) -> bytes:
    """The bytes of a definition file, most of them fine in most places."""
    kind = draw(st.integers(0, 30))
    if kind == 0:
        return draw(st.binary(max_size=200))
    if kind == 1:
        return draw(long_files()).encode()
    before = mostly(
        one_of(""), one_of("\n|# c\n|#{{ V }}\n| |From: x\n|%post\n|%post\n:\n", "\ufeff", "\u3000\n"), 5
    )
    most = draw(st.sampled_from([1, 1, 2, 3]))
    text = draw(before) + "".join(draw(st.lists(stages(), min_size=1, max_size=most)))
    data = text.encode()
    if kind == 2:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=4)) + data[at:]
    elif kind == 3:
        data = data.replace(b"\n", b"\r\n")
    elif kind == 4:
        data = data[: draw(st.integers(0, len(data)))]
    return data
