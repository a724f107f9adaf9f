#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Connect, lose, connect again, with the class that this library is the counterpart of.

    twisted_cycle.py PORT CLIENTS CYCLES
"""
import json
import resource
import socket
import sys
import time

from twisted.application.internet import ClientService
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol

PORT, CLIENTS, CYCLES = (int(word) for word in sys.argv[1:])
WARM_UP = CYCLES // 10


def now():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, time.monotonic()


class Lost(Protocol):
    lost = 0
    retries = 0
    begin = (0.0, 0.0)

    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        self.transport.setTcpKeepAlive(True)
        handle = self.transport.getHandle()
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 55000)

    def connectionLost(self, reason):
        Lost.lost += 1
        if Lost.lost == WARM_UP:
            Lost.begin = now()
        elif Lost.lost == WARM_UP + CYCLES:
            processor, wall = (b - a for a, b in zip(Lost.begin, now()))
            print(json.dumps({"cpu_per_10000": processor / CYCLES * 1e4,
                              "wall_per_10000": wall / CYCLES * 1e4,
                              "failed": max(0, Lost.retries - Lost.lost)}))
            reactor.stop()


def at_once(failures):
    Lost.retries += 1
    return 0


for _ in range(CLIENTS):
    endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", PORT)
    ClientService(endpoint, Factory.forProtocol(Lost), retryPolicy=at_once).startService()
reactor.run()
