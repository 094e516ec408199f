"""Whether registries can be reached from this machine, and how many pulls they allow it: what `doctor --online` asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.host.snapshot import RegistryAnswer
from sifcheck.registry import manifest as manifests
from sifcheck.registry.asking import RegistryAccess, in_threads
from sifcheck.registry.conversation import Conversation, RefusedError, pulls_left
from sifcheck.registry.http import AskError, RequestLimits

__all__ = ["probe_registries"]

# Docker Hub counts no pull for a HEAD request; this image is there to be asked about (its page on pull limits).
_COUNTED = {"docker.io": "ratelimitpreview/test"}
_ANY = "sifcheck/probe"


def probe_registries(
    registries: Iterable[str],
    access: RegistryAccess = RegistryAccess(),  # noqa: B008 - a value
) -> tuple[RegistryAnswer, ...]:
    """What each registry says when it is asked about an image, all at once; never raises.

    Any answer is one, be it that there is no such image.  Where nothing came in time nobody can tell why.
    """
    names = list(dict.fromkeys(registries))
    limits = RequestLimits(time.monotonic() + access.bound, access.seconds, access.plain)
    jobs = [_job(name, access, limits) for name in names]
    late = Unknown(f"no answer within {access.bound:g} s")
    said = in_threads(jobs, len(jobs), limits.until)
    return tuple(
        RegistryAnswer(name, late, late) if answer is None else answer
        for name, answer in zip(names, said, strict=True)
    )


def _job(name: str, access: RegistryAccess, limits: RequestLimits) -> Callable[[], RegistryAnswer]:
    def ask() -> RegistryAnswer:
        mirror = access.mirrors.of(name)
        asked = mirror.registry if mirror is not None else name
        talk = Conversation(asked, _COUNTED.get(asked, _ANY), access.logins.of(asked), limits)
        try:
            answer = talk.ask("manifests/latest", manifests.ACCEPT, method="HEAD")
        except RefusedError as no:
            limited = 0 if no.answer.why.startswith("429") else None
            return RegistryAnswer(name, Outcome(True), limited)
        except AskError as error:
            why = Unknown(str(error))
            return RegistryAnswer(name, why if error.silent else Outcome(False, str(error)), why)
        except Exception as error:  # noqa: BLE001 - whatever an answer makes of our code, it is one that was not learnt
            why = Unknown(f"its answer could not be read ({type(error).__name__})")
            return RegistryAnswer(name, why, why)
        return RegistryAnswer(name, Outcome(True), pulls_left(answer))

    return ask
