import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("jupyter_client")
if sys.platform != "linux":
    pytest.skip("warm kernels are used on Linux", allow_module_level=True)

from jupyter_client.manager import KernelManager

import warmkernel.client
import warmkernel.provisioner
from warmkernel import SOCKET_VARIABLE, NoWarmKernel
from warmkernel.__main__ import configured, main
from warmkernel.client import WarmProcess
from warmkernel.prepared import PreparedProcess
from warmkernel.pytest_plugin import wait_until_ready
from warmkernel.server import NotPrepared, _received, _same_user, different_start, prepare

MODULES = ["numpy", "scipy.linalg", "matplotlib.figure", "pyarrow.csv"]


@pytest.fixture(scope="module")
def prepared():
    with PreparedProcess(MODULES) as process:
        yield process


@pytest.fixture
def warm(prepared, monkeypatch):
    """The environment in which kernels start warm."""
    for name, value in prepared.environment.items():
        monkeypatch.setenv(name, value)
    return prepared


@pytest.fixture
def ordinary(monkeypatch):
    """The environment in which they don't."""
    monkeypatch.delenv(SOCKET_VARIABLE, raising=False)
    monkeypatch.delenv("JUPYTER_PATH", raising=False)


class Kernel:
    """A kernel and its client; `run` returns what a cell printed, or raises with what it said."""

    def __init__(self, **launch):
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(stderr=subprocess.DEVNULL, **launch)
        self.connect()

    def connect(self):
        self.client = self.manager.client()
        self.client.start_channels()
        wait_until_ready(self.manager, self.client)

    def run(self, code):
        said = []

        def heard(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                said.append(content["text"])
            elif message["msg_type"] == "error":
                said.append(f"{content['ename']}: {content['evalue']}")

        self.client.execute_interactive(textwrap.dedent(code), output_hook=heard, store_history=False, timeout=60)
        return "".join(said).strip()

    @property
    def process(self):
        return self.manager.provisioner.process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def runs(pid):
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def soon(condition, seconds=20.0):
    """Wait until a condition holds; the time is generous and not what is tested."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


# --- as an ordinary kernel ---------------------------------------------------------------------------------------

PROBE = """
def probe():
    import decimal, gc, json, locale, os, random, resource, signal, stat, sys, tempfile, threading, time, warnings
    mask = os.umask(0); os.umask(mask)
    kind = lambda n: stat.filemode(os.fstat(n).st_mode)[0]
    return {
        "path": sys.path, "program": sys.argv[0], "options": sys.argv[1:-1], "flags": str(sys.flags),
        "warnings": sys.warnoptions, "filters": sorted(map(str, warnings.filters)), "executable": sys.executable,
        "name": __name__, "main": sys.modules["__main__"].__dict__ is globals(),
        "directory": os.getcwd(), "umask": mask, "nice": os.nice(0), "session": os.getsid(0) == os.getpid(),
        "group": os.getpgrp() == os.getpid(), "controlling parent": os.environ["JPY_PARENT_PID"],
        "handlers": {s.name: getattr(h, "__qualname__", str(h)) for s in signal.valid_signals()
                     if isinstance(s, signal.Signals) for h in [signal.getsignal(s)]},
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "wakeup": signal.set_wakeup_fd(-1) >= 0,
        "limits": [resource.getrlimit(n) for n in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CORE)],
        "streams": [kind(n) for n in (0, 1, 2)], "input": os.read(0, 1).decode(),
        "files": sorted({kind(n) for n in range(3, 256) if os.path.exists(f"/dev/fd/{n}")}),
        "threads": sorted(type(t).__name__ for t in threading.enumerate()),
        "environment": {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_")},
        "garbage": [gc.isenabled(), gc.get_threshold()], "recursion": sys.getrecursionlimit(),
        "switch": sys.getswitchinterval(), "zone": time.tzname, "locale": locale.setlocale(locale.LC_ALL),
        "decimal": str(decimal.getcontext()), "temporary": tempfile.gettempdir(), "hooks": str(type(sys.excepthook)),
    }
import json as _json
print(_json.dumps(probe(), default=str))
"""


def test_a_warm_kernel_looks_like_an_ordinary_one(warm, tmp_path, monkeypatch):
    with Kernel(cwd=str(tmp_path)) as kernel:
        assert isinstance(kernel.process, WarmProcess)
        seen = json.loads(kernel.run(PROBE))
        depth = int(kernel.run("import inspect; print(len(inspect.stack()))"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    with Kernel(cwd=str(tmp_path)) as kernel:
        assert not isinstance(kernel.process, WarmProcess)
        kernel.run(f"import {', '.join(MODULES)}")
        expected = json.loads(kernel.run(PROBE))
        assert abs(depth - int(kernel.run("import inspect; print(len(inspect.stack()))"))) <= 2
    for probe in (seen, expected):
        assert probe["environment"].pop("JUPYTER_PATH") and probe["environment"].pop(SOCKET_VARIABLE)
        probe["streams"][0] = "empty"  # a pipe closed at once, or the null device
    variables = [probe.pop("environment") for probe in (seen, expected)]  # names alone: values may be secrets
    assert [n for n in {*variables[0], *variables[1]} if variables[0].get(n) != variables[1].get(n)] == []
    assert {name: (seen[name], expected[name]) for name in seen if seen[name] != expected[name]} == {}


def test_a_kernel_starts_where_and_as_it_is_told(warm, tmp_path):
    env = {**os.environ, "MINERAL": "gallium", "TMPDIR": str(tmp_path)}
    with Kernel(cwd=str(tmp_path), env=env) as kernel:
        assert kernel.run("import os, tempfile; print(os.getcwd(), os.environ['MINERAL'], tempfile.gettempdir())") == (
            f"{tmp_path} gallium {tmp_path}"
        )


def test_the_debugger_stops_at_a_breakpoint(warm):
    with Kernel() as kernel:

        def ask(command, **arguments):
            content = {"type": "request", "seq": 1, "command": command, "arguments": arguments}
            message = kernel.client.session.msg("debug_request", content)
            kernel.client.control_channel.send(message)
            while True:
                reply = kernel.client.get_control_msg(timeout=60)
                if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                    return reply["content"]

        initialized = ask("initialize", clientID="test", adapterID="", pathFormat="path", linesStartAt1=True)
        assert initialized["success"], initialized
        assert ask("attach")["success"]
        code = "a = 1\nb = a + 1\nprint(b)"
        source = {"path": ask("dumpCell", code=code)["body"]["sourcePath"]}
        assert ask("setBreakpoints", breakpoints=[{"line": 2}], source=source)["body"]["breakpoints"][0]["verified"]
        assert ask("configurationDone")["success"]
        kernel.client.execute(code)
        assert soon(lambda: stopped(kernel.client))
        assert ask("continue", threadId=1)["success"]
        assert ask("disconnect", restart=False, terminateDebuggee=False)["success"]


def stopped(client):
    message = client.get_iopub_msg(timeout=60)
    return message["msg_type"] == "debug_event" and message["content"]["event"] == "stopped"


def test_libraries_with_threads_of_their_own_work(warm):
    work = """
        import io, numpy, scipy.linalg, pyarrow.csv, polars, duckdb
        identity = numpy.eye(200)
        numpy.linalg.inv(identity + numpy.random.rand(200, 200)); numpy.linalg.svd(identity); identity @ identity
        scipy.linalg.lu_factor(identity); scipy.linalg.solve(identity, identity)
        rows = pyarrow.csv.read_csv(io.BytesIO(b"a,b\\n" + b"1,2\\n" * 200_000)).num_rows
        frame = polars.DataFrame({"a": range(1000)}).lazy().group_by(polars.col("a") % 7).len().collect()
        print(rows, len(frame), duckdb.sql("select count(*) from range(1000000)").fetchall()[0][0])
    """
    for _ in range(3):
        with Kernel() as kernel:
            assert kernel.run(work) == "200000 7 1000000"


# --- nothing is handed on ----------------------------------------------------------------------------------------

DISTURB = """
    import builtins, decimal, locale, os, random, signal, sys, threading, time, warnings
    import matplotlib, numpy
    sys.path.insert(0, os.getcwd())
    import left_behind
    os.environ["LEFT"] = "behind"; os.chdir("/"); os.umask(0o123)
    random.seed(1); numpy.random.seed(1); matplotlib.rcParams["font.size"] = 99
    held = open("/etc/hostname"); threading.Thread(target=time.sleep, args=(600,), name="left", daemon=True).start()
    signal.signal(signal.SIGUSR1, signal.SIG_IGN); builtins.left = numpy.left = True
    decimal.getcontext().prec = 3; warnings.simplefilter("error"); numpy.seterr(all="raise")
    sys.argv.append("left"); sys.setrecursionlimit(5000); matplotlib.use("svg")
"""
LOOK = """
    import builtins, decimal, os, signal, sys, threading, warnings
    import matplotlib, numpy
    mask = os.umask(0); os.umask(mask)
    print([
        "left_behind" in sys.modules, "LEFT" in os.environ, os.getcwd(), mask, matplotlib.rcParams["font.size"],
        matplotlib.get_backend(), any("hostname" in os.readlink(f"/proc/self/fd/{n}") for n in range(3, 200)
        if os.path.lexists(f"/proc/self/fd/{n}")), "left" in [t.name for t in threading.enumerate()],
        signal.getsignal(signal.SIGUSR1), hasattr(builtins, "left"), hasattr(numpy, "left"), "left" in sys.argv,
        decimal.getcontext().prec, sys.getrecursionlimit(), numpy.geterr(), len(warnings.filters), len(sys.path),
        sorted(name for name in globals() if not name.startswith("_"))])
"""


def test_no_state_leaks_from_one_kernel_to_the_next(warm, tmp_path):
    (tmp_path / "left_behind.py").write_text("")
    with Kernel(cwd=str(tmp_path)) as first:
        before = first.run(LOOK)
        with Kernel(cwd=str(tmp_path)) as second:
            assert second.run(DISTURB) == ""
            assert second.run(LOOK) != before
            assert first.run(LOOK) == before
        with Kernel(cwd=str(tmp_path)) as third:
            assert third.run(LOOK) == before


def test_each_kernel_draws_its_own_random_numbers(warm):
    draw = "import random, numpy, uuid; print(random.random(), numpy.random.random(), uuid.uuid4())"
    drawn = []
    for _ in range(2):
        with Kernel() as kernel:
            drawn += kernel.run(draw).split()
    assert len(set(drawn)) == 6


def test_each_kernel_has_secrets_of_its_own(warm):
    with Kernel() as one, Kernel() as other:
        files = [Path(kernel.manager.connection_file) for kernel in (one, other)]
        keys = {json.loads(file.read_text())["key"] for file in files}
        assert len(keys) == 2 and "" not in keys
        assert {file.stat().st_mode & 0o077 for file in files} == {0}
        assert one.run("print(ip._connection_file if False else get_ipython().kernel.session.key.decode())") in keys
        assert one.run("print(get_ipython().kernel.session.key.decode())") != other.run(
            "print(get_ipython().kernel.session.key.decode())"
        )


def test_traffic_is_encrypted_when_the_manager_asks_for_it(warm):
    if not hasattr(KernelManager, "transport_encryption"):
        pytest.skip("this jupyter_client has no encryption")
    manager = KernelManager(kernel_name="python3", transport_encryption="required")
    manager.start_kernel(stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    assert isinstance(manager.provisioner.process, WarmProcess)
    assert json.loads(Path(manager.connection_file).read_text())["curve_secretkey"]
    client.stop_channels()
    manager.shutdown_kernel(now=True)


# --- a kernel's life ---------------------------------------------------------------------------------------------


BUSY = ["import time; time.sleep(600)", "import subprocess; subprocess.run(['sleep', '600'])"]


@pytest.mark.parametrize("busy", BUSY)
def test_interrupt_stops_a_cell_and_not_the_kernel(warm, busy):
    with Kernel() as kernel:
        threading.Timer(0.5, kernel.manager.interrupt_kernel).start()
        assert kernel.run(f"a = 1\nprint('go', flush=True)\n{busy}").startswith("go\nKeyboardInterrupt")
        assert kernel.run("print(a)") == "1"


@pytest.mark.parametrize("now", [True, False])
def test_restart_gives_a_fresh_kernel(warm, now):
    with Kernel() as kernel:
        first = kernel.process.pid
        kernel.run("a = 1")
        kernel.client.stop_channels()
        kernel.manager.restart_kernel(now=now)
        kernel.connect()
        assert kernel.run("print(a)").startswith("NameError")
        assert isinstance(kernel.process, WarmProcess) and kernel.process.pid != first and not runs(first)


@pytest.mark.parametrize("now", [True, False])
def test_shutdown_leaves_no_process_and_no_file(warm, now):
    with Kernel() as kernel:
        pid, file = kernel.process.pid, kernel.manager.connection_file
        child = int(kernel.run("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
        kernel.manager.shutdown_kernel(now=now)
        assert not runs(pid) and not Path(file).exists()
        assert not kernel.manager.is_alive()
        if now:
            assert soon(lambda: not runs(child))
        else:  # as with an ordinary kernel that ends by itself
            os.kill(child, signal.SIGKILL)


def test_a_kernel_that_dies_is_seen_as_dead(warm):
    with Kernel() as kernel:
        os.kill(kernel.process.pid, signal.SIGKILL)
        assert soon(lambda: not kernel.manager.is_alive())
        assert kernel.process.returncode == -signal.SIGKILL
    process = WarmProcess(["--help"], dict(os.environ), "/", subprocess.DEVNULL, subprocess.DEVNULL)
    assert process.wait(60) == 0


CLIENT = """
import subprocess, sys, time
from jupyter_client.manager import KernelManager
manager = KernelManager(kernel_name="python3")
manager.start_kernel()
process = manager.provisioner.process
print(type(process).__name__, process.pid, flush=True)
client = manager.client(); client.start_channels(); client.wait_for_ready(timeout=60)
client.execute("import subprocess; subprocess.Popen(['sleep', '600'])")
client.get_shell_msg(timeout=60)
print("ready", flush=True)
time.sleep(600)
"""


def started(command, **options):
    """Start a command that runs CLIENT; return it with the process ids of its kernel and of what the kernel started."""
    process = subprocess.Popen([*command, sys.executable, "-c", CLIENT], stdout=subprocess.PIPE, text=True, **options)
    kind, kernel = process.stdout.readline().split()
    assert (kind, process.stdout.readline().strip()) == ("WarmProcess", "ready")
    children = Path(f"/proc/{kernel}/task/{kernel}/children").read_text().split()
    return process, [int(kernel), *map(int, children)]


def test_a_killed_client_takes_its_kernels_with_it(warm):
    client, processes = started([])
    assert len(processes) == 2 and all(map(runs, processes))
    client.kill()
    client.wait()
    assert soon(lambda: not any(map(runs, processes)))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_command_leaves_nothing_behind(tmp_path, number):
    options = {"env": {**os.environ, "TMPDIR": str(tmp_path)}, "stderr": subprocess.DEVNULL}
    command, processes = started([sys.executable, "-m", "warmkernel", "--import", "json", "--"], **options)
    (folder,) = tmp_path.glob("warmkernel-*")
    server = int(Path(f"/proc/{processes[0]}/stat").read_text().rpartition(")")[2].split()[1])
    command.send_signal(number)
    command.wait()
    assert soon(lambda: not any(map(runs, [server, *processes])) and not folder.exists())


def test_a_killed_prepared_process_takes_its_kernels_with_it(ordinary, monkeypatch, capfd):
    with PreparedProcess([]) as process:
        for name, value in process.environment.items():
            monkeypatch.setenv(name, value)
        with Kernel() as kernel:
            pid = kernel.process.pid
            process.process.kill()
            assert soon(lambda: not runs(pid))
            assert not kernel.manager.is_alive()
        with Kernel() as kernel:
            assert not isinstance(kernel.process, WarmProcess)
            assert kernel.run("print(1 + 1)") == "2"
    assert not process.folder.exists()
    assert "warmkernel: the prepared process has ended (Connection refused); an ordinary kernel is used" in (
        capfd.readouterr().err
    )


def test_many_kernels_at_once(warm):
    results = []

    def one(number):
        with Kernel() as kernel:
            results.append((kernel.run(f"print({number})"), kernel.process.pid))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said for said, _ in results) == list("012345")
    assert len({pid for _, pid in results}) == 6


def memory_kb(pid):
    """Anonymous memory of a process."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1])


def test_kernels_in_a_row_cost_the_prepared_process_nothing(warm):
    server = warm.process.pid

    def one():
        with Kernel() as kernel:
            assert kernel.run("print(6 * 7)") == "42"
            return kernel.process.pid

    pids = [one() for _ in range(3)]
    files, memory = len(os.listdir(f"/proc/{server}/fd")), memory_kb(server)
    pids += [one() for _ in range(12)]  # `make bench` does 200
    assert len(set(pids)) == len(pids) and not any(map(runs, pids))
    assert Path(f"/proc/{server}/task/{server}/children").read_text() == ""
    assert len(os.listdir(f"/proc/{server}/fd")) == files
    assert memory_kb(server) - memory < 1024


# --- where a warm kernel is not to be had ------------------------------------------------------------------------


def test_ordinary_kernels_take_over_with_one_line(warm, monkeypatch, capfd):
    monkeypatch.setattr(warmkernel.provisioner, "_said", set())
    monkeypatch.setenv(SOCKET_VARIABLE, str(warm.folder / "nowhere"))
    for _ in range(2):
        with Kernel() as kernel:
            assert kernel.run("print(1 + 1)") == "2"
            kernel.client.stop_channels()
            kernel.manager.restart_kernel(now=True)
            kernel.connect()
            assert kernel.run("print(2 + 2)") == "4"
    assert capfd.readouterr().err == (
        "warmkernel: the prepared process has ended (No such file or directory); an ordinary kernel is used\n"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({SOCKET_VARIABLE: ""}, "no prepared process runs here"),
        ({"PYTHONPATH": "/elsewhere"}, "PYTHONPATH is not as it was for the prepared process"),
        ({"OMP_NUM_THREADS": "3"}, "OMP_NUM_THREADS is not as it was"),
    ],
)
def test_what_a_fork_cannot_give_is_refused(warm, monkeypatch, change, message):
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(NoWarmKernel, match=message):
        WarmProcess(["--help"], dict(os.environ), "/")


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        (["ipython", "kernel"], {}, "command is not `python -m ipykernel_launcher`"),
        ([sys.executable, "-O", "-m", "ipykernel_launcher"], {}, "command is not"),
        (["/usr/bin/python0", "-m", "ipykernel_launcher", "-f", "x"], {}, "not the interpreter"),
        ([sys.executable, "-m", "ipykernel_launcher"], {"independent": True}, "outlives its starter"),
        ([sys.executable, "-m", "ipykernel_launcher"], {"stdout": subprocess.PIPE}, "a pipe to the kernel"),
        ([sys.executable, "-m", "ipykernel_launcher"], {"cwd": "/no/such/folder"}, "is no folder"),
    ],
)
def test_only_a_plain_kernel_of_this_interpreter_is_warm(warm, command, options, message):
    with pytest.raises(NoWarmKernel, match=message):
        warmkernel.provisioner._launch(command, **options)


