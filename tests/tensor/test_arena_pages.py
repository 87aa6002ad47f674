"""Memory of freed arrays is kept, so that a step does not wait for the system to clear pages."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
import tapegrad as torch
x = torch.ones(100_000, requires_grad=True)
ones = torch.ones(100_000)
def step():
    x.grad = None
    (x**2 * x.exp()).backward(ones)
for _ in range(5):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 20)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about the C library of GNU")
def test_a_step_on_arrays_of_half_a_megabyte_needs_no_new_pages() -> None:
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert float(found.stdout) < 50  # of the 500 that five arrays have
