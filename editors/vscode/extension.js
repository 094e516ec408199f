// Starts `sifcheck server` for definition files; all else is the language server's.
"use strict";

const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

const LANGUAGE = "apptainer-definition";

let client;

function makeClient() {
  const settings = vscode.workspace.getConfiguration("sifcheck");
  const run = {
    command: settings.get("path") || "sifcheck",
    args: ["server", ...settings.get("arguments", [])],
    transport: TransportKind.stdio,
  };
  const documentSelector = ["file", "untitled"].map((scheme) => ({ scheme, language: LANGUAGE }));
  return new LanguageClient("sifcheck", "sifcheck", { run, debug: run }, { documentSelector });
}

async function start() {
  client = makeClient();
  try {
    await client.start();
  } catch (error) {
    const advice = "Install it with `pip install 'sifcheck[lsp]'`, or name it in the setting `sifcheck.path`.";
    vscode.window.showErrorMessage(`sifcheck could not be started: ${error.message || error}. ${advice}`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running && running.needsStop()) {
    await running.stop();
  }
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("sifcheck.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("sifcheck")) {
        return restart();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
