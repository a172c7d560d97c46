/* SPDX-License-Identifier: Apache-2.0 */
/* huika-sim [--seed N] [--shops N] [--from N] [--days N] [--trace]: exit 0 if nothing happened that must not, 1 if something did: then
 * seed and shop are printed, and --seed S --from SHOP --shops 1 repeats it. The same seed prints the same lines. */
#include "tests/sim/sim.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next(uint64_t *rng)
{
    uint64_t z = (*rng += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t sim_pick(struct sim *s, uint32_t n)
{
    return (uint32_t)(next(&s->rng) % n);
}

int64_t sim_between(struct sim *s, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(next(&s->rng) % (uint64_t)(hi - lo + 1));
}

void *sim_grow(void *p, size_t *cap, size_t need, size_t size)
{
    size_t more = *cap ? *cap : 64;
    if (need <= *cap)
        return p;
    while (more < need)
        more *= 2;
    p = realloc(p, more * size);
    if (!p)
        abort();
    memset((char *)p + *cap * size, 0, (more - *cap) * size);
    *cap = more;
    return p;
}

void sim_trace(struct sim *s, const char *fmt, ...)
{
    va_list ap;
    if (!s->trace)
        return;
    printf("  %12.3f ", (double)(s->now - s->start) / 1000);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

void sim_broken(struct sim *s, const char *fmt, ...)
{
    va_list ap;
    if (*s->why)
        return;
    va_start(ap, fmt);
    vsnprintf(s->why, sizeof s->why, fmt, ap);
    va_end(ap);
}

void sim_id(char kind, uint32_t shop, uint32_t n, char out[static ULID_LEN + 1])
{
    snprintf(out, ULID_LEN + 1, "01J%c%09" PRIu32 "%013" PRIu32, kind, shop % 1000000000, n);
}

static uint64_t add(uint64_t *total, uint64_t n)
{
    return *total += n;
}

/* True if all was well. */
static bool one_shop(uint64_t seed, uint32_t number, int days, bool trace, struct tally *total)
{
    static struct sim s;
    memset(&s, 0, sizeof s);
    s.seed = seed;
    s.number = number;
    s.trace = trace;
    s.rng = seed ^ (number + 1) * UINT64_C(0xd1342543de82ef95);
    world_run(&s, days);
    uint64_t *to = (uint64_t *)total, *from = (uint64_t *)&s.tally;
    for (size_t i = 0; i < sizeof *total / sizeof *to; i++)
        add(&to[i], from[i]);
    if (*s.why)
        printf("seed %" PRIu64 " shop %" PRIu32 ": %s\n", seed, number, s.why);
    return !*s.why;
}

static void print(const struct tally *t, uint64_t seed, uint32_t shops, int days)
{
    printf("seed %" PRIu64 ": %" PRIu32 " shops, %d days: %" PRIu64 " events, %" PRIu64 " checkouts, %" PRIu64
           " sales (%" PRIu64 " provisional, %" PRIu64 " keyed of them, %" PRIu64 " limited), %" PRIu64
           " refused, %" PRIu64 " failed, %" PRIu64 " contested, %" PRIu64 " power cuts, %" PRIu64
           " disks put back, %" PRIu64 " forks, %" PRIu64 " notices refused\n",
        seed, shops, days, t->events, t->checkouts, t->sales, t->provisional, t->keyed, t->limited, t->refused,
        t->failed, t->contested, t->cuts, t->rollbacks, t->forks, t->stale);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
        {"shops", required_argument, NULL, 'n'}, {"from", required_argument, NULL, 'f'},
        {"days", required_argument, NULL, 'd'}, {"trace", no_argument, NULL, 't'}, {0}};
    uint64_t seed = (uint64_t)tm_wall_utc_ms() ^ (uint64_t)getpid() << 40;
    uint32_t shops = 1000, from = 0;
    int days = 60, o, bad = 0;
    bool trace = false;
    struct tally total = {0};
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 's')
            seed = strtoull(optarg, NULL, 0);
        else if (o == 'n')
            shops = (uint32_t)strtoul(optarg, NULL, 0);
        else if (o == 'f')
            from = (uint32_t)strtoul(optarg, NULL, 0);
        else if (o == 'd')
            days = atoi(optarg);
        else if (o == 't')
            trace = true;
        else
            return 2;
    }
    sim_cards_make();
    for (uint32_t i = 0; i < shops && bad < 3; i++)
        bad += !one_shop(seed, from + i, days, trace, &total);
    print(&total, seed, shops, days);
    return bad > 0;
}
