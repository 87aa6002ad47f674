"""What `import torch` finds in a Python started by a program under `tapegrad run`: it gives way to tapegrad.

Such a Python (a multiprocessing worker, a subprocess) is a new interpreter, in which nothing has been set up yet.
"""

import sys

if __name__ == "torch":
    # The import system hands out what sys.modules holds once this file has run: by then, that is tapegrad.
    del sys.modules["torch"]
    from tapegrad.torch_alias import install_as_torch

    install_as_torch()
