"""DEF901, DEF902: what must not be passed on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sifcheck.base.findings import Finding, Fix, Results
from sifcheck.report import render
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import downloads, secrets

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n"


def fix_of(finding: Finding) -> Fix:
    assert finding.fix is not None
    return finding.fix


def text_of(finding: Finding) -> str:
    assert finding.source is not None
    return finding.source.slice(finding.span)


# Put together here, so that no scanner takes them for real ones.
TOKENS = {
    "github": "ghp_" + "a1B2c3D4e5F6" * 3,
    "github fine": "github_pat_" + "11ABCDEFG0" * 5,
    "gitlab": "glpat-" + "x1Y2z3W4v5U6t7S8r9Q0",
    "aws": "AKIA" + "Z7Q2M4N6P8R1T3V5",
    "slack": "xoxb-" + "123456789012-abcdefGHIJKL",
    "google": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "hugging face": "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345",
    "npm": "npm_" + "a1B2c3D4e5F6" * 3,
    "openai": "sk-" + "proj-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6",
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w",
}


def secret(text: str, **settings: Any) -> list[Finding]:
    return check_text(text, secrets.secret_in_definition, **settings)


def in_post(line: str) -> list[Finding]:
    return secret(f"{HEAD}%post\n    {line}\n")


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
@pytest.mark.parametrize(
    "line", ["curl -H 'Authorization: Bearer {}' https://x.example.org", "# {}", "login {}"]
)
def test_known_tokens_anywhere(token: str, line: str) -> None:
    (finding,) = in_post(line.format(token))
    assert text_of(finding) == token
    assert (finding.severity, finding.confidence, finding.secret) == ("warning", "medium", True)
    assert token not in finding.message + finding.help


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "x" * 36,
        "hf_transfer",
        "task-" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6",
        "sk-learn",
        "risk-" + "a" * 40,
        "eyJ",
    ],
)
def test_what_only_begins_like_a_token(text: str) -> None:
    assert in_post(f"echo {text}") == []


def test_a_private_key() -> None:
    body = "MIIEowIBAAKCAQEA" * 4
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n{body}\n-----END RSA PRIVATE KEY-----"
    (finding,) = secret(f"{HEAD}%post\n    cat > /k <<'EOF'\n{key}\nEOF\n")
    assert text_of(finding) == key
    assert in_post("grep -q 'BEGIN RSA PRIVATE KEY-----' /k") == []


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("https://jane:s3cr3t-thing@git.example.org/a.git", "s3cr3t-thing"),
        ("postgres://app:Wq8rT2vL@db:5432/app", "Wq8rT2vL"),
        ("https://:onlypass99@example.org/", "onlypass99"),
        ("https://user:pass@example.org/", None),
        ("https://user:$PASS@example.org/", None),
        ("https://user:${PASS}@example.org/", None),
        ("https://user:{{ TOKENX }}@example.org/", None),
        ("https://oauth2:<token>@example.org/", None),
        ("ftp://anonymous:guest@ftp.example.org/", None),
        ("ssh://git@git.example.org:2222/a.git", None),
        ("http://example.org:8080/a@b", None),
    ],
)
def test_passwords_in_addresses(url: str, value: str | None) -> None:
    found = [f for f in in_post(f"git clone '{url}'") if "build variable" not in f.message]
    assert [text_of(f) for f in found] == ([value] if value else [])


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("export DB_PASSWORD=tulip4711", "tulip4711"),
        ("DB_PASSWORD='tulip 4711'", "tulip 4711"),
        ('password = "tulip4711"', "tulip4711"),
        ("WANDB_API_KEY=0a1b2c3d4e5f", "0a1b2c3d4e5f"),
        ("SECRET=abcdef", "abcdef"),
        ("MY_TOKEN_V2=abcdef", "abcdef"),
        ("SVN_PASSWD=piontek", "piontek"),
        ("DB_PASSWORD=", None),
        ("DB_PASSWORD=$1", None),
        ('DB_PASSWORD="$(cat /run/p)"', None),
        ("DB_PASSWORD=`cat p`", None),
        ("DB_PASSWORD={{ P }}", None),
        ("DB_PASSWORD=changeme", None),
        ("DB_PASSWORD=xxxx", None),
        ("DB_PASSWORD=example", None),
        ("DB_PASSWORD=<password>", None),
        ("DB_PASSWORD=your_password_here", None),
        ("DB_PASSWORD_FILE=pw", None),
        ("TOKEN_PATH=abc", None),
        ("SECRETS_DIR=abc", None),
        ("SECRET_DIR=abc", None),
        ("DB_PASSWORD=/run/secret", None),
        ("MAX_TOKEN=4096", None),
        ("ALLOW_EMPTY_PASSWORD=yes", None),
        ("USE_TOKEN=true", None),
        ("TOKENIZER=bert", None),
        ("SECRETARY=anna", None),
        ("pip install secret==1.0", None),
        ("export REGISTRY_AUTH_TOKEN_REALM=http://localhost/auth", None),
        ('[ "$TOKEN" = "abcdef" ]', None),
        ("jupyter lab --NotebookApp.token=''", None),
    ],
)
def test_values_given_as_text(line: str, value: str | None) -> None:
    assert [text_of(f) for f in in_post(line)] == ([value] if value else [])


def test_defaults_of_build_arguments_count() -> None:
    (finding,) = secret(f"{HEAD}%arguments\n    API_KEY=0a1b2c3d\n%post\n    true\n")
    assert text_of(finding) == "0a1b2c3d"


def test_build_variables_whose_value_is_a_secret() -> None:
    use = "{{ GIT_TOKEN }}"
    text = f"{HEAD}%arguments\n    GIT_TOKEN=none\n%post\n    a {use}\n    b {use}\n    # {use}\n"
    (finding,) = secret(text, args={"GIT_TOKEN": "abc123xyz"})
    assert not finding.secret
    assert "GIT_TOKEN" in finding.message
    assert secret(f"{HEAD}%post\n    a {{{{ TOKEN_FILE }}}} {{{{ tokens }}}}\n") == []


def test_a_registration_code() -> None:
    assert len(secret("Bootstrap: zypper\nRegcode: 7A3F99C1D2\n")) == 1
    assert secret("Bootstrap: zypper\nRegcode: {{ CODE }}\n") == []
    assert secret("Bootstrap: zypper\nRegcode:\n") == []


def test_a_secret_is_found_once() -> None:
    token = TOKENS["github"]
    assert len(in_post(f"export GH_TOKEN={token}")) == 1
    assert len(in_post(f"git clone https://x:{token}@github.com/a/b")) == 1


@pytest.mark.parametrize("format", ["full", "concise", "json"])
def test_no_report_shows_the_value(format: str) -> None:
    token = TOKENS["github"]
    text = f"{HEAD}%post\n    curl -k https://x:{token}@example.org/a.tar.gz -o a\n    echo {token}\n"
    rules = (secrets.secret_in_definition, downloads.tls_check_disabled, downloads.unverified_download)
    found = check_text(text, *rules)
    assert {f.code for f in found} == {"DEF901", "DEF905", "DEF907"}
    shown = render(Results(tuple(found), files=1), format)
    assert token not in shown
    assert token[4:20] not in shown
    if format == "full":
        assert "*" * len(token) in shown
    if format == "json":
        places = [one["location"]["start"] for one in json.loads(shown)["findings"]]
        assert places[0] == {"line": 4, "column": 10, "offset": len(HEAD) + 15}


# -- files


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("~/.ssh", True),
        ("/home/jane/.ssh/", True),
        (".ssh/id_rsa", True),
        ("keys/id_ed25519", True),
        ("keys/id_rsa.mpi", True),
        ("~/.netrc", True),
        ("~/.git-credentials", True),
        ("~/.aws", True),
        ("~/.aws/credentials", True),
        ("~/.docker/config.json", True),
        (".env", True),
        ("/etc/pki/entitlement", True),
        ("/etc/pki/entitlement/123-key.pem", True),
        ("/etc/rhsm", True),
        ("keys/id_rsa.pub", False),
        ("~/.ssh/known_hosts", False),
        ("~/.ssh/authorized_keys", False),
        (".env.example", False),
        ("environment", False),
        ("config.json", False),
        ("/etc/pki/ca-trust", False),
        ("{{ home }}/.ssh", False),
    ],
)
def test_files_that_hold_credentials(source: str, wrong: bool) -> None:
    found = check_text(f"{HEAD}%files\n    {source} /opt/x\n", secrets.credential_file_copied)
    assert bool(found) is wrong


@pytest.mark.parametrize(
    ("post", "silent"),
    [
        ("rm -rf /root/.ssh", True),
        ("rm -f /root/.ssh/id_rsa", True),
        ("rm /root/.ssh/*", True),
        ("shred -u /root/.ssh/id_rsa", True),
        ("rm -rf /root/.cache", False),
        ("mv /root/.ssh /opt", False),
    ],
)
def test_what_post_removes_is_gone(post: str, silent: bool) -> None:
    text = f"{HEAD}%files\n    id_rsa /root/.ssh/id_rsa\n%post\n    true\n    {post}\n"
    assert (check_text(text, secrets.credential_file_copied) == []) is silent


def test_a_stage_that_is_thrown_away_may_hold_keys() -> None:
    build = "Bootstrap: docker\nFrom: golang:1.22\nStage: build\n%files\n    id_rsa /root/.ssh/id_rsa\n\n"
    assert check_text(f"{build}{HEAD}%files from build\n    /a /a\n", secrets.credential_file_copied) == []
    again = f"{build}{HEAD}%files from build\n    /root/.ssh/id_rsa /k\n"
    assert len(check_text(again, secrets.credential_file_copied)) == 1


def test_the_file_is_removed_at_the_end_of_post() -> None:
    copied = f"{HEAD}%files\n    id_rsa /root/.ssh/\n"
    text = f"{copied}%post\n    git clone git@example.org:a.git\n    make\n\n%runscript\n    a\n"
    (finding,) = check_text(text, secrets.credential_file_copied)
    assert not fix_of(finding).safe
    fixed = apply_edits(text, fix_of(finding).edits)
    assert fixed == text.replace("    make\n", "    make\n    rm -rf /root/.ssh/id_rsa\n")
    assert check_text(fixed, secrets.credential_file_copied) == []