MODULE = {
    "missing": ("import no_such_module", "missing cannot be imported (ModuleNotFoundError"),
    "leaving": ("raise SystemExit(3)", "leaving cannot be imported (SystemExit: 3)"),
    "threaded": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), name='ticker', daemon=True).start()",
        "threaded starts a thread when imported (ticker), which a fork would not have",
    ),
    "crashing": ("import os; os.abort()", "the prepared process has ended"),
}


@pytest.mark.parametrize("name", MODULE)
def test_a_module_that_cannot_be_prepared(ordinary, tmp_path, monkeypatch, capfd, name):
    source, message = MODULE[name]
    (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(warmkernel.provisioner, "_said", set())
    with PreparedProcess([name]) as process:
        for variable, value in process.environment.items():
            monkeypatch.setenv(variable, value)
        with Kernel() as kernel:
            assert kernel.run("print(1 + 1)") == "2"
            assert not isinstance(kernel.process, WarmProcess)
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("warmkernel: ")]
    assert len(lines) == 1 and message in lines[0] and "ordinary kernel" in lines[0]


def test_modules_of_the_starters_folder_are_not_prepared(ordinary, tmp_path):
    (tmp_path / "local.py").write_text("")
    command = [sys.executable, "-m", "warmkernel", "--import", "local", "--", sys.executable, "-c", "pass"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0


def test_a_prepared_process_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(warmkernel.client, "PREPARATION_S", 0.1)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "socket"))
        silent.listen()
        monkeypatch.setenv(SOCKET_VARIABLE, str(tmp_path / "socket"))
        with pytest.raises(NoWarmKernel, match="did not answer in 0.1 s"):
            WarmProcess([], {}, "/")


