"""Runs the bench that is named, or lists them: every module beside this one with a function ``run``.

In a module's name an underscore stands for a hyphen.
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

from hubd.errors import MissingPartError

FOLDER = Path(__file__).parent


def benches() -> dict[str, str]:
    """Return the first line of each bench's docstring, by name."""
    found = {}
    for path in sorted(FOLDER.glob("[a-z]*.py")):
        tree = ast.parse(path.read_text())
        if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body):
            found[path.stem.replace("_", "-")] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def main(arguments: list[str]) -> int:
    """Return the exit code: 0, 1 if the bench could not be run, 2 if there is none of that name."""
    found = benches()
    if arguments and arguments[0] in found:
        module = importlib.import_module(f"scripts.benches.{arguments[0].replace('-', '_')}")
        try:
            return int(module.run(arguments[1:]))
        except MissingPartError as missing:
            print(missing, file=sys.stderr)
            return 1
    lost = bool(arguments) and arguments[0] not in {"-h", "--help"}
    where = sys.stderr if lost else sys.stdout
    print("usage: scripts/bench NAME [OPTIONS]", file=where)
    for name, purpose in found.items():
        print(f"  {name:12} {purpose}", file=where)
    return 2 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
