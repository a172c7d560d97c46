/* SPDX-License-Identifier: Apache-2.0 */
/* huika-sim [--seed N] [--shops N] [--from N] [--days N] [--trace] [--some]: exit 0 if nothing happened that must not, 1 if something
 * did: then seed and shop are printed, and --seed S --from SHOP --shops 1 repeats it; 1 also if something that must be tried never
 * happened (--some: that is not asked, of a short run). The same seed prints the same lines. */
#include "tests/sim/sim.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* True if all was well. */
static bool one_shop(uint64_t seed, uint32_t number, int days, bool trace, struct tally *total)
{
    static struct sim s;
    memset(&s, 0, sizeof s);
    s.seed = seed;
    s.number = number;
    s.trace = trace;
    s.rng = dice_seed(seed, number);
    world_run(&s, days);
    uint64_t *to = (uint64_t *)total, *from = (uint64_t *)&s.tally;
    for (size_t i = 0; i < sizeof *total / sizeof *to; i++)
        to[i] += from[i];
    if (*s.why)
        printf("seed %" PRIu64 " shop %" PRIu32 ": %s\n", seed, number, s.why);
    return !*s.why;
}

/* Prints all; the number of those that never happened. */
static int print(const struct tally *t)
{
    static const char *const names[] = {
#define X(name) #name,
        TALLIES(X)
#undef X
    };
    const uint64_t *v = (const uint64_t *)t;
    int never = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        printf("%s%s %" PRIu64, i ? ", " : "", names[i], v[i]);
    putchar('\n');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!v[i])
            printf("never happened: %s\n", names[i]);
        never += !v[i];
    }
    return never;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
        {"shops", required_argument, NULL, 'n'}, {"from", required_argument, NULL, 'f'},
        {"days", required_argument, NULL, 'd'}, {"trace", no_argument, NULL, 't'}, {"some", no_argument, NULL, 'o'},
        {0}};
    uint64_t seed = (uint64_t)tm_wall_utc_ms() ^ (uint64_t)getpid() << 40;
    uint32_t shops = 1000, from = 0;
    int days = 60, o, bad = 0;
    bool trace = false, some = false;
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
        else if (o == 'o')
            some = true;
        else
            return 2;
    }
    sim_cards_make();
    printf("seed %" PRIu64 ": %" PRIu32 " shops, %d days\n", seed, shops, days);
    for (uint32_t i = 0; i < shops && bad < 3; i++)
        bad += !one_shop(seed, from + i, days, trace, &total);
    bad += print(&total) && !some;
    return bad > 0;
}
