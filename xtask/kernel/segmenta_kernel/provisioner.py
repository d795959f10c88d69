"""Gives a notebook the spare kernel, or starts one where there is none."""

import os

from jupyter_client.provisioning import LocalProvisioner

from . import spare

AFTER_LAUNCH = None
"""What to do when a notebook has its kernel: the lab prepares the next spare."""


class Provisioner(LocalProvisioner):
    """A local kernel that may have been started before it was asked for."""

    async def launch_kernel(self, cmd, **kwargs):
        if AFTER_LAUNCH:
            AFTER_LAUNCH()
        taken = spare.take(kwargs.get("cwd"))
        if taken is None:
            kwargs["env"] = kwargs.get("env", os.environ) | {"SEGMENTA_PARENT": str(os.getpid())}
            return await super().launch_kernel(cmd, **kwargs)
        self.process = taken.process
        self.pid = self.pgid = taken.process.pid
        self.cwd = kwargs.get("cwd")
        return taken.connection_info
