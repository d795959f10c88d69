"""Starts the course's Rust kernels, runs its lessons, measures both."""


def _jupyter_server_extension_points():
    return [{"module": "segmenta_kernel"}]


def _load_jupyter_server_extension(_server):
    """The lab has started: have a kernel ready before the first notebook opens."""
    from . import provisioner, spare

    provisioner.AFTER_LAUNCH = spare.start_later
    spare.start()
