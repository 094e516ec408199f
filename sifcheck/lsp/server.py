"""Wires the protocol to what answers it: which documents are open, when they are checked, what is asked about them.

Our own rules run as the text changes, with a rest between two checks in which more of what was typed is read; ShellCheck
is asked when nothing was typed for a moment, or on saving, and an answer about an older text is dropped.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from sifcheck import __version__
from sifcheck.definition.model import Definition
from sifcheck.lsp.checking import Checked, check, with_answers, with_moved
from sifcheck.lsp.code_actions import KINDS, code_actions, with_all_fixes
from sifcheck.lsp.completion import TRIGGERS, completion
from sifcheck.lsp.diagnostics import Client, client_of, diagnostic
from sifcheck.lsp.documents import Document
from sifcheck.lsp.hover import hover
from sifcheck.lsp.positions import Units, units_of
from sifcheck.lsp.protocol import Protocol, Server, write_down
from sifcheck.lsp.rulebook import Rulebook, WrongSettingsError
from sifcheck.lsp.symbols import symbols

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future, ThreadPoolExecutor

    from sifcheck.lint.shellchecking import Answers

PAUSE = 0.6
"""Seconds without a change after which ShellCheck is asked."""

REST = 0.03
"""Seconds, at most, that a check leaves for reading what was typed meanwhile before the next one begins."""

LOOK = 5.0
"""Seconds between two looks at the configuration files while somebody types, where the editor does not watch them."""

_WATCHED = ("**/*.toml",)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Leave garbage until what was found is on its way to the editor: looking for it took a fifth of a check."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Desk:
    """The open documents, and what is under way for them."""

    def __init__(self, server: LanguageServer, rulebook: Rulebook) -> None:
        self.server = server
        self.rulebook = rulebook
        self.client = Client()
        self.documents: dict[str, Document] = {}
        self.watched = False
        self._checks: dict[str, asyncio.TimerHandle] = {}
        self._pauses: dict[str, asyncio.TimerHandle] = {}
        self._asked: dict[Future[None], Answers] = {}
        self._worker: ThreadPoolExecutor | None = None
        self._busy_until = 0.0
        self._looked = 0.0
        self._told = ""

    # Documents come, change and go.

    def open(self, item: types.TextDocumentItem) -> None:
        """A document was opened: it is checked, and ShellCheck asked."""
        self.documents[item.uri] = Document(item, self.client.units)
        self.look_at_settings()
        self._plan(item.uri, PAUSE / 3)

    def change(self, params: types.DidChangeTextDocumentParams) -> None:
        """A document was changed: its check is planned."""
        document = self.documents.get(params.text_document.uri)
        if document is not None:
            document.change(params.content_changes, params.text_document.version, self.client.units)
            if not self.watched and time.monotonic() > self._looked + LOOK:
                self.look_at_settings()
            self._plan(document.uri, PAUSE)

    def saved(self, uri: str) -> None:
        """A document was saved: ShellCheck is asked at once.  A configuration file is a document like any other."""
        self.look_at_settings()
        if uri in self.documents:
            self._plan(uri, 0.0)

    def close(self, uri: str) -> None:
        """A document was closed: nothing is known about it any more, and the editor shows nothing."""
        for waiting in (self._checks, self._pauses):
            handle = waiting.pop(uri, None)
            if handle is not None:
                handle.cancel()
        if self.documents.pop(uri, None) is not None:
            self.publish(uri, [], None)

    def look_at_settings(self, *, changed: bool = False) -> None:
        """Check all documents anew where a configuration file is another one than when it was read."""
        self._looked = time.monotonic()
        if changed:
            self.rulebook.forget()
        if changed or self.rulebook.has_changed():
            self._told = ""
            for document in self.documents.values():
                document.checked = None
                self._plan(document.uri, PAUSE / 3)

    # What is found, and when it is looked for.

    def checked(self, uri: str) -> tuple[Document, Checked] | None:
        """A document and what is found in its text as it is now; None for one that is none of ours."""
        document = self.documents.get(uri)
        if document is None:
            return None
        if uri in self._checks or document.checked is None:
            self._check(uri)
        return None if document.checked is None else (document, document.checked)

    def publish(self, uri: str, diagnostics: list[types.Diagnostic], version: int | None) -> None:
        """Send all diagnostics of a document."""
        self.server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, diagnostics, version=version)
        )

    def _plan(self, uri: str, pause: float) -> None:
        """Plan the check of a document, and the question to ShellCheck when so many seconds have passed."""
        if uri not in self._checks:
            delay = max(0.0, self._busy_until - time.monotonic())
            self._checks[uri] = self._later(delay, self._check, uri)
        waiting = self._pauses.pop(uri, None)
        if waiting is not None:
            waiting.cancel()
        self._pauses[uri] = self._later(pause, self._ask, uri)

    def _check(self, uri: str) -> None:
        """Check a document with our own rules, and publish."""
        handle = self._checks.pop(uri, None)
        if handle is not None:
            handle.cancel()
        document = self.documents.get(uri)
        if document is None:
            return
        began = time.monotonic()
        with _no_collecting():
            self._check_now(document)
        ended = time.monotonic()
        self._busy_until = ended + min(ended - began, REST)

    def _check_now(self, document: Document) -> None:
        earlier, document.checked = document.checked, None
        kind = document.kind()
        try:
            how = self.rulebook.for_file(document.path, kind) if kind is not None else None
        except WrongSettingsError as error:
            how = None
            self._tell(str(error))
        if how is not None:
            found = check(document.source, how)
            document.checked = found if found.whole or earlier is None else with_moved(found, earlier)
        self._show(document)

    def _ask(self, uri: str) -> None:
        """Ask ShellCheck about a document; a thread waits for it."""
        self._pauses.pop(uri, None)
        found = self.checked(uri)
        if found is None or found[1].whole:
            return
        document, checked = found
        shellcheck = checked.how.checker.shellcheck
        if shellcheck is None or (checked.how.checker.kind == "definition" and not document.source.data):
            return
        answers = shellcheck.ask([checked.read])
        future = self._thread().submit(answers.wait)
        self._asked[future] = answers
        loop, counter = self._loop(), document.counter

        def come(done: Future[None]) -> None:
            loop.call_soon_threadsafe(self._guarded, self._take, done, uri, counter)

        future.add_done_callback(come)

    def _take(self, done: Future[None], uri: str, counter: int) -> None:
        """Take over what ShellCheck has said, if the document is still what it was asked about."""
        answers = self._asked.pop(done)
        said = answers.by_file()
        self._tell_of_failure(answers.failure)
        document = self.documents.get(uri)
        if document is None or document.counter != counter or document.checked is None:
            return
        document.checked = with_answers(document.checked, said.get(id(document.checked.read.source), ()))
        self._show(document)

    def _show(self, document: Document) -> None:
        shown = document.checked.shown if document.checked is not None else ()
        diagnostics = [
            diagnostic(finding, document.places, document.uri, self.rulebook.registry, self.client)
            for finding in shown
        ]
        self.publish(document.uri, diagnostics, document.version)

    def _tell(self, words: str) -> None:
        """Tell the user once what keeps everything from being checked."""
        if words != self._told:
            self._told = words
            message = f"sifcheck checks nothing here: {words}"
            self.server.window_show_message(types.ShowMessageParams(types.MessageType.Error, message))

    def _tell_of_failure(self, why: str | None) -> None:
        """Write down once why ShellCheck says nothing any more."""
        if why is not None and why != self._told:
            self._told = why
            message = f"ShellCheck was left out: it failed: {why}"
            self.server.window_log_message(types.LogMessageParams(types.MessageType.Warning, message))

    # The clockwork.

    def _later(self, seconds: float, what: Callable[[str], None], uri: str) -> asyncio.TimerHandle:
        return self._loop().call_later(seconds, self._guarded, what, uri)

    def _guarded(self, what: Callable[..., None], *arguments: Any) -> None:
        """Do something; what goes wrong is written down and ends nothing."""
        try:
            what(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the editor must not be left without a server
            write_down(self.server, error)

    def _loop(self) -> asyncio.AbstractEventLoop:
        import asyncio

        return asyncio.get_running_loop()

    def _thread(self) -> ThreadPoolExecutor:
        if self._worker is None:
            from concurrent.futures import ThreadPoolExecutor

            self._worker = ThreadPoolExecutor(1, "shellcheck")
        return self._worker

    def leave(self) -> None:
        """Wait for what ShellCheck has in hand, so that nothing of it is left lying about."""
        if self._worker is not None:
            self._worker.shutdown()
        for answers in self._asked.values():
            answers.by_file()
        self._asked.clear()


def make_server(rulebook: Rulebook) -> tuple[LanguageServer, Desk]:
    """A server that answers for the documents it is told about."""
    server = Server("sifcheck", __version__, protocol_cls=Protocol, max_workers=2)
    desk = Desk(server, rulebook)
    _follow_documents(server, desk)
    _follow_settings(server, desk)
    _answer(server, desk)
    return server, desk


def serve(rulebook: Rulebook, incoming: BinaryIO, outgoing: BinaryIO) -> int:
    """Talk to one editor until it leaves.  0 where it said goodbye, 1 where it was gone without, as the protocol has it."""
    import logging

    # Words about the protocol are of no use to whoever writes a definition file.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    server, desk = make_server(rulebook)
    said_goodbye = False

    @server.feature(types.SHUTDOWN)
    def shutdown(_: None) -> None:
        nonlocal said_goodbye
        said_goodbye = True

    server.start_io(incoming, outgoing)
    desk.leave()
    return 0 if said_goodbye else 1


def _follow_documents(server: LanguageServer, desk: Desk) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        desk.open(params.text_document)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        desk.change(params)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        desk.saved(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        desk.close(params.text_document.uri)


def _follow_settings(server: LanguageServer, desk: Desk) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        units: Units = units_of(server.workspace.position_encoding)
        desk.client = client_of(params.capabilities, units)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        workspace = server.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(glob) for glob in _WATCHED]
        )
        asked = types.Registration("settings", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await server.client_register_capability_async(types.RegistrationParams([asked]))
        desk.watched = True

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(_: types.DidChangeWatchedFilesParams) -> None:
        desk.look_at_settings(changed=True)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(_: types.DidChangeConfigurationParams) -> None:
        desk.look_at_settings(changed=True)


def _answer(server: LanguageServer, desk: Desk) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True),
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        found = desk.checked(params.text_document.uri)
        if found is None:
            return []
        return code_actions(*found, params, desk.rulebook.registry, desk.client)

    @server.feature(types.CODE_ACTION_RESOLVE)
    def resolve(action: types.CodeAction) -> types.CodeAction:
        data = action.data if isinstance(action.data, dict) else {}
        found = desk.checked(str(data.get("uri", "")))
        # Of a text that has changed meanwhile other things may be fixed: the action does nothing then.
        if found is None or found[0].version != data.get("version"):
            return action
        return with_all_fixes(action, *found, desk.client)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        found = desk.checked(params.text_document.uri)
        if found is None:
            return None
        document, checked = found
        offset = document.places.offset(params.position)
        return hover(checked, offset, document.places, desk.rulebook.registry)

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=list(TRIGGERS))
    )
    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        found = desk.checked(params.text_document.uri)
        if found is None:
            return []
        document, checked = found
        offset = document.places.offset(params.position)
        return completion(checked, offset, document.places, desk.rulebook.registry)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        found = desk.checked(params.text_document.uri)
        if found is None or not isinstance(found[1].read, Definition):
            return []
        return symbols(found[1].read, found[0].places)
