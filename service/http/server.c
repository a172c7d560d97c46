/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/server.h"
#include "base/file.h"
#include "base/log.h"
#include "base/tm.h"
#include "service/ep/dispute_notice.h"
#include "service/ep/erase.h"
#include "service/ep/hmacs.h"
#include "service/ep/misses.h"
#include "service/ep/seen.h"
#include "service/http/conn.h"
#include "service/http/daemon.h"
#include "service/public/public.h"
#include "service/sign/ca.h"
#include "service/sign/lifetimes.h"
#include "service/sign/revoker.h"
#include "service/store/store_limit.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum {
    TICK_MS = 250,
    WATCH_MS = 1000,
    SEEN_MS = 15000,
    ESCALATE_MS = 60000,
    PURGE_MS = 3600000,
    PURGE_ROWS = 10000,
    DRAIN_MS = 10000,
    DRAIN_STEP_MS = 5,
    HOLIDAYS_AHEAD = 45 /* days */
};

static enum err open_files(const char *dir, struct service *s, char what[static 64])
{
    char path[4096];
    enum err e = settings_load(dir, &s->settings, what);
    if (e == ERR_OK)
        e = limits_load(dir, &s->limits, what);
    if (e == ERR_OK)
        e = keys_load(dir, tm_wall_utc_ms(), &s->keys, what);
    if (e == ERR_OK)
        e = workdays_load(dir, &s->workdays, what);
    if (e != ERR_OK)
        return e;
    snprintf(what, 64, "service.db");
    e = file_path(dir, "service.db", path, sizeof path);
    return e == ERR_OK ? store_open(path, &s->store) : e;
}

static struct gate *make_gate(const struct service_keys *k)
{
    struct buf terminal, admin;
    struct gate *g = NULL;
    buf_init(&terminal, CA_CERT_MAX);
    buf_init(&admin, CA_CERT_MAX);
    if (ca_cert_der(k->terminal_ca, &terminal) == ERR_OK && ca_cert_der(k->admin_ca, &admin) == ERR_OK)
        g = gate_new(&terminal, &admin);
    buf_release(&terminal);
    buf_release(&admin);
    return g;
}

static enum err make_parts(struct service *s)
{
    s->gate = make_gate(s->keys);
    s->poll = poll_new(conn_resume, s);
    s->hmacs = hmacs_new(s->keys->number_key);
    s->misses = misses_new((size_t)s->settings.number_miss_limit);
    s->seen = seen_new();
    if (!s->gate || !s->poll || !s->hmacs || !s->misses || !s->seen)
        return ERR_NOMEM;
    watch_init(&s->watch, s->limits.request_s * 1000);
    return work_new(&s->work, (size_t)s->limits.workers, (size_t)s->limits.queue, conn_work, s);
}

static void wake_all(void *ctx)
{
    poll_wake(((struct service *)ctx)->poll, NULL);
}

static enum err start_revoker(struct service *s)
{
    const struct revoker_config c = {.dir = s->dir,
        .store = s->store,
        .keys = s->keys,
        .every_ms = s->settings.policy.revoked_every_s * 1000,
        .wake = wake_all,
        .ctx = s};
    return revoker_new(&c, &s->revoker);
}

static void release(struct service *s)
{
    revoker_free(&s->revoker);
    if (s->work)
        watch_release(&s->watch);
    work_free(&s->work);
    store_close(&s->store);
    seen_free(&s->seen);
    misses_free(&s->misses);
    hmacs_free(&s->hmacs);
    poll_free(&s->poll);
    gate_free(&s->gate);
    keys_free(&s->keys);
}

static enum err purge(struct store_tx *tx, void *ctx)
{
    return store_limit_purge(tx, *(const int64_t *)ctx, PURGE_ROWS);
}

/* The State Council announces a year's holidays late in the year before: somebody has to hear that they are missing. */
static void warn_of_holidays(const struct service *s, int64_t at_utc_ms)
{
    char day[TM_DAY_LEN + 1];
    int32_t ahead = tm_day(at_utc_ms) + HOLIDAYS_AHEAD;
    if (workdays_known(&s->workdays, ahead))
        return;
    tm_day_format(ahead, day);
    log_warn("the public holidays of %.4s are not known: deadlines count weekdays and the days off by law alone; when "
             "they are "
             "announced: huika-service holidays %s FILE, then restart",
        day, s->dir);
}

