"""React as a browser runs it without a build step: its modules in one script, behind a small `require`."""

import json
from pathlib import Path

MODULES = {
    "react": "react/cjs/react.development.js",
    "scheduler": "scheduler/cjs/scheduler.development.js",
    "react-dom": "react-dom/cjs/react-dom.development.js",
    "react-dom/client": "react-dom/cjs/react-dom-client.development.js",
}

LOADER = """
const process = { env: { NODE_ENV: 'development' } };
const loaded = {};
const require = (name) => {
  if (!loaded[name]) {
    const module = loaded[name] = { exports: {} };
    modules[name](module, module.exports, require, process);
  }
  return loaded[name].exports;
};
window.React = require('react');
window.ReactDOM = require('react-dom/client');
"""


def react(node_modules: Path) -> str | None:
    """A script that sets `React` and `ReactDOM` (the client), None where React is not installed."""
    if not (node_modules / "react").is_dir():
        return None
    bodies = {name: (node_modules / path).read_text("utf-8") for name, path in MODULES.items()}
    parts = ",\n".join(
        f"{json.dumps(name)}: (module, exports, require, process) => {{ {body}\n}}"
        for name, body in bodies.items()
    )
    return f"(() => {{ const modules = {{ {parts} }};\n{LOADER} }})();"
