"""`python -m cnnlab.engine`: the scheduler and the workers of this machine.

The app starts it and talks to it over its standard input and output: one line of JSON out, with the address and the
certificates of this run's TLS; when the input ends, because the app ended, however it ended, the engine ends too.
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
from cnnlab.engine.names import INFER, TRAIN, WORKER_SETUP

CERTIFICATES = ("tls_ca_file", "tls_client_cert", "tls_client_key")
"""What a client needs of the temporary `Security`; PEM text."""


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
    """Run scheduler and workers until standard input ends."""
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
        # Workers take seconds to start; the app can connect and queue meanwhile.
        cluster.worker_spec.update(workers)
        await cluster._correct_state()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


def main() -> None:
    dask.config.set(
        {
            "distributed.worker.daemon": True,
            # Dask gives workers one thread for numeric libraries, and has malloc hand memory back at once. A training
            # run is meant to use every core, and asks for the same memory again at every step.
            "distributed.nanny.pre-spawn-environ": {},
            "distributed.scheduler.work-stealing": False,
            # A worker that is not there so long after it died would never come back: Dask's cluster, made for machines
            # that vanish, takes its nanny away, who has only been slow. Here nannies live as long as the engine.
            "distributed.deploy.lost-worker-timeout": "1000 days",
            # A run whose worker died is trained on once; what kills the second one too, such as its size, would go on
            # to kill others.
            "distributed.scheduler.allowed-failures": 1,
            # Dask looks at itself often: every worker's stack is sampled each 10 ms, every loop ticks each 20 ms.
            # A thread that trains has to hand over the interpreter for each of them.
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
