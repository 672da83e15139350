"""A network namespace of its own for each run.

The program starts itself again through unshare(1), inside new network and process namespaces: whatever it starts
lives there, cannot meet another run, and ends with it. Root needs nothing more; anybody else gets a user namespace
where the kernel allows one.
"""
import os
import subprocess
import sys

MARK = "HOLDFAST_LAB_INSIDE"


def unshare_command(own_proc=False):
    """The unshare command that works here, or None. `own_proc`: /proc shows the processes inside, by their ids there."""
    flags = ["--net", "--pid", "--fork", "--kill-child", *(["--mount-proc"] if own_proc else [])]
    if os.geteuid() != 0:
        flags = ["--user", "--map-root-user", *flags]
    command = ["unshare", *flags]
    try:
        done = subprocess.run([*command, "ip", "link", "set", "lo", "up"], capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return command if done.returncode == 0 else None


def inside():
    return os.environ.get(MARK) == "1"


def enter(argv, *, refused, own_proc=False):
    """Returns inside a namespace; outside it runs `argv` in one and exits with its code, or calls refused()."""
    if inside():
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    command = unshare_command(own_proc)
    if command is None:
        refused("this needs root, or a kernel that lets users make namespaces (sysctl kernel.unprivileged_userns_clone)")
    environment = dict(os.environ, **{MARK: "1"})
    os.execvpe(command[0], [*command, sys.executable, *argv], environment)


def add_addresses(addresses):
    """Puts all of them on the loopback interface, in one go; those of an earlier lab may be there already."""
    lines = []
    for address in addresses:
        if ":" in address:
            lines.append(f"addr replace {address}/128 dev lo nodad")
        else:
            lines.append(f"addr replace {address}/32 dev lo")
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError("ip could not add the lab's addresses: " + done.stderr[:500])
