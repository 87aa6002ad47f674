"""What all tests have: NumPy does the work, and compiled kernels only where a test asks for them.

Otherwise it would depend on the tests that ran before whether there are kernels already.
"""

import os

os.environ.setdefault("TAPEGRAD_KERNELS", "off")
