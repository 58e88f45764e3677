"""`python -m cnnlab.engine`: run the scheduler and the workers of this machine.

The app starts it and reads one line of JSON from its standard output: the scheduler's address and the TLS certificates.
When standard input is closed, because the app has ended for whatever reason, the engine ends too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

import dask
from distributed import Nanny, Scheduler, Security, SpecCluster

from cnnlab import settings
from cnnlab.engine.protocol import INFER, TRAIN, WORKER_SETUP

CERTIFICATES = ("tls_ca_file", "tls_client_cert", "tls_client_key")
"""The parts of the temporary `Security` that a client needs, as PEM text."""


def _worker(security: Security, name: str, resource: str) -> dict[str, Any]:
    return {
        "cls": Nanny,
        "options": {
            "name": name,
            "nthreads": 1,
            "resources": {resource: 1},
            "security": security,
            "host": "127.0.0.1",
            "memory_limit": 0,
            "preload": [WORKER_SETUP],
            "env": {"TF_CPP_MIN_LOG_LEVEL": "2"},
        },
    }


async def serve() -> None:
    """Run the scheduler and the workers until standard input is closed."""
    chosen = settings.from_environment()
    security = Security.temporary()
    workers = {f"train-{n}": _worker(security, f"train-{n}", TRAIN) for n in range(chosen.training_workers)}
    workers["infer"] = _worker(security, "infer", INFER)
    scheduler = {
        "cls": Scheduler,
        "options": {"host": "127.0.0.1", "port": 0, "dashboard": False, "security": security},
    }
    async with SpecCluster(workers={}, scheduler=scheduler, asynchronous=True, security=security) as cluster:
        greeting = {"address": cluster.scheduler_address, **{name: getattr(security, name) for name in CERTIFICATES}}
        print(json.dumps(greeting), flush=True)
        # Add the workers only now: they take seconds to start, and the app can already connect and queue runs.
        cluster.worker_spec.update(workers)
        await cluster._correct_state()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


def main() -> None:
    dask.config.set(
        {
            "distributed.worker.daemon": True,
            # By default, Dask limits numeric libraries to one thread and makes malloc return freed memory at once. A
            # training run should use every core, and allocates the same memory again at every step.
            "distributed.nanny.pre-spawn-environ": {},
            "distributed.scheduler.work-stealing": False,
            # SpecCluster gives up on a worker (and removes its nanny) if it has not come back within this timeout.
            # Our nannies live as long as the engine, so never give up.
            "distributed.deploy.lost-worker-timeout": "1000 days",
            # Retry a run once if its worker dies. If the second worker dies too, the run itself is the likely cause.
            "distributed.scheduler.allowed-failures": 1,
            # Dask's self-monitoring is frequent: it samples every worker's stack every 10 ms and ticks every event loop
            # every 20 ms. Each time, the training thread has to release the GIL.
            "distributed.worker.profile.enabled": False,
            "distributed.admin.tick.interval": "500ms",
            "distributed.admin.tick.cycle": "5s",
            "distributed.worker.memory.monitor-interval": "2s",
            "logging": {"distributed": "warning"},
            "distributed.comm.retry.count": 2,
            "temporary-directory": str(settings.from_environment().home / "engine"),
        }
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
