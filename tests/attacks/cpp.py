"""Attacks in C++, and on its compiler."""

from tests.attacks.attack import ANY, attack

ATTACKS = [
    attack(
        "includes a system file",
        """
        #include "/etc/passwd"
        int main() {}
        """,
        "compile",
        language="cpp",
    ),
    attack(
        "includes the canary",
        """
        #include "@CANARY@"
        int main() {}
        """,
        "compile",
        language="cpp",
    ),
    attack(
        "embeds the canary",
        """
        asm(".incbin \\"@CANARY@\\"");
        int main() {}
        """,
        "compile",
        language="cpp",
    ),
    attack(
        "endless templates",
        """
        template <int N> struct A { enum { v = A<N + 1>::v + A<N + 2>::v }; };
        int main() { return A<0>::v; }
        """,
        "compile",
        language="cpp",
    ),
    attack(
        "huge binary",
        """
        char a[1 << 30] = {1};
        int main() { return a[5]; }
        """,
        "compile",
        language="cpp",
    ),
    attack(
        "fork bomb in C++",
        """
        #include <unistd.h>
        int main() { for (;;) fork(); }
        """,
        ANY,
        language="cpp",
    ),
    attack(
        "memory in C++",
        """
        #include <vector>
        int main() { std::vector<char> v; for (;;) v.resize(v.size() + (1 << 24), 1); }
        """,
        "memory",
        language="cpp",
    ),
    attack(
        "reads the canary",
        """
        #include <fstream>
        #include <iostream>
        int main() { std::ifstream f("@CANARY@"); std::cout << "x" << f.rdbuf(); }
        """,
        "ok",
        language="cpp",
        prints="x",
    ),
    attack(
        "replaces its program",
        """
        #include <cstdio>
        #include <unistd.h>
        int main() { unlink("/opt/program"); puts(fopen("/opt/program", "w") ? "ESCAPED" : "refused"); }
        """,
        language="cpp",
        prints="refused",
    ),
]
