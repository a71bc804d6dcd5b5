"""The stage and the command."""

import contextlib
import json
import os
import pickle
import pty
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from r1data.verifiers.registry import VERIFIERS
