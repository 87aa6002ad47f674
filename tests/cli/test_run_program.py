"""`tapegrad run` of scripts and modules: as plain python, but for what `import torch` gives."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Run

# Programs that use no torch, by name: each must do under `tapegrad run` exactly what it does under python.
PROGRAMS = {
    "arguments and the script's folder": """
        import sys
        print(sys.argv, sys.path[0], __name__, __file__)
        """,
    "the main module": """
        '''A docstring.'''
        import __main__, sys
        x: int = 1
        print(__main__ is sys.modules["__main__"], __main__.x, __doc__, __package__, __cached__)
        print(__spec__ and __spec__.name)
        print(sorted(vars(__main__)), __annotations__, type(__builtins__), type(__loader__).__name__)
        """,
    "a main guard and a pickled class of the script": """
        import pickle
        class Point:
            def __init__(self, x): self.x = x
        if __name__ == "__main__":
            print(pickle.loads(pickle.dumps(Point(3))).x)
        """,
    "standard input": """
        import sys
        print(input(), sys.stdin.read())
        """,
    "an exit code": "raise SystemExit(7)",
    "an exit without a code": "import sys; sys.exit()",
    "an exit with a message": "import sys; sys.exit('stopped')",
    "an exit that nothing can stop": "import os; os._exit(9)",
    "an exception": """
        def divide(a, b):
            return a / b
        divide(1, 0)
        """,
    "an exception with a cause and one with a context": """
        def f():
            try:
                {}["a"]
            except KeyError as error:
                raise ValueError("bad") from error
        try:
            f()
        finally:
            len(3)
        """,
    "an exception group": "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "an exception with a note": """
        error = ValueError("x")
        error.add_note("look here")
        raise error
        """,
    "a similar name": "prnt = 1; pritn('x')",
    "a syntax error": "x = 1\nx = = 2\n",
    "an indentation error": "if True:\nx = 1\n",
    "an encoding": "# -*- coding: latin-1 -*-\nprint('\\xe9')\n",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "an excepthook of its own": """
        import sys, traceback
        def hook(kind, error, tb):
            print(kind, error, tb is error.__traceback__, [frame.name for frame in traceback.extract_tb(tb)])
        sys.excepthook = hook
        def f(): 1 / 0
        f()
        """,
    "what exit handlers see of the exception": """
        import atexit, sys, traceback
        atexit.register(lambda: print(sys.last_type, [f.name for f in traceback.extract_tb(sys.last_traceback)]))
        def f(): 1 / 0
        f()
        """,
    "a thread that outlives the last line": """
        import threading
        def late():
            import __main__
            started.wait()
            print("late", x, __main__.x)
        started = threading.Event()
        threading.Thread(target=late).start()
        x = 5
        started.set()
        """,
    "a warning that only the main program is shown": "import warnings; warnings.warn('old', DeprecationWarning)",
    "a spawned worker": """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        class Point:
            def __init__(self, x): self.x = x
        def work(point):
            return Point(point.x + 1), __name__
        if __name__ == "__main__":
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                point, name = pool.submit(work, Point(1)).result()
            print(point.x, name)
        """,
}


def write(path: Path, text: str) -> None:
    lines = text.strip("\n").split("\n")
    margin = len(lines[0]) - len(lines[0].lstrip())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(line[margin:] for line in lines) + "\n", encoding="latin-1")


# What a program run with -m sees or shows otherwise than a script.
MODULES = [
    "arguments and the script's folder",
    "the main module",
    "a main guard and a pickled class of the script",
    "an exit with a message",
    "an exception with a cause and one with a context",
    "a syntax error",
    "what exit handlers see of the exception",
    "a spawned worker",
]


@pytest.mark.parametrize(
    ("way", "name"), [*(("script", name) for name in PROGRAMS), *(("module", name) for name in MODULES)]
)
def test_runs_as_with_plain_python(tmp_path: Path, python: Run, way: str, name: str) -> None:
    write(tmp_path / "folder" / "program.py", PROGRAMS[name])
    target = ["folder/program.py"] if way == "script" else ["-m", "folder.program"]
    arguments = [*target, "--save", "-m", "a b"]
    expected = python(*arguments, stdin="first\nrest\n")
    found = python("-m", "tapegrad", "run", *arguments, stdin="first\nrest\n")
    assert found.stdout == expected.stdout
    assert found.stderr == expected.stderr
    assert found.returncode == expected.returncode


def test_keyboard_interrupt_ends_the_process_by_the_signal(tmp_path: Path, tapegrad_command: Run) -> None:
    write(tmp_path / "program.py", PROGRAMS["KeyboardInterrupt"])
    assert tapegrad_command("run", "program.py").returncode == -signal.SIGINT


def test_a_linked_script_finds_the_modules_beside_the_real_one(tmp_path: Path, python: Run) -> None:
    write(tmp_path / "real" / "program.py", "import neighbour, sys; print(sys.path[0], __file__)")
    write(tmp_path / "real" / "neighbour.py", "")
    (tmp_path / "link.py").symlink_to(tmp_path / "real" / "program.py")
    assert python("-m", "tapegrad", "run", "link.py").stdout == python("link.py").stdout != ""


def test_a_package_runs_by_its_main_module(tmp_path: Path, python: Run) -> None:
    write(tmp_path / "package" / "__init__.py", "print('package')")
    write(tmp_path / "package" / "__main__.py", "import sys; print(__spec__.name, sys.argv); 1 / 0")
    expected, found = python("-m", "package", "x"), python("-m", "tapegrad", "run", "-m", "package", "x")
    assert (found.stdout, found.stderr, found.returncode) == (expected.stdout, expected.stderr, expected.returncode)


@pytest.mark.parametrize("module", ["nosuch", "json.nosuch", "json.decoder.nosuch"])
def test_a_module_that_is_not_there_fails_as_with_plain_python(python: Run, module: str) -> None:
    expected, found = python("-m", module), python("-m", "tapegrad", "run", "-m", module)
    assert (found.stderr, found.returncode) == (expected.stderr, expected.returncode)


@pytest.mark.parametrize("name", ["nosuch.py", "."])
def test_a_file_that_is_not_there_ends_with_exit_code_2(python: Run, name: str) -> None:
    found = python("-m", "tapegrad", "run", name)
    assert found.returncode == 2
    assert found.stderr.startswith(f"tapegrad run: can't open file '{name}': ")


def test_in_safe_path_mode_the_script_folder_stays_off_the_path(tmp_path: Path, python: Run) -> None:
    write(tmp_path / "program.py", "import sys; print(any(p.endswith('torch_path') for p in sys.path), sys.path[0])")
    found = python("-P", "-m", "tapegrad", "run", "program.py").stdout.split()
    assert found[0] == "True"
    assert found[1] != str(tmp_path)


class TestTorch:
    def test_every_form_of_import_gives_tapegrad(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(
            tmp_path / "program.py",
            """
            import torch
            import torch.nn.functional as F
            from torch import autograd, nn
            from torch.autograd import Variable
            import tapegrad
            print(torch is tapegrad, F is tapegrad.nn.functional, autograd is tapegrad.autograd, nn is tapegrad.nn)
            print(Variable is tapegrad.autograd.Variable)
            x = torch.ones(2, requires_grad=True)
            (x * x).sum().backward()
            print(x.grad)
            """,
        )
        found = tapegrad_command("run", "program.py")
        assert found.stdout == "True True True True\nTrue\ntensor([2., 2.])\n"
        assert (found.stderr, found.returncode) == ("", 0)

    def test_what_is_missing_is_reported_at_the_programs_own_line(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "program.py", "import torch\nimport torch.fx\nprint('fine so far')\ntorch.LiteScriptModule()")
        found = tapegrad_command("run", "program.py")
        assert found.stdout == "fine so far\n"
        *traceback, last = [line for line in found.stderr.splitlines() if "^" not in line]
        assert traceback == [
            "Traceback (most recent call last):",
            f'  File "{tmp_path}/program.py", line 4, in <module>',
            "    torch.LiteScriptModule()",
        ]
        assert last.endswith("'torch' has no attribute 'LiteScriptModule': tapegrad has no torch.LiteScriptModule")

    def test_a_missing_method_is_named(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "program.py", "import torch\ntorch.ones(1).record_stream(None)")
        found = tapegrad_command("run", "program.py")
        assert found.stderr.endswith("tapegrad has no torch.Tensor.record_stream\n")
        assert found.returncode == 1

    @pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
    def test_worker_processes_import_tapegrad_too(self, tmp_path: Path, tapegrad_command: Run, method: str) -> None:
        write(
            tmp_path / "program.py",
            f"""
            import multiprocessing, torch
            from concurrent.futures import ProcessPoolExecutor
            def work():
                import torch.nn.functional as F
                return torch.__spec__.name, F.__name__
            if __name__ == "__main__":
                with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context({method!r})) as pool:
                    print(*pool.submit(work).result())
            """,
        )
        found = tapegrad_command("run", "program.py")
        assert (found.stdout, found.stderr) == ("tapegrad tapegrad.nn.functional\n", "")

    def test_other_pythons_that_the_program_starts_import_tapegrad_too(
        self, tmp_path: Path, tapegrad_command: Run
    ) -> None:
        write(
            tmp_path / "program.py",
            """
            import subprocess, sys
            code = "import torch.nn, sys; print(torch.nn.__name__, sys.modules['torch'].__spec__.name)"
            sys.exit(subprocess.run([sys.executable, "-c", code]).returncode)
            """,
        )
        found = tapegrad_command("run", "program.py")
        assert (found.stdout, found.stderr, found.returncode) == ("tapegrad.nn tapegrad\n", "", 0)

    def test_with_a_real_torch_imported_at_start_up_it_says_so(self, tmp_path: Path, python: Run) -> None:
        write(tmp_path / "torch.py", "__version__ = '2.13.0'")
        write(tmp_path / "program.py", "print('not reached')")
        code = "import torch, sys; from tapegrad.cli import main; sys.exit(main(['run', 'program.py']))"
        found = python("-c", code)
        assert (found.stdout, found.returncode) == ("", 1)
        assert found.stderr.startswith("tapegrad run: torch 2.13.0 is already imported, from ")

    def test_pytest_runs_as_a_module(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "test_it.py", "import torch\ndef test_it(): assert torch.__spec__.name == 'tapegrad'")
        found = tapegrad_command("run", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
        assert "1 passed" in found.stdout, found.stdout + found.stderr
        assert found.returncode == 0