/* What ends, or will be missing, before long: at the start and each day. */
static void warn_ahead(const struct service *s, int64_t at_utc_ms)
{
    lifetimes_warn(s->dir, s->keys, at_utc_ms);
    warn_of_holidays(s, at_utc_ms);
}

/* What is done from time to time. */
static void keep_house(struct service *s, int64_t now, int64_t due[static 5])
{
    poll_tick(s->poll, now);
    if (now >= due[0]) {
        due[0] = now + WATCH_MS;
        watch_tick(&s->watch, now);
        public_tick(s->public, now);
    }
    if (now >= due[1]) {
        due[1] = now + SEEN_MS;
        seen_flush(s->seen, s->store, tm_wall_utc_ms());
    }
    if (now >= due[3]) {
        due[3] = now + ESCALATE_MS;
        dispute_escalate(s, tm_wall_utc_ms());
    }
    if (now >= due[2]) {
        due[2] = now + PURGE_MS;
        int64_t wall = tm_wall_utc_ms();
        enum err e = store_write(s->store, purge, &wall);
        if (e != ERR_OK)
            log_error("dropping old reservations failed: %s", err_text(e, ERR_LANG_EN));
        erase_past(s, wall);
    }
    if (now >= due[4]) {
        due[4] = now + TM_DAY_MS;
        warn_ahead(s, tm_wall_utc_ms());
    }
}

static void serve(struct service *s, const sigset_t *ends)
{
    int64_t due[5] = {0, tm_mono_ms() + SEEN_MS, 0, 0, tm_mono_ms() + TM_DAY_MS};
    const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    while (sigtimedwait(ends, NULL, &tick) < 0)
        keep_house(s, tm_mono_ms(), due);
}

/* Nothing new is let in; what is under way is answered, within DRAIN_MS or until a second signal. */
static void drain(struct service *s, struct MHD_Daemon *d, const sigset_t *ends)
{
    const struct timespec step = {.tv_nsec = DRAIN_STEP_MS * 1000000L};
    int64_t until = tm_mono_ms() + DRAIN_MS;
    log_info("stopping: answering what is under way");
    atomic_store(&s->stopping, true);
    MHD_quiesce_daemon(d);
    poll_stop(s->poll);
    while (atomic_load(&s->busy) > 0 && tm_mono_ms() < until && sigtimedwait(ends, NULL, &step) < 0)
        ;
    public_stop(&s->public);
    work_free(&s->work); /* resumes what it still held */
    MHD_stop_daemon(d);
    seen_flush(s->seen, s->store, tm_wall_utc_ms());
}

static void bound_process(int64_t connections)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < (rlim_t)connections + 256) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static enum err run(const char *dir, struct service *s, const sigset_t *ends, char what[static 64])
{
    struct MHD_Daemon *d = NULL;
    s->dir = dir;
    enum err e = open_files(dir, s, what);
    if (e != ERR_OK)
        return e;
    if (s->keys->offline_here)
        log_warn("%s/offline still holds the root key; move it to a safe place that is not this machine", dir);
    warn_ahead(s, tm_wall_utc_ms());
    bound_process(s->settings.connections);
    snprintf(what, 64, "starting");
    e = make_parts(s);
    if (e == ERR_OK)
        e = start_revoker(s);
    if (e == ERR_OK)
        e = public_start(dir, s, &s->public, what);
    if (e == ERR_OK)
        e = daemon_start(dir, s, &d, what);
    if (e != ERR_OK) {
        public_stop(&s->public);
        return e;
    }
    printf("huika-service listens on %s port %u\n", s->settings.listen[0] ? s->settings.listen : "every address",
        (unsigned)s->settings.port);
    if (s->public)
        printf("the public pages are on %s port %u\n",
            s->settings.public_listen[0] ? s->settings.public_listen : "every address",
            (unsigned)s->settings.public_port);
    fflush(stdout);
    serve(s, ends);
    drain(s, d, ends);
    return ERR_OK;
}

enum err server_run(const char *dir, char what[static 64])
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct service *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    enum err e = run(dir, s, &ends, what);
    release(s);
    free(s);
    return e;
}
