"""The program."""

import gc
import signal
import sys


def main() -> int:
    """Run hubd with the arguments of this process; return the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 -- nothing else looks at it where hubd runs from a checkout
        sys.exit("hubd needs Python 3.11, 3.12 or 3.13: scripts/demo installs it for one of them, as .venv/bin/hubd")
    if sys.argv[1:2] == ["run"]:
        # Who asks for a reload must not kill a hub that still starts, not even while it is loaded (commands/run.py).
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        # To look for garbage in what is being loaded takes a tenth of the start; the daemon has it looked for again.
        gc.disable()
    try:
        from hubd import cli  # noqa: PLC0415 -- it takes half a second

        return cli.main()
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.partition(".")[0] == "hubd":
            raise
        sys.exit(f"hubd needs {missing}, which this Python does not have: scripts/demo installs hubd as .venv/bin/hubd")


if __name__ == "__main__":
    sys.exit(main())
