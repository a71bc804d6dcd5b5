"""Attacks over the network, of which there is none."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "tcp",
        """
        import socket
        attempt("tcp", lambda: socket.create_connection(("127.0.0.1", @PORT@), 1))
        """,
        prints="refused",
    ),
    attack(
        "udp",
        """
        import socket
        attempt(
            "udp",
            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", @PORT@)),
        )
        """,
        prints="refused",
    ),
    attack(
        "names",
        """
        import socket
        attempt("dns", lambda: socket.getaddrinfo("example.com", 80))
        """,
        prints="refused",
    ),
    attack(
        "abstract socket",
        """
        import socket
        attempt("unix", lambda: socket.socket(socket.AF_UNIX).connect("@ABSTRACT@"))
        """,
        prints="refused",
    ),
    attack(
        "other families",
        """
        import socket
        for family in range(46):
            for kind in (1, 2, 3, 5):
                attempt(str(family), lambda: socket.socket(family, kind))
        """,
        prints="refused 16",
    ),
    attack(
        "sends a socket on",
        """
        import socket
        a, b = socket.socketpair()
        attempt("bind", lambda: b.bind("/tmp/x"))
        attempt("connect", lambda: a.connect("@ABSTRACT@"))
        """,
        prints="refused connect",
    ),
]
