"""A bicycle rental's handbook, which MkDocs builds from the folder `handbook`.

`python handbook.py PORT FOLDER`
"""

import os
import pathlib
import subprocess
import sys

if __name__ == "__main__":
    port, folder = sys.argv[1:]
    # MkDocs empties its folder first, and the caller may keep files in this one.
    site = f"{folder}/site"
    pages = pathlib.Path(__file__).parent / "handbook/mkdocs.yml"
    python = [sys.executable, "-m"]
    subprocess.run(
        [*python, "mkdocs", "build", "--quiet", "--strict", f"--config-file={pages}", f"--site-dir={site}"], check=True)
    os.execv(sys.executable, [*python, "http.server", port, "--bind=127.0.0.1", f"--directory={site}"])
