"""Tries every mutant that cargo-mutants lists, all of them in one binary.

Building once for each of some two thousand mutants takes hours. Here each one is woven into the sources
behind a switch, `if crate::switched(17) { mutated } else { original }`, so that one build holds all, and
the tests run once for each with its number in the environment. What the compiler refuses is what
cargo-mutants calls unviable, but for the few that a switch cannot express (in constants, `&&` beside
`let`, `impl Trait`): those are left to cargo-mutants itself. Writes target/mutants/{caught,missed,
unviable,alone}.txt; told names or files, it tries only mutants whose name holds one of them.
"""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed

import tree_sitter_rust
from tree_sitter import Language, Parser

PARSER = Parser(Language(tree_sitter_rust.language()))
OUTPUT = pathlib.Path("target/mutants")
ROOMS = OUTPUT / "rooms"
WOVEN = OUTPUT / "woven"
CPU_SECONDS = 20  # an endless loop ends here; all tests together take one or two
MEMORY_BYTES = 4 << 30
SWITCH = """
/// Whether the mutant is the one to try.
pub fn switched(number: u32) -> bool {
    static ACTIVE: std::sync::LazyLock<Option<u32>> =
        std::sync::LazyLock::new(|| std::env::var("MUTANT").ok()?.parse().ok());
    *ACTIVE == Some(number)
}
"""


class Weaver:
    """One source file with its mutants, some of which are left out."""

    def __init__(self, path, mutants, out):
        self.source = path.read_bytes()
        self.text_lines = self.source.decode().split("\n")
        self.line_starts = [0]
        for line in self.text_lines:
            self.line_starts.append(self.line_starts[-1] + len(line.encode()) + 1)
        self.tree = PARSER.parse(self.source)
        self.mutants = mutants
        self.woven = bytearray()
        self.regions = []  # (start, end, number) in the woven text
        self.starts = {}  # where a function's body starts -> what it may return at once
        self.wholes = {}  # a node -> what may stand in its place
        self.arms = {}  # a match pattern -> (the arm is gone, its guard is another)
        self.inexpressible = [n for n, m in mutants.items() if n not in out and not self.place(n, m)]

    def offset(self, position):
        before = self.text_lines[position["line"] - 1][: position["column"] - 1]
        return self.line_starts[position["line"] - 1] + len(before.encode())

    def enclosing(self, start, end, *kinds):
        node = self.tree.root_node.descendant_for_byte_range(start, end)
        while node is not None and node.type not in kinds:
            node = node.parent
        return node

    def place(self, number, mutant):
        """Notes where a mutant goes; false where no switch can express it."""
        start, end = (self.offset(mutant["span"][side]) for side in ("start", "end"))
        put = mutant["replacement"].encode()
        genre = mutant["genre"]
        if genre == "FnValue":
            if "impl " in mutant["function"]["return_type"]:
                return False
            self.starts.setdefault(start, []).append((number, b"return " + put + b";"))
            return True
        if genre in ("MatchArm", "MatchArmGuard"):
            node = self.enclosing(start, end, "match_arm")
            if node is None:
                return False
            pattern = next(child for child in node.children if child.type == "match_pattern")
            gone, guards = self.arms.setdefault(pattern.start_byte, ([], []))
            gone.append(number) if genre == "MatchArm" else guards.append((number, put))
            return True
        if genre == "BinaryOperator":
            node = self.enclosing(start, end, "binary_expression", "compound_assignment_expr")
            if node is None or all(child.start_byte != start for child in node.children):
                return False
        elif genre == "UnaryOperator":
            node = self.enclosing(start, end, "unary_expression")
            if node is None or node.start_byte != start:
                return False
        elif genre == "StructField":
            node = self.enclosing(start, end, "struct_expression")
            if node is None:
                return False
            comma = self.source.find(b",", end)
            if comma >= 0 and not self.source[end:comma].strip():
                end = comma + 1
        else:
            return False
        changed = self.source[node.start_byte : start] + put + self.source[end : node.end_byte]
        self.wholes.setdefault((node.start_byte, node.end_byte, node.type), []).append((number, changed))
        return True

    def weave(self):
        root = self.tree.root_node
        self.copy(0, root.start_byte)
        self.node(root)
        self.copy(root.end_byte, len(self.source))
        return bytes(self.woven)

    def switch(self, number, then, after):
        start = len(self.woven)
        self.woven += b"if crate::switched(%d) { " % number + then + b" }" + after
        self.regions.append((start, len(self.woven), number))

    def start(self, at):
        for number, then in self.starts.pop(at, []):
            self.switch(number, then, b" ")

    def copy(self, start, end):
        for at in sorted(at for at in self.starts if start <= at < end):
            self.woven += self.source[start:at]
            self.start(at)
            start = at
        self.woven += self.source[start:end]

    def children(self, node, before=None):
        at = node.start_byte
        for child in node.children:
            if before is not None and child.start_byte >= before:
                return
            self.copy(at, child.start_byte)
            self.node(child)
            at = child.end_byte
        self.copy(at, node.end_byte)

    def node(self, node):
        self.start(node.start_byte)
        if node.type == "token_tree" or not node.children:
            self.copy(node.start_byte, node.end_byte)
        elif node.type == "match_pattern" and node.start_byte in self.arms:
            self.arm(node)
        elif wholes := self.wholes.get((node.start_byte, node.end_byte, node.type)):
            self.woven += b"("
            for number, changed in wholes:
                self.switch(number, changed, b" else ")
            self.woven += b"{ "
            self.children(node)
            self.woven += b" })"
        else:
            self.children(node)

    def arm(self, pattern):
        gone, guards = self.arms[pattern.start_byte]
        guard = pattern.child_by_field_name("condition")
        before = guard and next(c.start_byte for c in reversed(pattern.children) if c.type == "if")
        self.children(pattern, before)
        self.woven += b" if true"
        for number in gone:
            start = len(self.woven)
            self.woven += b" && !crate::switched(%d)" % number
            self.regions.append((start, len(self.woven), number))
        if guard is not None:
            self.woven += b" && ("
            for number, other in guards:
                self.switch(number, other, b" else ")
            self.woven += b"{ "
            self.node(guard)
            self.woven += b" })"


