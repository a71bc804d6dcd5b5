"""What runs in and around the sandbox's processes: plain standard library, nothing of r1data, imported as `inside`.

In order: `launch` gives up root and builds the outer wall (`bubblewrap`, or `namespaces` of our own), `zygote` waits
there with its modules warm, `supervise` takes one program in namespaces of its own, `confine` locks each start of it.
"""
