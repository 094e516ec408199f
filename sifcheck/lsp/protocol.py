"""pygls fitted to our needs: no second copy of each text, and errors that are written down and end nothing."""

from __future__ import annotations

import os
import sys

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcMethodNotFound, PyglsError
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method


class Protocol(LanguageServerProtocol):
    """The protocol without a second copy of each text: Desk keeps them, with lines as the protocol ends them."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Hand an opened document over."""
        self.fm.features[types.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Hand changes over."""
        self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Hand over that a document was closed."""
        self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE](params)


class Server(LanguageServer):
    """A server that writes down what goes wrong and goes on."""

    def report_server_error(self, error: Exception, source: type[PyglsError | Exception]) -> None:  # noqa: ARG002
        """Write an error down; a request that failed has been answered with it already."""
        if not isinstance(error, JsonRpcMethodNotFound):
            write_down(self, error)


def write_down(server: LanguageServer, error: BaseException) -> None:
    """Tell the editor's log what went wrong and where, without the text of any document."""
    from traceback import extract_tb

    if isinstance(error, JsonRpcException):
        words = f"a message of the editor was not understood: {type(error).__name__}"
    else:
        places = [
            f"{os.path.basename(place.filename)}:{place.lineno}" for place in extract_tb(error.__traceback__)
        ]
        words = f"sifcheck itself failed: {type(error).__name__} ({' '.join(places[-4:])})"
    try:
        server.window_log_message(types.LogMessageParams(types.MessageType.Error, words))
    except Exception:  # noqa: BLE001 - the editor is gone
        print(words, file=sys.stderr)  # noqa: T201