def blamed(message, weavers):
    """The mutants that an error of the compiler is about."""
    for span in sorted(message["spans"], key=lambda span: not span["is_primary"]):
        weaver = weavers.get(span["file_name"])
        hits = [r for r in weaver.regions if r[0] <= span["byte_start"] < r[1]] if weaver else []
        if hits:
            return {min(hits, key=lambda region: region[1] - region[0])[2]}
    if (message.get("code") or {}).get("code") == "E0004":  # without the arm not every case is matched
        span = next(span for span in message["spans"] if span["is_primary"])
        weaver = weavers[span["file_name"]]
        tree = PARSER.parse(bytes(weaver.woven))
        node = tree.root_node.descendant_for_byte_range(span["byte_start"], span["byte_end"])
        while node.type != "match_expression":
            node = node.parent
        return {
            number
            for start, end, number in weaver.regions
            if node.start_byte <= start < node.end_byte and weaver.mutants[number]["genre"] == "MatchArm"
        }
    return set()


def build(mutants):
    """Weaves and builds until the compiler takes it: the binary, what it refused, what no switch expresses."""
    shutil.copytree(ROOMS, WOVEN, dirs_exist_ok=True)
    with open(WOVEN / "src/lib.rs", "a") as library:
        library.write(SWITCH)
    files = {}
    for number, mutant in enumerate(mutants):
        files.setdefault(mutant["file"], {})[number] = mutant
    unviable, alone = set(), set()
    while True:
        weavers = {}
        for file, among in files.items():
            weavers[file] = weaver = Weaver(ROOMS / file, among, unviable | alone)
            (WOVEN / file).write_bytes(weaver.weave())
            alone.update(weaver.inexpressible)
        cargo = ["cargo", "test", "--lib", "--no-run", "--message-format=json"]
        environment = dict(os.environ, RUSTFLAGS="--cap-lints allow")
        lines = subprocess.run(cargo, cwd=WOVEN, env=environment, stdout=subprocess.PIPE, text=True).stdout
        told = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
        binary = next((one["executable"] for one in told if one.get("executable")), None)
        if binary:
            return binary, unviable, alone
        refused = set()
        for one in told:
            if one["reason"] == "compiler-message" and one["message"]["level"] == "error":
                about = blamed(one["message"], weavers)
                refused |= about
                constant = "in constants" in one["message"]["message"]
                arm = any(mutants[number]["genre"] == "MatchArm" for number in about)
                (alone if constant or arm else unviable).update(about)
        if not refused:
            sys.exit("The woven sources do not build, and no mutant is to blame; see above.")


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def survives(binary, number, *arguments):
    """Whether all tests pass with the mutant."""
    environment = dict(os.environ, MUTANT=str(number), RUSTC_BOOTSTRAP="1", RUST_BACKTRACE="0")
    command = [binary, "-Zunstable-options", "--fail-fast", "--test-threads=1", "--quiet", *arguments]
    quiet = subprocess.DEVNULL
    return subprocess.run(command, env=environment, stdout=quiet, stderr=quiet, preexec_fn=limit).returncode == 0


def attempt(binary, number, mutant):
    """The room's own tests first: they are quick, and they catch the most."""
    room = mutant["file"].split("/")[1]
    quick = [f"{room}::", "--skip", "any_order", "--skip", "no_operation_multiplies"]
    return number, not (survives(binary, number, *quick) and survives(binary, number))


def main():
    mutants = json.loads((OUTPUT / "list.json").read_text())
    binary, unviable, alone = build(mutants)
    if not survives(binary, -1):
        sys.exit("The tests fail without any mutant.")
    wanted = [
        number
        for number, mutant in enumerate(mutants)
        if number not in unviable | alone
        and (len(sys.argv) == 1 or any(word in mutant["name"] for word in sys.argv[1:]))
    ]
    results = {True: set(), False: set()}
    with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        tries = [pool.submit(attempt, binary, number, mutants[number]) for number in wanted]
        for count, done in enumerate(as_completed(tries), 1):
            number, caught = done.result()
            results[caught].add(number)
            if count % 100 == 0:
                print(f"{count} of {len(wanted)}: {len(results[False])} missed", flush=True)
    kinds = {"caught": results[True], "missed": results[False], "unviable": unviable, "alone": alone}
    for kind, numbers in kinds.items():
        names = [mutants[number]["name"] + "\n" for number in sorted(numbers)]
        (OUTPUT / f"{kind}.txt").write_text("".join(names))
    share = len(results[True]) / max(1, len(wanted))
    print(", ".join(f"{len(numbers)} {kind}" for kind, numbers in kinds.items()) + f": {share:.1%} caught")


main()
