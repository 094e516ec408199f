"""Asks registries what base images are: all references of a call at once, each once, bounded in time; never raises."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.model import Definition
from sifcheck.registry import manifest as manifests
from sifcheck.registry.conversation import Conversation, RefusedError
from sifcheck.registry.credentials import Logins
from sifcheck.registry.http import Answer, AskError, RequestLimits
from sifcheck.registry.mirrors import Mirrors
from sifcheck.registry.model import BaseImage, ImageLayer, Manifest, Refused, Registry, Unknown, address

__all__ = ["RegistryAccess", "Wanted", "addresses_in", "ask_registries", "in_threads"]

Wanted = Literal["digest", "image", "sizes"]
"""How much is asked: what a tag stands for; for which processors too, and the labels; and how large layers are unpacked."""

MOST_AT_ONCE = 8
MOST_LAYERS_AT_ONCE = 6
MOST_LAYERS = 256
MOST_REFERENCES = 200
MOST_TAGS = 3

# The forms that a registry takes (distribution specification); no other text is put into an address.
_ADDRESS = pattern(
    r"(?P<registry>[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:]+\](?::\d{1,5})?)/"
    r"(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})|@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))"
)

Done = TypeVar("Done")


class RegistryAccess(NamedTuple):
    """How registries are asked: seconds for a request and for all; `plain`: an answer without encryption will do."""

    logins: Logins = Logins()
    seconds: float = 3.0
    bound: float = 10.0
    plain: bool = False
    mirrors: Mirrors = Mirrors()


def addresses_in(definitions: Iterable[Definition]) -> list[str]:
    """The images of container registries that the stages of definition files start from, each once."""
    found = (address(stage) for definition in definitions for stage in definition.stages)
    return list(dict.fromkeys(at for at in found if at is not None))


def ask_registries(
    addresses: Iterable[str],
    architecture: str | None = None,
    wanted: Wanted = "image",
    access: RegistryAccess = RegistryAccess(),  # noqa: B008 - a value
) -> Registry:
    """What registries say of images, by address as `sifcheck.registry.model.address` writes it.

    `architecture` (the kernel's name) is what is built for, None for this machine.  Every failure is an Unknown that says
    why, a `Refused` where the registry answered that there is no such base.
    """
    distinct = list(dict.fromkeys(addresses))
    limits = RequestLimits(time.monotonic() + access.bound, access.seconds, access.plain)
    asked = distinct[:MOST_REFERENCES]
    jobs = [_job(_Question(at, architecture, wanted), access, limits) for at in asked]
    said = in_threads(jobs, MOST_AT_ONCE, limits.until)
    late = Unknown(f"no answer within {access.bound:g} s")
    answers = {at: late if answer is None else answer for at, answer in zip(asked, said, strict=True)}
    for at in distinct[MOST_REFERENCES:]:
        answers[at] = Unknown(f"not asked: more than {MOST_REFERENCES} images")
    return Registry(answers)


def in_threads(jobs: Sequence[Callable[[], Done]], most: int, until: float) -> list[Done | None]:
    """The results of jobs that raise nothing, so many at a time; None for what is not done at the time `until`.

    The threads are left behind then, and do not keep the program from ending.
    """
    results: list[Done | None] = [None] * len(jobs)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(jobs)):
        waiting.put(number)

    def work() -> None:
        while time.monotonic() < until:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            results[number] = jobs[number]()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(most, len(jobs)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return list(results)


class _Question(NamedTuple):
    """One image, and what is asked about it."""

    at: str
    architecture: str | None
    wanted: Wanted


def _job(
    question: _Question, access: RegistryAccess, limits: RequestLimits
) -> Callable[[], BaseImage | Unknown]:
    def ask() -> BaseImage | Unknown:
        try:
            return _ask(question, access, limits)
        except RefusedError as no:
            return no.answer
        except AskError as error:
            return Unknown(str(error))
        except Exception as error:  # noqa: BLE001 - whatever an answer makes of our code, it is one that was not learnt
            return Unknown(f"its answer could not be read ({type(error).__name__})")

    return ask


def _ask(question: _Question, access: RegistryAccess, limits: RequestLimits) -> BaseImage | Unknown:
    parts = _ADDRESS.fullmatch(question.at)
    if parts is None:
        return Unknown("no address that a registry understands")
    registry, repository = parts["registry"], parts["repository"]
    mirror = access.mirrors.of(registry)
    if mirror is not None:
        registry, repository = mirror.registry, mirror.repository(repository)
    login, left_out = access.logins.of(registry), access.logins.left_out(registry)
    talk = Conversation(registry, repository, login, limits, left_out)
    try:
        return _ask_registry(question, parts["tag"], parts["digest"], talk)
    except (RefusedError, AskError) as error:
        if mirror is None:
            raise
        # Which runtimes ask a mirror is not known of all, so that its no is none of the registry.
        return Unknown(f"{registry}, which stands for it here: {error}")


def _ask_registry(
    question: _Question, tag: str | None, digest: str | None, talk: Conversation
) -> BaseImage | Unknown:
    at = f"manifests/{digest or tag}"
    try:
        if question.wanted == "digest":
            answer = talk.ask(at, manifests.ACCEPT, method="HEAD")
            told, kind = answer.headers.get("docker-content-digest", ""), manifests.kind_of(answer)
            if manifests.is_digest(told) and kind:
                return BaseImage(question.at, told, kind == "list", (), question.architecture, _NOT_ASKED)
        answer = talk.ask(at, manifests.ACCEPT)
    except RefusedError as no:
        raise RefusedError(_with_near_tags(no.answer, talk, tag)) from None
    return _base(question, answer, digest, talk)


_NOT_ASKED = Unknown("not asked")


def _with_near_tags(answer: Unknown, talk: Conversation, tag: str | None) -> Unknown:
    if not isinstance(answer, Refused) or answer.kind != "missing" or tag is None:
        return answer
    from sifcheck.base.text import nearest_words

    try:
        there = manifests.tags_in(talk.ask("tags/list?n=1000").body)
    except (AskError, RefusedError):
        return answer
    return Refused(answer.why, answer.kind, nearest_words(tag, there, MOST_TAGS, 0.5))


def _base(question: _Question, answer: Answer, digest: str | None, talk: Conversation) -> BaseImage | Unknown:
    """What a manifest or a list of them is, with the manifest of one processor read."""
    digest = _checked(answer.body, digest)
    read = manifests.read(answer.body)
    refused = manifests.refusal(read)
    if refused is not None:
        return refused
    base = BaseImage(question.at, digest, manifests.is_list(read), (), question.architecture, _NOT_ASKED)
    if question.wanted == "digest":
        return base
    if not base.is_list:
        found = _with_configuration(manifests.manifest(read, digest), read, talk)
        own = found.architecture
        return base._replace(
            architectures=(own,) if own else (), manifest=_with_sizes(found, question.wanted, talk)
        )
    children = manifests.children(read)
    chosen = manifests.choose(children, question.architecture, os.uname().machine)
    return base._replace(
        architectures=tuple(dict.fromkeys(child.architecture for child in children)),
        manifest=_child(chosen, question.wanted, talk) if isinstance(chosen, manifests.Child) else chosen,
    )


def _child(child: manifests.Child, wanted: Wanted, talk: Conversation) -> Manifest | Unknown:
    try:
        answer = talk.ask(f"manifests/{child.digest}", manifests.ACCEPT)
        _checked(answer.body, child.digest)
    except RefusedError as no:
        return Unknown(f"the manifest for {child.architecture}: {no.answer.why}")
    except AskError as error:
        return Unknown(f"the manifest for {child.architecture}: {error}")
    read = manifests.read(answer.body)
    refused = manifests.refusal(read)
    if refused is not None:
        return refused
    if manifests.is_list(read):
        return Unknown("a list within a list")
    manifest = _with_configuration(manifests.manifest(read, child.digest), read, talk)
    return _with_sizes(manifest._replace(architecture=child.architecture), wanted, talk)


def _with_configuration(manifest: Manifest, read: Mapping[str, Any], talk: Conversation) -> Manifest:
    digest = manifests.configuration_digest(read)
    if digest is None:
        return manifest
    try:
        answer = talk.ask(f"blobs/{digest}")
        _checked(answer.body, digest)
    except RefusedError as no:
        why = Unknown(no.answer.why)
        return manifest._replace(labels=why, environment=why)
    except AskError as error:
        why = Unknown(str(error))
        return manifest._replace(labels=why, environment=why)
    return manifests.with_configuration(manifest, answer.body)


def _with_sizes(manifest: Manifest, wanted: Wanted, talk: Conversation) -> Manifest:
    """The manifest with the unpacked size of each layer, from the few bytes of it that tell."""
    if wanted != "sizes":
        return manifest
    distinct = list(dict.fromkeys(manifest.layers))
    asked = distinct[:MOST_LAYERS]
    jobs = [_layer_job(layer, talk) for layer in asked]
    said = in_threads(jobs, MOST_LAYERS_AT_ONCE, talk.limits.until)
    late = Unknown("not learnt in time")
    sizes = {layer: late if size is None else size for layer, size in zip(asked, said, strict=True)}
    many = Unknown(f"more than {MOST_LAYERS} layers")
    return manifest._replace(
        layers=tuple(layer._replace(unpacked=sizes.get(layer, many)) for layer in manifest.layers)
    )


def _layer_job(layer: ImageLayer, talk: Conversation) -> Callable[[], int | Unknown]:
    def ask() -> int | Unknown:
        part = manifests.telling_part(layer)
        if isinstance(part, (int, Unknown)):
            return part
        try:
            answer = talk.ask(f"blobs/{layer.digest}", part=part)
        except RefusedError as no:
            return Unknown(no.answer.why)
        except AskError as error:
            return Unknown(str(error))
        if answer.status != 206:
            return Unknown("the registry hands out no parts of a layer")
        return manifests.unpacked(layer, answer.body[: part[1] - part[0] + 1])

    return ask


def _checked(content: bytes, digest: str | None) -> str:
    """The digest of what came; raises AskError where it is not the one that was asked for."""
    algorithm = digest.partition(":")[0] if digest else "sha256"
    made = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    if digest is not None and made != digest:
        raise AskError("what came is not what was asked for: its digest is another")
    return made
