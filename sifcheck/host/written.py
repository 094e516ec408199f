"""What a build may write: from a definition file Apptainer builds as root of a user namespace, whom modes do not hold up.

Such a build writes to folders of the user's own whatever their mode, and reads his files so: a folder of mode 0555 as
output and as temporary folder, a definition file of mode 000 (Apptainer 1.4.5, measured).
"""

from __future__ import annotations

from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.host.route import route
from sifcheck.host.snapshot import Host, Storage

__all__ = ["builds_in_namespace", "writable_in_build"]


def builds_in_namespace(host: Host) -> bool:
    """Whether a build from a definition file is made as root of a user namespace, all of it, as far as nothing says no."""
    if isinstance(host.runtimes, Unknown):
        return True
    apptainer = host.runtime is not None and known(host.runtime.family, "apptainer") == "apptainer"
    return apptainer and route(host).mode in ("subordinate", "single", "fakeroot-in-namespace", "unknown")


def writable_in_build(storage: Storage, host: Host, *, converts: bool) -> Outcome | Unknown:
    """Whether a build can write to a folder; one that only converts an image has no more rights than the user."""
    tried = storage.rehearsal.mkdir
    own = known(storage.owner_id, host.identity.user_id) == host.identity.user_id
    if converts or not own or not builds_in_namespace(host):
        return storage.writable
    return tried if isinstance(tried, Unknown) or tried else storage.writable
