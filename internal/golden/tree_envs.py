"""Runs a maker of model files in the environments of several versions of one library.

    results = run("lightgbm", ["4.7.0", "3.3.5"], __file__)

starts this very script as `python script.py --emit` in each and collects the JSON it prints. The environments are made beside this file
(.venv-lightgbm-3.3.5) unless TREE_ENVS names a folder that has them."""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def interpreter(library, version):
    root = pathlib.Path(os.environ.get("TREE_ENVS", HERE))
    home = root / f".venv-{library}-{version}"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        old = {"2.3.1": ["numpy<1.24", "scipy<1.11", "scikit-learn<1.3", "pandas<2.1"]}.get(version, ["numpy<2", "scipy", "pandas<3"])
        subprocess.run([python, "-m", "pip", "install", "-q", *old], check=True)
        # XGBoost 3.4 asks for a newer Python than 3.11, though its wheel holds nothing that needs one
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--ignore-requires-python", f"{library}=={version}"], check=True)
    return python


def run(library, versions, script):
    """{version: what the script printed there}."""
    out = {}
    for version in versions:
        text = subprocess.run([interpreter(library, version), script, "--emit"], check=True, stdout=subprocess.PIPE, text=True).stdout
        out[version] = json.loads(text.splitlines()[-1])
    return out
