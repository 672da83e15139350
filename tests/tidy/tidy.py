#!/usr/bin/env python3
"""Keeps the style guide: tidy.py ROOT prints "FILE:LINE: rule: what is wrong", exit 1 if anything is.

What is checked: who may include whom (design: one matrix, also in cmake/HoldfastTargets.cmake), which calls
belong to which folder, sizes, heads of headers, plain characters, and the numbers of decision records.
"""
import re
import sys
from pathlib import Path

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 120
TEST_COLUMNS_MAX = 150  # rows of tables read better unbroken

MAY_INCLUDE = {
    "base": set(),
    "wire": {"base"},
    "cache": {"base", "wire"},
    "resolver": {"base", "wire", "cache"},
    "net": {"base"},
    "config": {"base"},
    "store": {"base", "wire", "cache"},
    "server": {"base", "wire", "cache", "resolver", "net", "config", "store"},
}
PURE = ("base", "wire", "cache", "resolver", "config")
FOLDERS = tuple(MAY_INCLUDE)
SKIPPED_FOLDERS = {".git", "build", "__pycache__", "corpus", "data"}

# (name, pattern, folders it holds in, files exempt, what to do instead). Comments and the texts in quotes
# are taken out before, but for #include lines.
BANNED = [
    ("clock", r"\b(clock_gettime|gettimeofday|\w+_clock::now|CLOCK_[A-Z]+|std::time|time\(nullptr\))", FOLDERS,
     ("server/clock.cc",), "take `now` as an argument; server/clock.cc reads the only clock"),
    ("random", r"\b(getrandom|std::random_device|std::mt19937\w*|s?rand\(|arc4random\w*|randombytes\w*|drand48)", FOLDERS,
     ("server/random.cc",), "draw from base::Entropy; server/random.cc alone asks the kernel"),
    ("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep\()", FOLDERS, (), "nothing sleeps: wait for an event or a timeout"),
    ("socket", r"(#include <sys/socket\.h>|#include <netinet/|#include <sys/epoll\.h>|#include <liburing)", FOLDERS,
     ("server/control.cc", "server/preflight.cc"), "sockets belong to net"),
    ("thread", r"(std::j?thread\b|#include <thread>|pthread_create)", FOLDERS,
     ("server/worker.h", "server/worker.cc", "server/daemon.cc", "store/store.cc", "store/store.h", "store/load.cc"),
     "threads belong to server/worker and store/store"),
    ("lock", r"std::(condition_variable|recursive_mutex|shared_mutex)", PURE + ("net",), (), "nothing waits for another thread here"),
    ("throw", r"\b(throw|try|catch)\b", PURE + ("net",), ("config/parse.cc",), "return a base::Result"),
    ("rtti", r"\b(dynamic_cast|typeid)\b", FOLDERS, (), "use a variant or an enum"),
    ("coroutine", r"(\bco_(await|return|yield)\b|#include <coroutine>)", FOLDERS + ("tests", "bench"), (), "explicit states: docs/decisions"),
    ("views", r"\bstd::(ranges::)?views\b", FOLDERS + ("tests", "bench"), (), "clang 14 does not take them: write a loop"),
    ("format", r"(\bstd::(format|expected)\b|#include <(format|expected)>)", FOLDERS + ("tests", "bench"), (), "use base::Result and std::to_string or fmt"),
    ("fence", r"\batomic_thread_fence\b", FOLDERS + ("tests", "bench"), (), "order the atomic operation itself: ThreadSanitizer cannot see fences"),
    ("header", r"#include <(iostream|regex)>", FOLDERS, (), "too slow to start and to build: use std::fputs or a small parser"),
    ("printf", r"\b(std::)?(f|s|sn|v)?printf\(", FOLDERS, ("base/check.h",), "use base::log_line"),
    ("assert", r"(\bassert\(|#include <(cassert|assert\.h)>)", FOLDERS, (), "use CHECK, which stays on in every build"),
    ("environment", r"\bgetenv\(", FOLDERS, ("server/control_path.cc",), "the configuration and the command line decide"),
]
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
WORKPLACE = re.compile(r"(?<![\w./])/(wo" r"rk|ho" r"me/[a-z]+)/")


def source_files(root):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if any(part in SKIPPED_FOLDERS or part.startswith("build-") for part in relative.parts):
            continue
        if path.is_file():
            yield relative


