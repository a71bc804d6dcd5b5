"""Attacks in JavaScript."""

from dataclasses import replace

from tests.attacks.attack import ANY, TIGHT, attack

NODE = replace(TIGHT, seconds=2.0, memory=96 << 20, processes=16)
ATTACKS = [
    attack(
        "busy loop in node",
        "for (;;);",
        "timeout",
        language="javascript",
        limits=NODE,
    ),
    attack(
        "heap of node",
        "const a = []; for (;;) a.push(new Array(1e5).fill(a.length));",
        "memory failed",
        language="javascript",
        limits=NODE,
    ),
    attack(
        "memory beside the heap",
        "const a = []; for (;;) a.push(Buffer.alloc(1 << 22, 1));",
        "memory failed",
        language="javascript",
        limits=NODE,
    ),
    attack(
        "reads the canary in node",
        """
        try { console.log(require('fs').readFileSync('@CANARY@', 'utf8')) } catch (e) { console.log('refused') }
        """,
        language="javascript",
        limits=NODE,
        prints="refused",
    ),
    attack(
        "connects in node",
        """
        const socket = require('net').connect(@PORT@, '127.0.0.1')
        socket.on('connect', () => console.log('ESCAPED')).on('error', () => console.log('refused'))
        """,
        language="javascript",
        limits=NODE,
        prints="refused",
    ),
    attack(
        "processes in node",
        """
        const {spawn} = require('child_process')
        for (let i = 0; i < 50; i++) spawn('/bin/sleep', ['99'], {detached: true}).on('error', () => {}).unref()
        process.exit(0)
        """,
        ANY,
        language="javascript",
        limits=NODE,
    ),
    attack(
        "exits in a call of node",
        "function f() { process.exit(0) }",
        "failed",
        language="javascript",
        limits=NODE,
        call="f",
        value=41,
    ),
]
