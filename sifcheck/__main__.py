"""`python -m sifcheck`: the same as the command `sifcheck`."""

from sifcheck.cli import run_and_leave

if __name__ == "__main__":
    run_and_leave()