def without_comments(text):
    """The code alone, line for line: comments, and the insides of quotes, become spaces."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)
    include = re.compile(r"^\s*#include[^\n]*", re.M)
    kept = {match.start(): match.end() for match in include.finditer(text)}

    def blank(match):
        for start, end in kept.items():
            if start <= match.start() < end and not match.group().startswith("//"):
                return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return pattern.sub(blank, text)


def check_includes(relative, code):
    folder = relative.parts[0]
    if folder not in MAY_INCLUDE:
        return
    for number, line in enumerate(code, 1):
        match = re.match(r'\s*#include "([^"]+)"', line)
        if not match:
            continue
        target = match.group(1).split("/")[0]
        if "/" not in match.group(1) or target not in MAY_INCLUDE:
            yield number, "include", f'"{match.group(1)}" is not a path from the root of the tree'
        elif target != folder and target not in MAY_INCLUDE[folder]:
            yield number, "include", f"{folder} may not include {target}"


def check_banned(relative, code):
    for name, pattern, folders, exempt, instead in BANNED:
        if relative.parts[0] not in folders or str(relative) in exempt:
            continue
        if name == "socket" and relative.parts[0] == "net":
            continue
        for number, line in enumerate(code, 1):
            if re.search(pattern, line):
                yield number, name, instead


def check_functions(relative, code):
    """A function body opens with a line that ends in ') ... {' at the depth of a namespace or a class."""
    depth, start, opened = 0, None, 0
    namespaces = []
    for number, line in enumerate(code, 1):
        stripped = line.strip()
        if start is None and stripped.endswith("{"):
            if re.match(r"(inline )?namespace\b|extern\b|(template\b.*)?(class|struct|union|enum)\b", stripped):
                namespaces.append(depth)
            elif "(" in stripped or stripped.startswith((":", ")")) or stripped == "{" or re.search(r"\)\s*(const|noexcept|override)?", stripped):
                start, opened = number, depth
        depth += line.count("{") - line.count("}")
        if start is not None and depth <= opened:
            if number - start + 1 > FUNCTION_LINES_MAX:
                yield start, "function", f"{number - start + 1} lines; at most {FUNCTION_LINES_MAX}: split it"
            start = None


def check_text(relative, text, lines):
    is_code = relative.suffix in (".cc", ".h", ".inc")
    columns_max = TEST_COLUMNS_MAX if relative.parts[0] == "tests" else COLUMNS_MAX
    if is_code and len(lines) > FILE_LINES_MAX:
        yield len(lines), "file", f"{len(lines)} lines; at most {FILE_LINES_MAX}: one idea a file"
    for number, line in enumerate(lines, 1):
        if relative.suffix in (".cc", ".h") and len(line) > columns_max:
            yield number, "columns", f"{len(line)} columns; at most {columns_max}"
        odd = re.search(r"[^\x20-\x7e\t\u00a7]", line) if is_code else None
        if odd:
            yield number, "ascii", f"character U+{ord(odd.group()):04X}; plain ASCII only"
        if is_code and "\t" in line:
            yield number, "ascii", "a tab; use spaces"
        if UNFINISHED.search(line) and relative.suffix != ".rpl":
            yield number, "unfinished", "finish it, or write an issue"
        if WORKPLACE.search(line):
            yield number, "workplace", "a path of one machine"
    if relative.suffix == ".h":
        if not lines or not lines[0].startswith("//"):
            yield 1, "head", "a header begins with a comment that explains it"
        if "#pragma once" not in lines:
            yield 1, "head", "no #pragma once"


def check_decisions(root):
    folder = root / "docs" / "decisions"
    numbers = {}
    for path in sorted(folder.glob("*")):
        relative = path.relative_to(root)
        match = re.fullmatch(r"(\d{4})-[a-z0-9-]+\.md", path.name)
        if not match:
            yield f"{relative}:1: decision: the name is no NNNN-words-in-lower-case.md"
            continue
        if match.group(1) in numbers:
            yield f"{relative}:1: decision: {match.group(1)} is also {numbers[match.group(1)]}"
        numbers[match.group(1)] = path.name
    for expected, number in enumerate(sorted(numbers), 1):
        if int(number) != expected:
            yield f"docs/decisions/{numbers[number]}:1: decision: {expected:04d} is missing before it"
            break


def findings(root):
    for relative in source_files(root):
        try:
            text = (root / relative).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            if relative.suffix in (".cc", ".h", ".inc"):
                yield f"{relative}:1: ascii: not text"
            continue
        lines = text.splitlines()
        checks = [check_text(relative, text, lines)]
        if relative.suffix in (".cc", ".h", ".inc"):
            code = without_comments(text).split("\n")
            checks += [check_includes(relative, code), check_banned(relative, code)]
            if relative.parts[0] in FOLDERS:
                checks.append(check_functions(relative, code))
        for check in checks:
            for number, rule, what in check:
                yield f"{relative}:{number}: {rule}: {what}"
    yield from check_decisions(root)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    wrong = list(findings(root))
    for line in wrong:
        print(line)
    print(f"{len(wrong)} findings")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
