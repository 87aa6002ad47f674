"""What all tests have: NumPy does the work, and compiled kernels only where a test asks for them.

Otherwise it would depend on the tests that ran before whether there are kernels already.
"""

import os

import hypothesis

os.environ.setdefault("TAPEGRAD_KERNELS", "off")

# No test may fail because the machine is busy: examples take as long as they take.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")
