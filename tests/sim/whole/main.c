/* SPDX-License-Identifier: Apache-2.0 */
/* huika-sim-whole [--seed N] [--shops N] [--from N] [--days N] [--trace] [--some]: exit 0 if nothing happened that must not, 1 if
 * something did: then seed and shop are printed, and --seed S --from SHOP --shops 1 repeats it. 1 also if something never happened
 * that must be tried (--some: that is not asked). The same seed prints the same lines. Files go to /dev/shm, or TMPDIR. */
#include "base/log.h"
#include "tests/sim/whole/whole.h"
#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct whole *whole_now;

void whole_trace(struct whole *w, const char *fmt, ...)
{
    va_list ap;
    if (!w->trace)
        return;
    printf("  %12.3f ", (double)(w->now - w->start) / 1000);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

void whole_broken(struct whole *w, const char *fmt, ...)
{
    va_list ap;
    if (*w->why)
        return;
    va_start(ap, fmt);
    vsnprintf(w->why, sizeof w->why, fmt, ap);
    va_end(ap);
}

static void remove_dir(const char *dir)
{
    char path[512];
    DIR *d = opendir(dir);
    for (struct dirent *f; d && (f = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        if (strcmp(f->d_name, ".") && strcmp(f->d_name, ".."))
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

/* True if all was well. */
static bool one_shop(uint64_t seed, uint32_t number, int days, bool trace, struct tally *total, const char *dir)
{
    static struct whole w;
    static struct service now, old;
    memset(&w, 0, sizeof w);
    w.seed = seed;
    w.number = number;
    w.trace = trace;
    w.root_dir = dir;
    w.service = &now;
    w.backup = &old;
    w.dice = dice_seed(seed, number);
    w.chaos = ~w.dice;
    whole_now = &w;
    world_run(&w, days);
    for (int i = 0; i < BOXES; i++) {
        remove_dir(w.box[i].dir);
        remove_dir(w.box[i].snap);
    }
    uint64_t *to = (uint64_t *)total, *from = (uint64_t *)&w.tally;
    for (size_t i = 0; i < sizeof *total / sizeof *to; i++)
        to[i] += from[i];
    if (*w.why)
        printf("seed %" PRIu64 " shop %" PRIu32 ": %s\n", seed, number, w.why);
    return !*w.why;
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
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        printf("%s%s %" PRIu64, i ? ", " : "", names[i], v[i]);
        never += !v[i];
    }
    putchar('\n');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!v[i])
            printf("never happened: %s\n", names[i]);
    return never;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
        {"shops", required_argument, NULL, 'n'}, {"from", required_argument, NULL, 'f'},
        {"days", required_argument, NULL, 'd'}, {"trace", no_argument, NULL, 't'}, {"some", no_argument, NULL, 'o'},
        {0}};
    uint64_t seed = (uint64_t)tm_wall_utc_ms() ^ (uint64_t)getpid() << 40;
    uint32_t shops = 100, from = 0;
    int days = 60, o, bad = 0;
    bool trace = false, some = false;
    struct tally total = {0};
    char dir[TEXT_MAX];
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
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%.60s/huika-sim-XXXXXX", !access("/dev/shm", W_OK) ? "/dev/shm" : tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        return 3;
    if (!trace || !getenv("V"))
        log_set_level(LOG_ERROR + 1);
    keys_make();
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("seed %" PRIu64 ": %" PRIu32 " shops, %d days\n", seed, shops, days);
    for (uint32_t i = 0; i < shops && bad < 3; i++)
        bad += !one_shop(seed, from + i, days, trace, &total, dir);
    bad += print(&total) && !some;
    char machine[TEXT_MAX + 16];
    snprintf(machine, sizeof machine, "%s/machine", dir);
    unlink(machine);
    rmdir(dir);
    return bad > 0;
}
