"""Variables that act as flags of the runtime: whether one is set, and to what.

Measured with Apptainer 1.4.5: APPTAINER_USERNS=1 is --userns; SINGULARITY_USERNS is read as well where the newer name is not
set; an empty one is as good as none, and a value that is no truth value ends every command ("unable to set flag").
"""

from __future__ import annotations

from sifcheck.base.facts import known
from sifcheck.host.snapshot import Host, Variable

__all__ = ["flag_state", "flag_variable", "is_on"]

# What Go's ParseBool takes.
_STATES = {
    **dict.fromkeys("1 t T TRUE true True".split(), True),
    **dict.fromkeys("0 f F FALSE false False".split(), False),
}


def flag_state(variable: Variable) -> bool | None:
    """Whether a variable switches its flag on or off; None for what the runtime takes for neither."""
    return _STATES.get(variable.value or "")


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
    return found.name if found is not None and flag_state(found) else None
