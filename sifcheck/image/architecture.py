"""Processors by name: those that an image says it is for, and those that programs in it are made for.

All names are the kernel's (`uname -m`), as a target's.
"""

from __future__ import annotations

SIF_CODES = {
    b"01": "i686",
    b"02": "x86_64",
    b"03": "arm",
    b"04": "aarch64",
    b"05": "ppc64",
    b"06": "ppc64le",
    b"07": "mips",
    b"08": "mipsel",
    b"09": "mips64",
    b"10": "mips64el",
    b"11": "s390x",
    b"12": "riscv64",
    b"13": "loongarch64",
}
"""The codes of the SIF format; 00 stands for one that is not known.  Source: arch.go of sylabs/sif and apptainer/sif."""

_GO_NAMES = {
    "386": "i686",
    "amd64": "x86_64",
    "arm64": "aarch64",
    "mipsle": "mipsel",
    "mips64le": "mips64el",
    "loong64": "loongarch64",
}

# Machine number of an ELF header: the name where numbers are stored little end first, and big end first.
_MACHINES = {
    3: ("i686", "i686"),
    8: ("mipsel", "mips"),
    20: ("ppc", "ppc"),
    21: ("ppc64le", "ppc64"),
    22: ("s390x", "s390x"),
    40: ("arm", "armeb"),
    62: ("x86_64", "x86_64"),
    183: ("aarch64", "aarch64_be"),
    243: ("riscv64", "riscv64"),
    258: ("loongarch64", "loongarch64"),
}

ELF_SIZE = 20
"""How many bytes of a program are looked at."""


def of_code(code: bytes) -> str | None:
    """The processor of a SIF code, None for 00 and for what is none."""
    return SIF_CODES.get(code.rstrip(b"\0"))


def of_go(name: str) -> str:
    """The kernel's name for what labels and registries call a processor, as amd64."""
    return _GO_NAMES.get(name, name)


def of_program(head: bytes) -> str | None:
    """The processor that a program or library is made for, None for what is no ELF file or for another machine.

    Of two machines that share a number the one of 64 bits is told by its class (RISC-V, MIPS).
    """
    if len(head) < ELF_SIZE or head[:4] != b"\x7fELF" or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    machine = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
    names = _MACHINES.get(machine)
    if names is None:
        return None
    name = names[head[5] - 1]
    wide = head[4] == 2
    if machine == 8 and wide:
        return name.replace("mips", "mips64")
    return "riscv32" if machine == 243 and not wide else name
