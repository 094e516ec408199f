"""An editor as the server sees one: pygls's own client, and the text as the editor holds it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 60.0
"""Seconds after which a test is taken to have failed; nothing is measured by it."""

UTF16 = types.PositionEncodingKind.Utf16


class Editor:
    """An editor with a server of its own, and what the server has told it."""

    def __init__(
        self,
        folder: Path,
        *words: str,
        encodings: list[types.PositionEncodingKind] | None = None,
        watches: bool = False,
        resolves: bool = True,
        environment: dict[str, str] | None = None,
        program: str = "",
    ) -> None:
        self.folder = folder
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.messages: list[str] = []
        self.logged: list[str] = []
        self.globs: list[Any] = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client = LanguageClient("editor", "1")
        self._listen()
        command = [sys.executable, *(["-c", program] if program else ["-m", "sifcheck", "server", *words])]
        kwargs: dict[str, Any] = {"cwd": str(folder)}
        if environment is not None:
            kwargs["env"] = environment
        self._wait(self._client.start_io(*command, **kwargs))
        self.said = self._ask(
            self._client.initialize_async,
            types.InitializeParams(capabilities=_capabilities(encodings, watches, resolves)),
        )
        self.encoding = self.said.capabilities.position_encoding or UTF16
        self._tell(self._client.initialized, types.InitializedParams())

    def _listen(self) -> None:
        @self._client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            with self._news:
                self.published.append(params)
                self._news.notify_all()

        @self._client.feature(types.WINDOW_SHOW_MESSAGE)
        def shown(params: types.ShowMessageParams) -> None:
            with self._news:
                self.messages.append(params.message)
                self._news.notify_all()

        @self._client.feature(types.WINDOW_LOG_MESSAGE)
        def logged(params: types.LogMessageParams) -> None:
            with self._news:
                self.logged.append(params.message)
                self._news.notify_all()

        @self._client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            with self._news:
                self.globs += [registration.register_options for registration in params.registrations]
                self._news.notify_all()

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def _ask(self, method: Any, params: Any) -> Any:
        async def asked() -> Any:
            return await method(params)

        return self._wait(asked())

    def _tell(self, method: Any, params: Any) -> None:
        async def told() -> None:
            method(params)

        self._wait(told())

    def until(self, holds: Any) -> Any:
        """Wait until something holds, and give it."""
        end = time.monotonic() + PATIENCE
        with self._news:
            while not (found := holds()):
                left = end - time.monotonic()
                assert left > 0, f"nothing came; said: {self.messages} {self.logged} {self.published[-2:]}"
                self._news.wait(left)
            return found

    def uri(self, name: str) -> str:
        """The address of a file of the folder."""
        return (self.folder / name).as_uri()

    def open(self, uri: str, text: str, language: str = "apptainer-definition") -> None:
        """Open a document."""
        self.texts[uri], self.versions[uri] = text, 1
        item = types.TextDocumentItem(uri, language, 1, text)
        self._tell(self._client.text_document_did_open, types.DidOpenTextDocumentParams(item))

    def type(self, uri: str, start: int, end: int, text: str) -> None:
        """Put a text in the place of the characters from `start` to `end`."""
        self.change(uri, [(start, end, text)])

    def change(self, uri: str, edits: list[tuple[int, int, str]]) -> None:
        """Make edits one after the other, and tell of all at once."""
        changes: list[types.TextDocumentContentChangeEvent] = []
        for start, end, text in edits:
            before = self.texts[uri]
            range_ = types.Range(self.position(before, start), self.position(before, end))
            changes.append(types.TextDocumentContentChangePartial(range_, text))
            self.texts[uri] = before[:start] + text + before[end:]
        self._changed(uri, changes)

    def replace(self, uri: str, text: str) -> None:
        """Send the whole text anew."""
        self.texts[uri] = text
        self._changed(uri, [types.TextDocumentContentChangeWholeDocument(text)])

    def _changed(self, uri: str, changes: list[types.TextDocumentContentChangeEvent]) -> None:
        self.versions[uri] += 1
        this = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self._tell(self._client.text_document_did_change, types.DidChangeTextDocumentParams(this, changes))

    def save(self, uri: str) -> None:
        """Tell that a document was saved."""
        this = types.TextDocumentIdentifier(uri)
        self._tell(self._client.text_document_did_save, types.DidSaveTextDocumentParams(this))

    def close(self, uri: str) -> None:
        """Close a document."""
        this = types.TextDocumentIdentifier(uri)
        self._tell(self._client.text_document_did_close, types.DidCloseTextDocumentParams(this))

    def files_changed(self, *uris: str) -> None:
        """Tell that files on the disk have changed."""
        events = [types.FileEvent(uri, types.FileChangeType.Changed) for uri in uris]
        params = types.DidChangeWatchedFilesParams(events)
        self._tell(self._client.workspace_did_change_watched_files, params)

    def diagnostics(self, uri: str, holds: Any = lambda _: True) -> list[types.Diagnostic]:
        """The diagnostics of a document as it is now; the first ones for which something holds."""

        def now() -> types.PublishDiagnosticsParams | None:
            for params in reversed(self.published):
                if params.uri == uri:
                    right = params.version == self.versions[uri] and holds(list(params.diagnostics))
                    return params if right else None
            return None

        return list(self.until(now).diagnostics)

    def actions(self, uri: str, range_: types.Range, only: list[str] | None = None) -> list[types.CodeAction]:
        """What is offered at a range."""
        context = types.CodeActionContext([], only=only)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), range_, context)
        return list(self._ask(self._client.text_document_code_action_async, params) or [])

    def resolve(self, action: types.CodeAction) -> types.CodeAction:
        """Ask for the edit of an action."""
        return self._ask(self._client.code_action_resolve_async, action)

    def hover(self, uri: str, offset: int) -> str:
        """The text shown at a character; "" for none."""
        place = self.position(self.texts[uri], offset)
        params = types.HoverParams(types.TextDocumentIdentifier(uri), place)
        said = self._ask(self._client.text_document_hover_async, params)
        return "" if said is None else said.contents.value

    def completion(self, uri: str, offset: int) -> list[types.CompletionItem]:
        """What can be written at a character."""
        place = self.position(self.texts[uri], offset)
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), place)
        return list(self._ask(self._client.text_document_completion_async, params))

    def symbols(self, uri: str) -> list[types.DocumentSymbol]:
        """The outline."""
        params = types.DocumentSymbolParams(types.TextDocumentIdentifier(uri))
        return list(self._ask(self._client.text_document_document_symbol_async, params))

    def applied(self, uri: str, edits: list[types.TextEdit]) -> str:
        """The text of a document with edits made, which do not overlap."""
        text = self.texts[uri]
        places = [
            (self.offset(text, e.range.start), self.offset(text, e.range.end), e.new_text) for e in edits
        ]
        for start, end, new in sorted(places, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def width(self, text: str) -> int:
        """How many units a text takes."""
        if self.encoding == types.PositionEncodingKind.Utf8:
            return len(text.encode())
        if self.encoding == types.PositionEncodingKind.Utf32:
            return len(text)
        return len(text.encode("utf-16-le")) // 2

    def position(self, text: str, offset: int) -> types.Position:
        """Where a character of a text stands, counted the slow way."""
        lines = lines_of(text[:offset])
        # Between CR and LF there is no place of its own.
        if text[offset - 1 : offset + 1] == "\r\n":
            lines = lines_of(text[: offset - 1])
        return types.Position(len(lines) - 1, self.width(lines[-1]))

    def offset(self, text: str, position: types.Position) -> int:
        """The character at a place of a text."""
        before = sum(len(line) + len(end) for line, end in with_ends(text)[: position.line])
        column = 0
        for character in lines_of(text)[position.line]:
            if column >= position.character:
                break
            column += self.width(character)
            before += 1
        return before

    def ask(self, method: str, params: Any) -> Any:
        """Send any request."""

        async def asked() -> Any:
            return await self._client.protocol.send_request_async(method, params)

        return self._wait(asked())

    def send(self, method: str, params: Any, **more: Any) -> None:
        """Send a message as it is, and wait for no answer."""
        import json

        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        server = self._client._server
        assert server is not None
        assert server.stdin is not None
        self._tell(server.stdin.write, b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def leave(self) -> int:
        """Say goodbye; gives the exit code of the server."""
        self._ask(self._client.shutdown_async, None)
        self._tell(self._client.exit, None)
        server = self._client._server
        assert server is not None
        code = int(self._wait(server.wait()))
        self._wait(asyncio.wait(self._client._async_tasks))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for task in self._client._async_tasks:
            task.exception()
        self._loop.close()
        return code

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        assert self._client._server is not None
        return int(self._client._server.pid)


def with_ends(text: str) -> list[tuple[str, str]]:
    """The lines of a text and what ends each, as the protocol has it."""
    lines, line, at = [], "", 0
    while at < len(text):
        end = "\r\n" if text[at : at + 2] == "\r\n" else text[at] if text[at] in "\r\n" else ""
        if end:
            lines.append((line, end))
            line = ""
        else:
            line += text[at]
        at += len(end) or 1
    return [*lines, (line, "")]


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends."""
    return [line for line, _ in with_ends(text)]


def _capabilities(
    encodings: list[types.PositionEncodingKind] | None, watches: bool, resolves: bool
) -> types.ClientCapabilities:
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=encodings),
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                dynamic_registration=watches
            ),
        ),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=True,
                tag_support=types.ClientDiagnosticsTagOptions(list(types.DiagnosticTag)),
            ),
            code_action=types.CodeActionClientCapabilities(
                resolve_support=types.ClientCodeActionResolveOptions(["edit"]) if resolves else None
            ),
        ),
    )
