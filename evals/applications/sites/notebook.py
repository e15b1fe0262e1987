"""JupyterLab with some notebooks and files, and with those of a folder. It saves automatically after a second instead of
two minutes, and its token is `abc`.

`python notebook.py PORT FOLDER [FILES]`
"""

import json
import os
import pathlib
import shutil
import sys

NOTEBOOKS = ("look", "run", "all", "edit", "keys", "find", "cells")


def notebook():
    cells = [{"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Sales"}] + [
        {"cell_type": "code", "id": f"code{number}", "metadata": {}, "source": source, "outputs": [],
         "execution_count": None} for number, source in enumerate(("1 + 1", "print('total', sum(range(10)))"))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def keep_files(folder):
    for name in ("work/old", "settings"):
        (folder / name).mkdir(parents=True)
    for name in NOTEBOOKS:
        (folder / f"work/{name}.ipynb").write_text(json.dumps(notebook()))
    (folder / "work/sales.csv").write_text("name,amount\nAminah,3\nBala,4\n")
    (folder / "work/notes.txt").write_text("hello\n")
    (folder / "settings/overrides.json").write_text(
        json.dumps({"@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 1}}))


if __name__ == "__main__":
    port, folder, *files = sys.argv[1:]
    keep_files(pathlib.Path(folder))
    for each in files:
        shutil.copytree(each, f"{folder}/work", dirs_exist_ok=True)
    places = {f"JUPYTER_{name}_DIR": f"{folder}/{name}" for name in ("CONFIG", "DATA", "RUNTIME")}
    os.execvpe("jupyter-lab", [
        "jupyter-lab", "--allow-root", "--no-browser", f"--port={port}", "--ServerApp.token=abc",
        f"--ServerApp.root_dir={folder}/work", f"--LabApp.app_settings_dir={folder}/settings",
        "--FileContentsManager.delete_to_trash=False"], os.environ | places)