@pytest.mark.parametrize("platform", ["without fork", "darwin"])
def test_a_system_without_a_safe_fork_runs_the_command_as_it_is(ordinary, monkeypatch, capfd, platform):
    if platform == "darwin":
        monkeypatch.setattr(sys, "platform", "darwin")
    else:
        monkeypatch.delattr(os, "fork")
    monkeypatch.setattr(os, "name", "nt")
    program = f"import os, sys; sys.exit({SOCKET_VARIABLE!r} in os.environ or 7)"
    assert main(["--import", "json", "--", sys.executable, "-c", program]) == 7
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("warmkernel: ") and line.endswith("; ordinary kernels are used")


# --- the command, and what the prepared process refuses --------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 3])
def test_exit_status_is_the_commands(ordinary, status):
    command = [sys.executable, "-m", "warmkernel", "--", sys.executable, "-c", f"raise SystemExit({status})"]
    assert subprocess.run(command).returncode == status


def test_a_command_that_is_not_there(ordinary, tmp_path):
    command = [sys.executable, "-m", "warmkernel", "--", "no-such-command"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert (done.returncode, done.stderr) == (127, "warmkernel: no-such-command: No such file or directory\n")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_too_deep_for_a_socket(monkeypatch, tmp_path):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(NoWarmKernel, match="no socket can be bound"):
        PreparedProcess([])
    assert list(deep.iterdir()) == []


def test_the_socket_is_private_to_the_user(prepared, monkeypatch):
    assert prepared.folder.stat().st_mode & 0o777 == 0o700
    assert prepared.folder.stat().st_uid == os.getuid()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert _same_user(ours)
        monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
        assert not _same_user(ours)


GOOD = b'{"arguments": [], "env": {}, "cwd": "/"}\n'


@pytest.mark.parametrize(("sent", "files"), [(b"{}\n", 3), (b"[1]\n", 3), (b"no json\n", 3), (GOOD, 1)])
def test_requests_that_are_none_are_refused_and_leave_no_file_open(sent, files):
    before = os.listdir("/proc/self/fd")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        socket.send_fds(theirs, [sent], [0] * files)
        with pytest.raises((ValueError, TypeError)):
            _received(ours)
    assert os.listdir("/proc/self/fd") == before


def test_the_prepared_process_survives_bad_requests(warm):
    for sent in (b"", b"{}\n", b"no json\n"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(warm.environment[SOCKET_VARIABLE])
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            assert b"refused" in connection.recv(4096)
    with Kernel() as kernel:
        assert kernel.run("print(1)") == "1"


def test_modules_are_named_in_pyproject(tmp_path):
    assert configured(tmp_path) == []
    (tmp_path / "pyproject.toml").write_text('[tool.warmkernel]\nimport = ["numpy", "pandas"]\n')
    assert configured(tmp_path) == ["numpy", "pandas"]
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert configured(tmp_path) == []


@pytest.mark.parametrize(("option", "loaded"), [([], ["colorsys"]), (["--code"], ["colorsys", "this"])])
def test_the_projects_own_modules_are_imported_when_asked(ordinary, tmp_path, option, loaded):
    (tmp_path / "pyproject.toml").write_text('[tool.warmkernel]\nimport = ["colorsys"]\ncode = ["this"]\n')
    cell = "import sys; print([name for name in sys.modules if name in ('colorsys', 'this')])"
    program = f"from test_warmkernel import Kernel\nwith Kernel() as kernel: print(kernel.run({cell!r}))"
    command = [sys.executable, "-m", "warmkernel", *option, "--", sys.executable, "-c", program]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == [str(loaded)], done.stderr


def test_variables_read_at_start():
    then = {"PYTHONPATH": "/a", "MPLBACKEND": "agg", "EDITOR": "vi"}
    assert different_start({"PYTHONPATH": "/a", "EDITOR": "ed", "JPY_PARENT_PID": "1"}, then) == ["MPLBACKEND"]
    assert different_start({**then, "PYTHONEXECUTABLE": "x", "LC_ALL": "C"}, then) == ["LC_ALL"]
    assert different_start(then, then) == []


def test_preparing_names_the_module_at_fault():
    prepare(["json", "decimal"])
    with pytest.raises(NotPrepared, match="no_such_module cannot be imported"):
        prepare(["json", "no_such_module"])
