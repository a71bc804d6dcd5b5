"""The code that runs in the sandbox's processes: standard library only, nothing of r1data, imported as `inside`.

In order: `launch` gives up root and builds the outer isolation (`bubblewrap`, or `namespaces`), `zygote` waits
inside with its modules imported, `supervise` runs one program after the other in its own namespaces, `confine`
applies the limits to each start.
"""
