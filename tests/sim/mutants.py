#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""mutants.py BUILD: plants one bug at a time in a copy of client/core, proto or the simulated disk, builds the simulator with it, and
wants it to go red; then makes sure that a printed seed repeats a run to the last line. A bug that nobody notices, or that no longer
fits the source, is a failure. Prints who was caught by what."""
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
SEED, SHOPS = "7", "400"

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
    ("a late no not heard", CHECKOUT, "bool open = c->state == CHECKOUT_VERIFYING || c->state == CHECKOUT_AMOUNT || c->state == CHECKOUT_QUOTED;", "bool open = c->state == CHECKOUT_VERIFYING;", "said no"),
    ("an answer to another card heard", CHECKOUT, "return ask == c->ask && c->asking", "return ask <= c->ask && c->asking", "member's card"),
    ("a limited offer not reserved", STEP, "} else if (limited && c->verdict == VERDICT_MEMBER) {", "} else if (limited && c->verdict == VERDICT_REFUSED) {", "reservation"),
    ("a reservation of another card kept", STEP, "    step_drop_hold(c, acts);\n    step_wipe(c);\n    c->ask++; /* answers", "    step_wipe(c);\n    c->ask++; /* answers", "reservation|member's card"),
    ("applied, but not on disk", "tests/sim/till.c", "#ifdef SIM_BUG_EARLY", "#if 1", "lost|nobody knows"),
    ("allowance refilled by a start", "tests/sim/till.c", "#ifndef SIM_BUG_REFILL", "#if 0", "allowance|contests"),
    ("sent again, counted again", "tests/sim/service.c", "for (size_t i = a->head.seq; i < t->disk.rec_cnt; i++)", "for (size_t i = from; i < t->disk.rec_cnt; i++)", "counted 2 times|contests"),
    ("a journal that does not fit taken", "tests/sim/service.c", "            return fork(s, t, from);\n    }", "            continue;\n    }", "nobody knows|lost"),
    ("older notices obeyed", "proto/notice.c", "    if (n->version < held_version)\n        return ERR_NOTICE_OLDER;", "    if (n->version < held_version)\n        return ERR_OK;", "."),
]


def commands():
    """How make builds and links the simulator."""
    out = subprocess.run(["make", "-s", "--no-print-directory", "print-sim", f"BUILD={sys.argv[1]}"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    compile_line, link_line = out.strip().split("\n")
    return shlex.split(compile_line), shlex.split(link_line)


def judge(mutant, how):
    """(what the simulator said, complaint): one of them None."""
    name, path, old, new, want = mutant
    compile_with, link_with = how
    text = (ROOT / path).read_text(encoding="utf-8")
    if text.count(old) != 1:
        return None, f"does not fit the source any more ({text.count(old)} places)"
    with tempfile.TemporaryDirectory() as d:
        work = pathlib.Path(d)
        (work / "mutant.c").write_text(text.replace(old, new), encoding="utf-8")
        got = subprocess.run([*compile_with, "-w", "-c", "-o", work / "mutant.o", work / "mutant.c"], cwd=ROOT, capture_output=True, text=True, check=False)
        if got.returncode:
            return None, "does not build: " + got.stderr[:300]
        own = path.replace(".c", ".o")
        rest = [a for a in link_with if not a.endswith("/obj/" + own)]
        first = next(i for i, a in enumerate(rest) if a.endswith(".o"))
        sim = work / "sim"
        got = subprocess.run([*rest[:first], work / "mutant.o", *rest[first:], "-o", sim], cwd=ROOT, capture_output=True, text=True, check=False)
        if got.returncode:
            return None, "does not link: " + got.stderr[:300]
        got = subprocess.run([sim, "--seed", SEED, "--shops", SHOPS], capture_output=True, text=True, timeout=120, check=False)
        said = re.search(r"shop (\d+): (.*)", got.stdout)
        if got.returncode == 0 or not said:
            return None, "not noticed" if got.returncode == 0 else f"ended with {got.returncode}"
        if want and not re.search(want, got.stdout):
            return None, f"noticed for another reason: {said[2]}"
        again = subprocess.run([sim, "--seed", SEED, "--shops", "1", "--from", said[1]], capture_output=True, text=True, timeout=120, check=False)
        if f"shop {said[1]}: {said[2]}" not in again.stdout:
            return None, f"seed {SEED} and shop {said[1]} do not repeat it"
        return said[2], None


def replays():
    runs = [subprocess.run([f"{sys.argv[1]}/huika-sim", "--seed", SEED, "--shops", "20", "--trace"], cwd=ROOT, capture_output=True, text=True, check=False)
            for _ in range(2)]
    return runs[0].returncode == 0 and runs[0].stdout == runs[1].stdout and runs[0].stdout.count("\n") > 1000


def main():
    bad = 0
    if not replays():
        bad += 1
        print("a seed does not repeat its run")
    how = commands()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda m: judge(m, how), MUTANTS))
    for mutant, (caught, why) in zip(MUTANTS, results):
        if not caught:
            bad += 1
            print(f"planted bug '{mutant[0]}': {why}")
        elif os.environ.get("V"):
            print(f"'{mutant[0]}': {caught}")
    print(f"planted bugs: {sum(1 for c, _ in results if c)} of {len(MUTANTS)} caught")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
