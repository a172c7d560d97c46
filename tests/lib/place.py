# SPDX-License-Identifier: Apache-2.0
"""A world, a terminal, and somebody in the middle (proxy.Relay, insider.Insider) through whom it reaches the service."""
import base64
import json
import sqlite3

from world import MEMBERS, World, wait_for

CARD = MEMBERS[0][0]
NOTICES = ("trust", "shop", "lease", "revoked")


class Place:
    """middle(service) is who stands there; None: nobody, the world itself has a wire."""

    def __init__(self, root, middle, world=None):
        self.world = (world or World(root)).begin()
        self.world.policy(revoked_every_s=0, offline_per_card_day=100)
        self.t = self.world.terminal(start=False)
        if middle:
            self.middle = middle(self.world.service)
            self.middle.state = self.t.state
            ini = self.t.state / "terminal.ini"
            ini.write_text(ini.read_text().replace(f":{self.world.service.port}", f":{self.middle.port}"))
        self.t.start().wait_online().wait_leased()
        self.qr = self.world.qr(CARD)

    def sell(self, total="100", qr=None):
        return self.t.huika("sell", total, "--scan", qr or self.qr, "--yes")

    def heal(self):
        self.middle.heal()
        self.t.wait_online().wait_synced()
        self.t.wait_leased()
        wait_for("a lease that names what is held", self.settled)
        return self

    def settled(self):
        held, lease = self.t.status["notices"], json.loads(base64.b64decode(self.notice("lease")["payload"]))
        return all(lease[k]["version"] == held[k]["version"] for k in ("trust", "shop", "revoked"))

    def held(self):
        """The notices and lists of the state directory, byte for byte."""
        files = [self.t.state / f"{k}.json" for k in NOTICES] + sorted(self.t.state.glob("revoked-*.bin"))
        return {f.name: f.read_bytes() for f in files}

    def notice(self, kind):
        return json.loads((self.t.state / f"{kind}.json").read_text())

    def sold(self):
        with sqlite3.connect(f"file:{self.t.state}/journal.db?mode=ro", uri=True) as db:
            return [json.loads(r[0]) for r in db.execute("SELECT body FROM records WHERE kind = 2 ORDER BY id")]

    def balanced(self):
        """Every sale of the journal is counted by the service, once."""
        self.t.wait_synced()
        mine, theirs = self.sold(), self.world.admin("shop", "show", self.t.shop).json
        assert theirs["sales"]["count"] == len(mine) and theirs["sales"]["total_fen"] == sum(s["total_fen"] for s in mine)
        assert sorted(s["sale_id"] for s in theirs["latest"]) == sorted(s["sale_id"] for s in mine[-20:])
        assert len({s["sale_id"] for s in mine}) == len(mine)
        assert theirs["terminals"][0]["state"] == "active"

    def close(self):
        self.middle.close()
        self.world.end()
