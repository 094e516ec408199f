"""Variables that act as flags of the runtime: whether one is set, and to what.

Measured with Apptainer 1.4.5: APPTAINER_USERNS=1 is --userns; SINGULARITY_USERNS is read as well where the newer name is not
set; an empty one is as good as none, and a value that is no truth value ends every command ("unable to set flag").
"""

from __future__ import annotations

from sifcheck.base.facts import known
from sifcheck.host.snapshot import Host, Variable

__all__ = ["flag_variable", "is_on"]


def flag_variable(host: Host, *stems: str) -> Variable | None:
    """The variable that sets one of the flags for the first runtime, as IGNORE_SUBUID; None where none does."""
    runtime = host.runtime
    family = known(runtime.family) if runtime is not None else None
    prefixes = ("APPTAINER", "SINGULARITY") if family == "apptainer" else ("SINGULARITY",)
    for stem in stems:
        for prefix in prefixes:
            found = host.variable(f"{prefix}_{stem}")
            if found is not None and found.value:
                return found
    return None


def is_on(host: Host, *stems: str) -> str | None:
    """The name of the variable that switches one of the flags on; None where none does."""
    found = flag_variable(host, *stems)
    return found.name if found is not None and found.flag else None
