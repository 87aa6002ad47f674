"""`tapegrad explain`: runs a program as `tapegrad run` does, and shows where the gradients of its passes come from."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tapegrad.cli.run import launch, parsed

DESCRIPTION = """\
Runs a program written for torch, and takes down its backward passes: for each operation the gradient that it gets, the
formula of its derivative with the numbers put in, and the line of the program. The program runs slower while it is
watched, and its results are the same. Without --output and --format the passes are printed when the program has ended.
"""

EXAMPLES = """\
examples:
  tapegrad explain train.py                          print the backward passes
  tapegrad explain --output page.html train.py       all of them in a page to click through
  tapegrad explain --backward 100 -o 100.svg train.py --epochs 5
                                                     a picture of the hundredth pass
"""

FORMATS = {"html": ".html", "svg": ".svg", "dot": ".dot", "json": ".json", "text": ".txt"}


def main(arguments: Sequence[str]) -> int:
    """Run the program and write what was found; returns the program's exit code, or 1 if there was nothing to show."""
    options, target, rest = parsed(_parser(), arguments)
    kind, path = _output(options, target)
    path = None if path is None else path.absolute()  # the program may change the folder

    from tapegrad.explain.capturing import Capture

    capture = Capture(options.backward)
    try:
        with capture:
            code = launch("explain", target, rest, as_module=options.module)
    except BaseException:
        _write(capture, kind, path, options.backward)
        raise
    if code and not capture.passes:  # the program could not be started
        return code
    return _write(capture, kind, path, options.backward) or code


def _output(options: argparse.Namespace, target: str) -> tuple[str, Path | None]:
    """The kind of output, and the file it goes to; None for standard output."""
    from tapegrad.explain.explanation import kind_of

    if options.output is None:
        kind = options.format or "text"
        return kind, None if kind == "text" else Path(Path(target).stem + FORMATS[kind])
    if options.format is not None:
        return options.format, options.output
    try:
        return kind_of(options.output), options.output
    except ValueError as error:
        _parser().error(f"--output: {error}; or say which by --format")


def _write(capture: Any, kind: str, path: Path | None, only: int | None) -> int:
    """Write what was captured, and say on standard error what that is."""
    if not capture.models:
        made = f"made {capture.passes} backward passes" if capture.passes else "made no backward pass"
        hint = f", so there is no number {only}" if only is not None else ": there is nothing to explain"
        print(f"tapegrad explain: the program {made}{hint}", file=sys.stderr)
        return 1
    text, shown = _shown(capture.models, kind)
    if path is None:
        print(text)
    else:
        from tapegrad.serialization.saving import replacing

        with replacing(path) as file:
            file.write(text.encode())
    where = "" if path is None else f" in {os.path.relpath(path)}"
    more = " (choose one with --backward N)" if shown < capture.passes and only is None else ""
    number = f"backward pass {only}" if only is not None else f"{shown} backward pass{'es' * (shown > 1)}"
    print(f"tapegrad explain: {number} of {capture.passes}{where}{more}", file=sys.stderr)
    return 0


def _shown(models: list[Any], kind: str) -> tuple[str, int]:
    """The text of an output, and how many passes are in it: a picture is of one."""
    from tapegrad.explain.explanation import Explanation

    first = Explanation(models[0])
    if kind in ("svg", "dot") or len(models) == 1:
        return first.written_as(kind), 1
    if kind == "text":
        return "\n\n".join(Explanation(model).text() for model in models), len(models)
    calls = {"version": models[0]["version"], "calls": models}
    if kind == "json":
        return json.dumps(calls, ensure_ascii=False), len(models)
    from tapegrad.explain.page import render

    return render(calls), len(models)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tapegrad explain",
        usage="tapegrad explain [--output FILE] [--format KIND] [--backward N] (FILE.py | FILE.ipynb | -m MODULE)"
        " [arguments of the program ...]",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="the file to write; its suffix says the kind")
    parser.add_argument("--format", choices=list(FORMATS), help="the kind of output")
    parser.add_argument("--backward", metavar="N", type=_positive, help="only the Nth backward pass, from 1")
    parser.add_argument("-m", dest="module", action="store_true", help="run a module, found as python -m finds it")
    parser.add_argument("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is no number of a pass: they are counted from 1")
    return number
