"""The example pack is installed as a user's would be, and its rules run and prove themselves."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_example_pack(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    site = next((venv / "lib").glob("python*/site-packages"))
    # sifcheck and what it needs are those of this environment; the pack is installed into the new one.
    own = sysconfig.get_paths()["purelib"]
    (site / "parent.pth").write_text(f"import site; site.addsitedir({own!r})\n")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-build-isolation", "--target", site, ROOT / "examples" / "plugin"],
        check=True,
    )  # fmt: skip
    (tmp_path / "x.def").write_text(
        "Bootstrap: docker\nFrom: images.example.net/a:1\n%post\n    matlab -batch x\n"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [venv / "bin" / "python", "-m", *words], cwd=tmp_path, capture_output=True, text=True
        )

    assert "our-centre  sifcheck_our_centre 1.0.0  2 rules  OUR" in run("sifcheck", "plugins").stdout
    checked = run(
        "sifcheck", "check", "--no-shellcheck", "--output-format", "concise", "--select", "OUR", "x.def"
    )
    assert checked.returncode == 1
    assert "x.def:2:7: OUR001" in checked.stdout
    assert "x.def:4:5: OUR002" in checked.stdout
    tested = run("pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "examples" / "plugin" / "tests"))
    assert tested.returncode == 0, tested.stdout
