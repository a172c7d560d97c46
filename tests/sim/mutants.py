#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""mutants.py BUILD [WORD]: plants one bug at a time in a copy of one source file, builds a simulator with it, and wants it to go red;
then makes sure that a printed seed repeats a run to the last line. A bug that nobody notices, or that no longer fits the source, is a
failure. V=1 prints who was caught by what. WORD: only bugs with it in their name."""
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
OFFLINE, TIME, CHECKOUT, STEP = ("client/core/" + f for f in ("offline.c", "offline_time.c", "checkout.c", "step.c"))
NOTICES, SYNC_DOWN, SYNC_UP, CHAIN, SYNC_OFFLINE = ("client/ports/" + f for f in ("notices.c", "sync_down.c", "sync_up.c", "sync_chain.c", "sync_offline.c"))
VOIDS = "client/terminal/voids.c"
SEED = "7"
CORE, WHOLE = "huika-sim", "huika-sim-whole"
SHOPS = {CORE: "400", WHOLE: "20"}

# (what a tired engineer might have done, file, text, text instead, what the simulator must say)
MUTANTS = [
    ("stop_at forgotten", OFFLINE, "if (now_utc_ms >= l->stop_at_utc_ms)", "if (now_utc_ms < 0)", "stop_at|longer than its lease|contests"),
    ("allowance of sales off by one", OFFLINE, "used_up(o->used.sales, 1, l->allowance.sales)", "used_up(o->used.sales, 0, l->allowance.sales)", "allowance"),
    ("amount of this sale not counted", OFFLINE, "used_up(o->used.amount_fen, s->total_fen, o->lease.allowance.amount_fen)", "used_up(o->used.amount_fen, 1, o->lease.allowance.amount_fen)", "allowance"),
    ("starts not counted", OFFLINE, "o->used.starts > l->allowance.starts || ", "", "allowance"),
    ("keyed allowance forgotten", OFFLINE, "return used ? ERR_ALLOWANCE_USED : ERR_OK;", "return used && s->now_utc_ms < 0 ? ERR_ALLOWANCE_USED : ERR_OK;", "allowance"),
    ("numbers sold against the policy", OFFLINE, "if (!s->trust->offline_keyed)", "if (!s->trust->offline_qr)", "policy"),
    ("cards not told apart", OFFLINE, "used_up(sold_today(o, tag), 1, o->lease.allowance.per_card_day)", "used_up(sold_today(o, tag), 0, o->lease.allowance.per_card_day)", "too often"),
    ("revoked cards not looked up", OFFLINE, "return revoked_has(&o->list, revoked_value(s->card->token)) ? ERR_CARD_REVOKED : ERR_OK;", "return ERR_OK;", "revoked"),
    ("missing notices overlooked", OFFLINE, "return held->version > named->version ||", "return held->version > 0 || held->version > named->version ||", "names"),
    ("the same lease once more is a fresh one", OFFLINE, "    if (!same)\n        o->used", "    if (same || !same)\n        o->used", "allowance|contests"),
    ("another terminal's lease taken", OFFLINE, "return ours ? ERR_OK : ERR_BAD_NOTICE;", "return ours || l->epoch == o->epoch ? ERR_OK : ERR_BAD_NOTICE;", "another terminal|contests|without its lease"),
    ("a forked journal sold on", OFFLINE, "if (o->forked)", "if (o->forked && now_utc_ms < 0)", "forked"),
    ("sales of today forgotten at a start", OFFLINE, "if (s->verdict != VERDICT_PROVISIONAL || !o->has_lease || s->lease < o->lease.version)", "if (s->verdict != VERDICT_PROVISIONAL || !o->has_lease || s->lease <= o->lease.version)", "allowance"),
    ("the floor ignored", TIME, "return wall_ms > floor ? wall_ms : floor;", "return wall_ms > 0 ? wall_ms : floor;", "longer than its lease|contests"),
    ("the floor stands still", TIME, "return t->utc_ms + (boot_ms > t->boot_ms ? boot_ms - t->boot_ms : 0);", "return t->utc_ms;", "longer than its lease"),
    ("a lease does not raise the floor", TIME, "    if (utc_ms <= offline_time_floor(t, boot_ms))\n        return false;", "    if (utc_ms)\n        return false;", "longer than its lease"),
    ("the offline rule not asked at the confirmation", CHECKOUT, "c->verdict == VERDICT_PROVISIONAL && !step_offline_still(c, env, acts)", "false && !step_offline_still(c, env, acts)", "allowance|stop_at|too often|longer|revoked|names|lease"),
    ("news about the shop not heard at the counter", CHECKOUT, "    if (!live || c->appending)\n        return;", "    if (live || c->appending)\n        return;", "delisting"),
    ("standing never asked", "client/core/standing.c", "    case STANDING_DELISTED:\n        return ERR_SHOP_DELISTED;", "    case STANDING_DELISTED:\n        return ERR_OK;", "delisting"),
    ("a forgery let through", CHECKOUT, "    if (c->proved)\n        return true;\n    c->ask++;", "    if (c->proved || !c->proved)\n        return true;\n    c->ask++;", "forged"),
    ("expiry not looked at", CHECKOUT, "int32_t day = tm_day(env->now_utc_ms);", "int32_t day = tm_day(0);", "expiry"),
    ("a late no not heard", CHECKOUT, "c->asking && has_card(c)", "c->asking && c->state == CHECKOUT_VERIFYING", "said no"),
    ("an answer to another card heard", CHECKOUT, "return ask == c->ask && c->asking", "return ask <= c->ask && c->asking", "member's card"),
    ("a limited offer not reserved", STEP, "} else if (limited && c->verdict == VERDICT_MEMBER) {", "} else if (limited && c->verdict == VERDICT_REFUSED) {", "reservation"),
    ("a reservation of another card kept", STEP, "    step_drop_hold(c, acts);\n    step_wipe(c);\n    c->ask++; /* answers", "    step_wipe(c);\n    c->ask++; /* answers", "reservation|member's card"),
    ("applied, but not on disk", "tests/sim/till.c", "#ifdef SIM_BUG_EARLY", "#if 1", "lost|nobody knows"),
    ("allowance refilled by a start", "tests/sim/till.c", "#ifndef SIM_BUG_REFILL", "#if 0", "allowance|contests"),
    ("sent again, counted again", "tests/sim/service.c", "for (size_t i = a->head.seq; i < t->disk.rec_cnt; i++)", "for (size_t i = from; i < t->disk.rec_cnt; i++)", "counted 2 times|contests"),
    ("a journal that does not fit taken", "tests/sim/service.c", "            return fork(s, t, from);\n    }", "            continue;\n    }", "nobody knows|lost"),
    ("older notices obeyed", "proto/notice.c", "    if (n->version < held_version)\n        return ERR_NOTICE_OLDER;", "    if (n->version < held_version)\n        return ERR_OK;", "older one"),
]

# The same in what the whole terminal is made of. The number: a shop that catches it, tried before all of them.
WHOLE_MUTANTS = [
    ("a signature not looked at", NOTICES, "    enum err e = notice_verify_at(in, notices_has(n, NOTICE_TRUST) ? &n->trust : NULL, judged_at(in, now_utc_ms));", "    enum err e = now_utc_ms + judged_at(in, 0) < 0 ? ERR_BAD_SIGNATURE : ERR_OK;", "nobody signed", 0),
    ("a notice obeyed that is not on disk", NOTICES, "        e = state_write(s, files[in->kind], text->data, text->len);", "        e = text && s ? ERR_OK : ERR_IO;", ".", 0),
    ("floor_reset not done", SYNC_DOWN, "    if (s->c.floor && t->reset_floor_utc_ms >= 0)", "    if (s->c.floor && t->reset_floor_utc_ms > INT64_MAX - 1)", "off for good|never sells", 11),
    ("a lease's date does not raise the floor", SYNC_DOWN, "        floor_raise(s->c.floor, l.issued_utc_ms);\n    s->fresh_lease", "        (void)l;\n    s->fresh_lease", "longer than its lease|contests|off for good", 0),
    ("a fork refused and sold on", CHAIN, "        s->c.offline->forked = true;\n    if (s->keep", "        s->c.offline->forked = false;\n    if (s->keep", "forked|cut short", 2),
    ("today's cards forgotten at a start", SYNC_OFFLINE, "        (void)offline_mark(o, &sale, tag); /* too many", "        (void)tag; /* too many", "too often", 20),
    ("applied, though the journal said no", "client/terminal/act.c", "    checkout_appended(&s->c, &env, e, seq, &acts);", "    checkout_appended(&s->c, &env, ERR_OK, seq, &acts);", "nothing is on disk", 0),
    ("a return not counted", VOIDS, "    if (v->body->returned_fen > k->returned_fen)", "    if (v->body->returned_fen > k->returned_fen + INT32_MAX)", "more than was sold|forgot|lost", 0),
    ("another terminal's sale taken back without a word", VOIDS, "    enum err e = j->own ? void_compute(&j->sale, j->kind, j->amount_fen, &v) : ERR_OFFLINE_ELSEWHERE;", "    const struct void_sale any = {j->own ? j->sale.total_fen : 100, j->sale.discount_fen, j->sale.returned_fen};\n    enum err e = void_compute(&any, j->kind, j->amount_fen, &v);", "by itself", 0),
    ("why a sale is contested not kept", "client/ports/journal_read.c", "        sqlite3_bind_text(s, 3, err_code(r->code), -1, SQLITE_STATIC);", "        sqlite3_bind_null(s, 3);", "the terminal has it as", 1),
    ("a list of revoked cards in force without its notice", "client/ports/revfile.c", "    if (!f->next.p)\n        return;\n    unmap(&f->held);\n    f->held = f->next;", "    if (!f->next.p)\n        return;\n    unmap(&f->next);\n    return;\n    f->held = f->next;", "revoked", 2),
]


def commands():
    """How make builds and links the simulator."""
    out = subprocess.run(["make", "-s", "--no-print-directory", "print-sim", f"BUILD={sys.argv[1]}"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    compile_line, core, whole = out.strip().split("\n")
    return shlex.split(compile_line), {CORE: shlex.split(core), WHOLE: shlex.split(whole)}


def run(sim, *args):
    return subprocess.run([sim, "--seed", SEED, *args], capture_output=True, text=True, timeout=300, check=False)


def build(mutant, how, work, which):
    """The simulator with the bug in it; or a complaint."""
    path, old, new = mutant[1:4]
    compile_with, link_with = how[0], how[1][which]
    text = (ROOT / path).read_text(encoding="utf-8")
    if text.count(old) != 1:
        return None, f"does not fit the source any more ({text.count(old)} places)"
    (work / "mutant.c").write_text(text.replace(old, new), encoding="utf-8")
    got = subprocess.run([*compile_with, "-w", "-g0", "-c", "-o", work / "mutant.o", work / "mutant.c"], cwd=ROOT, capture_output=True, text=True, check=False)
    if got.returncode:
        return None, "does not build: " + got.stderr[:300]
    own = path.replace(".c", ".o")
    rest = [a for a in link_with if not a.endswith("/obj/" + own)]
    first = next(i for i, a in enumerate(rest) if a.endswith(".o"))
    got = subprocess.run([*rest[:first], work / "mutant.o", *rest[first:], "-o", work / "sim"], cwd=ROOT, capture_output=True, text=True, check=False)
    return (work / "sim", None) if got.returncode == 0 else (None, "does not link: " + got.stderr[:300])


def judge(mutant, how):
    """(what the simulator said, complaint): one of them None."""
    which = WHOLE if len(mutant) == 6 else CORE
    with tempfile.TemporaryDirectory() as d:
        sim, why = build(mutant, how, pathlib.Path(d), which)
        if not sim:
            return None, why
        runs = [["--shops", SHOPS[which]]]
        if which == WHOLE:
            runs.insert(0, ["--from", str(mutant[5]), "--shops", "1"])
        for args in runs:
            got = run(sim, "--some", *args)
            said = re.search(r"shop (\d+): (.*)", got.stdout)
            if got.returncode == 1 and said:
                break
        if got.returncode == 0 or not said:
            return None, "not noticed" if got.returncode == 0 else f"ended with {got.returncode}"
        if not re.search(mutant[4], got.stdout):
            return None, f"noticed for another reason: {said[2]}"
        again = run(sim, "--shops", "1", "--from", said[1])
        if f"shop {said[1]}: {said[2]}" not in again.stdout:
            return None, f"seed {SEED} and shop {said[1]} do not repeat it"
        return f"shop {said[1]}: {said[2]}", None


def replays(which, *args):
    runs = [run(f"{sys.argv[1]}/{which}", "--trace", *args) for _ in range(2)]
    return runs[0].stdout == runs[1].stdout and runs[0].stdout.count("\n") > 1000


def main():
    bad = 0
    for which, args in ((CORE, ["--shops", "20"]), (WHOLE, ["--shops", "2", "--some"])):
        if not replays(which, *args):
            bad += 1
            print(f"{which}: a seed does not repeat its run")
    how = commands()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wanted = [m for m in WHOLE_MUTANTS + MUTANTS if len(sys.argv) < 3 or sys.argv[2] in m[0]]
        results = list(pool.map(lambda m: judge(m, how), wanted))
    for mutant, (caught, why) in zip(wanted, results):
        if not caught:
            bad += 1
            print(f"planted bug '{mutant[0]}': {why}")
        elif os.environ.get("V"):
            print(f"'{mutant[0]}': {caught}")
    print(f"planted bugs: {sum(1 for c, _ in results if c)} of {len(wanted)} caught")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
