"""The file that `build --build-arg-file` names: NAME=VALUE, one a line."""

from __future__ import annotations

from sifcheck.base.source import decode

__all__ = ["arguments_in_file"]


def arguments_in_file(data: bytes) -> list[str]:
    """The build arguments in a file, each as `--build-arg` has it.

    Comments and what is no NAME=VALUE are passed over, blanks round name and value are taken off; what `--build-arg` gives
    goes before (Apptainer 1.4.5, measured).
    """
    found = []
    for line in decode(data).splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() and not name.lstrip().startswith("#"):
            found.append(f"{name.strip()}={value.strip()}")
    return found
