"""Attacks in C++, on its compiler and in JavaScript."""

from dataclasses import replace

from tests.attacks.attack import ANY, TIGHT, attack

NODE = replace(TIGHT, seconds=2.0, memory=96 << 20, processes=16)
CPP = [
    attack("includes a system file", '#include "/etc/passwd"\nint main() {}', "compile", language="cpp"),
    attack("includes the canary", '#include "@CANARY@"\nint main() {}', "compile", language="cpp"),
    attack("embeds the canary", 'asm(".incbin \\"@CANARY@\\"");\nint main() {}', "compile", language="cpp"),
    attack("endless templates", "template <int N> struct A { enum { v = A<N + 1>::v + A<N + 2>::v }; };\nint main() { return A<0>::v; }", "compile", language="cpp"),
    attack("huge binary", "char a[1 << 30] = {1};\nint main() { return a[5]; }", "compile", language="cpp"),
    attack("fork bomb in C++", "#include <unistd.h>\nint main() { for (;;) fork(); }", ANY, language="cpp"),
    attack("memory in C++", "#include <vector>\nint main() { std::vector<char> v; for (;;) v.resize(v.size() + (1 << 24), 1); }", "memory", language="cpp"),
    attack("reads the canary", '#include <fstream>\n#include <iostream>\nint main() { std::ifstream f("@CANARY@"); std::cout << "x" << f.rdbuf(); }', "ok", language="cpp", prints="x"),
    attack("replaces its program", '#include <cstdio>\n#include <unistd.h>\nint main() { unlink("/opt/program"); puts(fopen("/opt/program", "w") ? "ESCAPED" : "refused"); }', language="cpp", prints="refused"),
]  # fmt: skip
JAVASCRIPT = [
    attack("busy loop in node", "for (;;);", "timeout", language="javascript", limits=NODE),
    attack("heap of node", "const a = []; for (;;) a.push(new Array(1e5).fill(a.length));", "memory failed", language="javascript", limits=NODE),
    attack("memory beside the heap", "const a = []; for (;;) a.push(Buffer.alloc(1 << 22, 1));", "memory failed", language="javascript", limits=NODE),
    attack("reads the canary in node", "try { console.log(require('fs').readFileSync('@CANARY@', 'utf8')) } catch (e) { console.log('refused') }", language="javascript", limits=NODE, prints="refused"),
    attack("connects in node", "require('net').connect(@PORT@, '127.0.0.1').on('connect', () => console.log('ESCAPED')).on('error', () => console.log('refused'))", language="javascript", limits=NODE, prints="refused"),
    attack("processes in node", "for (let i = 0; i < 50; i++) require('child_process').spawn('/bin/sleep', ['99'], {detached: true}).on('error', () => {}).unref(); process.exit(0)", ANY, language="javascript", limits=NODE),
    attack("exits in a call of node", "function f() { process.exit(0) }", "failed", language="javascript", limits=NODE, call="f", value=41),
]  # fmt: skip

ATTACKS = [*CPP, *JAVASCRIPT]
