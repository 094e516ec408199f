"""A snapshot survives being saved, and what is no snapshot is refused with a word."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.base.records import fields_of, parts_of
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import VERSION, Host
from sifcheck.testing.healthy_host import healthy_host

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.text(
    st.characters(categories=["Cs", "Cc", "L"]), max_size=4
)
PLAIN = {
    str: TEXTS,
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63),
    float: st.floats(allow_nan=False, allow_infinity=False),
}


def values(kind):
    """All values that a field of that type can hold."""
    (main, *_), may_miss, may_be_unknown = parts_of(kind)
    if main in PLAIN:
        made = PLAIN[main]
    elif hasattr(main, "_fields"):
        made = st.builds(main, **{name: values(part) for name, part in fields_of(main).items()})
    else:
        made = st.lists(values(main.__args__[0]), max_size=2).map(tuple)
    if may_miss:
        made |= st.none()
    return made | st.builds(Unknown, TEXTS) if may_be_unknown else made


HOSTS = st.builds(
    Host,
    **{name: values(kind) for name, kind in fields_of(Host).items() if name != "version"},
    version=st.just(VERSION),
)


@given(HOSTS)
def test_any_snapshot_comes_back_as_it_was(host):
    saved = to_json(host)
    assert saved.isascii()
    assert from_json(saved) == host
    assert to_json(from_json(saved)) == saved


def test_types_come_back_too():
    host = healthy_host()._replace(leftovers=Unknown("timed out after 2 s"))
    back = from_json(to_json(host).encode())
    assert type(back.identity) is type(host.identity)
    assert type(back.namespaces.user) is Outcome
    assert type(back.leftovers) is Unknown


def changed(path, value):
    host = json.loads(to_json(healthy_host()))
    *way, last = path
    at = host
    for step in way:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return json.dumps(host)


def test_what_a_newer_release_adds_is_passed_over():
    assert from_json(changed(["identity", "shoe_size"], 44)) == healthy_host()
    assert from_json(changed(["weather"], {"rain": True})) == healthy_host()


def test_what_an_older_release_did_not_know_is_unknown():
    host = from_json(changed(["namespaces", "proc_mount"], ...))
    assert host.namespaces.proc_mount == Unknown("not in this snapshot")
    assert host.namespaces._replace(proc_mount=Outcome(True)) == healthy_host().namespaces


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "not JSON"),
        ("[" * 100000, "nested too deeply"),
        ("[]", "no `version`"),
        ("{}", "no `version`"),
        ('"x"', "no `version`"),
        (b"\xff\xfe\xfa", "UTF-8"),
        ('{"version": NaN}', "no number of JSON"),
        ('{"version": true}', "not the version"),
        ('{"version": 0}', "not the version"),
        ('{"version": 2}', "use a newer one"),
        ('{"version": 1}', "taken is missing"),
        (changed(["identity"], 5), "identity: 5 is not an object of facts"),
        (changed(["identity", "user_id"], "1001"), 'identity.user_id: "1001" is not a whole number'),
        (changed(["identity", "user_id"], True), "identity.user_id: true is not a whole number"),
        (changed(["identity", "umask"], None), "identity.umask: null is not a whole number"),
        (changed(["identity", "umask"], {"unknown": "x"}), "identity.umask: "),
        (changed(["storage", 1, "options"], "rw"), 'storage[1].options: "rw" is not a list'),
        (changed(["storage", 1, "options", 0], 1), "storage[1].options[0]: 1 is not a text"),
        (changed(["storage", 0, "path"], ...), "storage[0].path is missing"),
    ],
)
def test_what_is_no_snapshot_is_refused_with_a_word(text, word):
    with pytest.raises(ValueError, match=re.escape(word)) as error:
        from_json(text)
    assert str(error.value).isprintable()


@given(
    st.binary()
    | st.text()
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda one: (
            st.lists(one)
            | st.dictionaries(st.sampled_from(["version", "identity", "unknown", "storage"]), one)
        ),
    ).map(json.dumps)
)
def test_nothing_but_a_value_error_comes_of_bad_input(text):
    try:
        from_json(text)
    except ValueError:
        pass


def test_unknown_is_neither_true_nor_false():
    fact = Unknown("timed out after 2 s")
    with pytest.raises(TypeError, match="timed out after 2 s"):
        bool(fact)
    with pytest.raises(TypeError):
        _ = fact < 5
    assert known(fact) is None
    assert known(fact, True) is True
    assert known(None, 5) is None
    assert known(0, 5) == 0
