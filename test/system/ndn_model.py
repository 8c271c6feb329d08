# SPDX-License-Identifier: BSD-3-Clause
"""A forwarder as plainly as it can be said: lists and dictionaries, no hashes, no wheels, no pools.

What it must do is what lib/ccn/ccn_fwd.c says in its essay; test_ccn_model.py compares the two. Times are in
microseconds, faces are numbers; what is sent is a list of (face, kind, fields).
"""
TICK = 14                       # 16.384 ms: the grain of expiry and of the dead nonce list
DEAD_LIFE = 6000000 >> TICK
PAUSE, PAUSE_MAX = 10000, 250000
BEST, ALL, TURNS = 0, 1, 2
CONGESTION, DUPLICATE, NO_ROUTE = 50, 100, 150


class Entry:
    def __init__(self, key):
        self.key = key          # (name, can_be_prefix, must_be_fresh)
        self.waiting = {}       # face: [nonce, expiry, token]
        self.asked = {}         # face: [nonce, expiry, sent, nack or None]
        self.expiry = 0
        self.pause = 0
        self.last_sent = 0


class StoreNode:
    """A name of the store's tree; children that were stored last come first."""

    def __init__(self, parent):
        self.parent, self.children, self.data = parent, {}, None


class Store:
    def __init__(self):
        self.root = StoreNode(None)

    def _find(self, name):
        node = self.root
        for component in name:
            node = node and node.children.get(component)
        return node

    def put(self, name, content, fresh_until):
        node = self._find(name)
        if node and node.data:
            node.data = None
            for depth in range(len(name), 0, -1):       # what leads to nothing goes
                if node.children or node.data:
                    break
                node = node.parent
                del node.children[name[depth - 1]]
        node = self.root
        for component in name:
            if component not in node.children:
                node.children = {component: StoreNode(node), **node.children}
            node = node.children[component]
        node.data = (name, content, fresh_until)

    def count(self):
        def below(node):
            return bool(node.data) + sum(below(c) for c in node.children.values())

        return below(self.root)

    def get(self, name, prefix, fresh, now):
        def suits(node):
            return node.data and (not fresh or node.data[2] > now)

        def walk(node):
            if suits(node):
                return node.data
            return next((d for c in node.children.values() if (d := walk(c))), None)

        node = self._find(name)
        if not node:
            return None
        return walk(node) if prefix else node.data if suits(node) else None


