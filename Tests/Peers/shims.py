"""C libraries that are preloaded into a program, to observe or change its system calls."""

import pathlib
import subprocess


def built(name, folder):
    """The library built from the source with this name."""
    library = folder / f"{name}.so"
    source = pathlib.Path(__file__).with_name(f"{name}.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library
