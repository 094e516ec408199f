"""`python -m sifcheck`: the same as the command `sifcheck`."""

from sifcheck.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