class Model:
    def __init__(self, shared, routes):
        """shared: faces on links of many. routes: {name: (strategy, [(face, cost, weight)])}."""
        self.shared, self.routes = shared, {}
        for name, (strategy, hops) in routes.items():
            hops = sorted(hops, key=lambda h: h[1])
            self.routes[name] = (strategy, [h[0] for h in hops], self._schedule([h[2] for h in hops]))
        self.turn = {name: 0 for name in routes}
        self.pit, self.store, self.dead = {}, Store(), {}
        self.now, self.sent = 0, []

    @staticmethod
    def _schedule(weights):
        credit, turns = [0] * len(weights), []
        for _ in range(sum(weights)):
            credit = [c + w for c, w in zip(credit, weights)]
            best = credit.index(max(credit))
            credit[best] -= sum(weights)
            turns.append(best)
        return turns

    # time

    def tick(self, now):
        self.now = now
        for key in [k for k, e in self.pit.items() if e.expiry >> TICK < now >> TICK]:
            self._end(key)

    def _end(self, key):
        entry = self.pit.pop(key)
        for nonce, *_ in entry.asked.values():
            self.dead[key[0], nonce] = self.now >> TICK

    def _entry(self, key):
        entry = self.pit.get(key)
        if entry and entry.expiry <= self.now:
            self._end(key)
            return None
        return entry

    # packets

    def interest(self, face, name, nonce, prefix, fresh, lifetime, hops, token):
        packet = dict(name=name, nonce=nonce, prefix=prefix, fresh=fresh, lifetime=lifetime, hops=hops)
        if hops == 0:
            return
        if hops:
            packet["hops"] = hops = hops - 1
        if name[0] == "localhost":
            return
        key = (name, prefix, fresh)
        entry = self._entry(key)
        if self._loop(face, entry, name, nonce):
            self._nack(face, packet, DUPLICATE, token)
            return
        if not entry:
            found = self.store.get(name, prefix, fresh, self.now)
            if found:
                self._data(face, found[0], found[1], token, 0)
                return
            entry = self.pit[key] = Entry(key)
        until = self.now + min(4000 if lifetime is None else lifetime, 60000) * 1000
        entry.waiting[face] = [nonce, until, token]
        entry.expiry = max(entry.expiry, until)
        self._forward(face, entry, packet, until, token)

    def _loop(self, face, entry, name, nonce):
        if (self.now >> TICK) - self.dead.get((name, nonce), -10 ** 9) <= DEAD_LIFE:
            return True
        if not entry:
            return False
        if face not in self.shared and entry.waiting.get(face, [None])[0] == nonce:
            return False
        return nonce in [w[0] for w in entry.waiting.values()] + [a[0] for a in entry.asked.values()]

    def _route(self, name):
        for n in range(len(name), -1, -1):
            if name[:n] in self.routes:
                return name[:n]
        return None

    def _forward(self, face, entry, packet, until, token):
        if packet["hops"] == 0:
            if not entry.asked:
                del self.pit[entry.key]
            return
        route = None if packet["name"][0] == "localhop" else self._route(packet["name"])
        if route is not None and self._strategy(face, route, entry, packet, until):
            return
        if not entry.asked:
            self._nack(face, packet, NO_ROUTE, token)
            del self.pit[entry.key]

    def _strategy(self, face, route, entry, packet, until):
        """True: sent, or not so soon."""
        strategy, hops, schedule = self.routes[route]
        again = any(a[1] > self.now for a in entry.asked.values())
        if again and self.now - entry.last_sent < entry.pause:
            return True
        entry.pause = min(entry.pause * 2, PAUSE_MAX) if again else PAUSE
        start = 0
        if strategy == TURNS:
            start = schedule[self.turn[route] % len(schedule)]
            self.turn[route] += not again
        others = [h for h in hops[start:] + hops[:start] if h != face]
        if strategy == ALL:
            chosen = others
        else:
            chosen = [h for h in others if not self._waits_for(entry, h)][:1]
            if not chosen and again:
                asked = [h for h in hops if h != face and h in entry.asked]
                chosen = [min(asked, key=lambda h: entry.asked[h][2])] if asked else []
        for hop in chosen:
            self._ask(hop, entry, packet, until)
        return bool(chosen) or again

    def _waits_for(self, entry, face):
        return face in entry.asked and entry.asked[face][1] > self.now

    def _ask(self, face, entry, packet, until):
        entry.asked[face] = [packet["nonce"], until, self.now, None]
        entry.last_sent = self.now
        self.sent.append((face, "interest", packet))

    def data(self, face, name, content, freshness, mark):
        if name[0] == "localhost":
            return
        found = [k for k in self.pit if name[:len(k[0])] == k[0] and (k[1] or len(k[0]) == len(name))]
        found = [k for k in found if self._entry(k)]
        if not found:
            return
        self.store.put(name, content, self.now + freshness * 1000 if freshness else 0)
        for key in found:
            for to, (_, until, token) in self.pit[key].waiting.items():
                if to != face and until > self.now:
                    self._data(to, name, content, token, mark)
            self._end(key)

    def nack(self, face, name, nonce, prefix, fresh, lifetime, hops, reason):
        packet = dict(name=name, nonce=nonce, prefix=prefix, fresh=fresh, lifetime=lifetime, hops=hops)
        entry = None if face in self.shared else self._entry((name, prefix, fresh))
        if not entry or face not in entry.asked:
            return
        asked = entry.asked[face]
        if asked[0] != nonce or asked[3] is not None:
            return
        asked[3] = reason
        route = self._route(name)
        strategy, next_hops, _ = self.routes.get(route, (ALL, [], []))
        if strategy != ALL:
            for hop in next_hops:
                waits = any(w != hop and r[1] > self.now for w, r in entry.waiting.items())
                if waits and not self._waits_for(entry, hop):
                    until = self.now + min(4000 if lifetime is None else lifetime, 60000) * 1000
                    self._ask(hop, entry, packet, until)
                    return
        if any(a[3] is None and a[1] > self.now for a in entry.asked.values()):
            return
        least = min([a[3] or 10 ** 9 for a in entry.asked.values() if a[3] is not None])
        for to, (own_nonce, until, token) in entry.waiting.items():
            if until > self.now:
                self._nack(to, {**packet, "nonce": own_nonce}, 0 if least == 10 ** 9 else least, token)
        self._end(entry.key)

    def _data(self, face, name, content, token, mark):
        self.sent.append((face, "data", dict(name=name, content=content, token=token, mark=mark)))

    def _nack(self, face, packet, reason, token):
        if face not in self.shared:
            self.sent.append((face, "nack", {**packet, "reason": reason, "token": token}))
