/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/first.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "client/counter/counter.h"
#include "client/ports/enroll.h"
#include "client/ports/usb/bus.h"
#include "proto/invite.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FDS = COUNTER_FDS + USB_BUS_FDS + 2, LOOK_MS = 1000 };

struct first {
    const struct first_config *config;
    struct state state; /* only its directory */
    struct counter_ops ops;
    struct counter *counter;
    struct usb_bus *usb;
    pid_t child; /* 0: nobody is enrolling */
    int pipe;    /* what it says; -1 */
    enum enroll_step step;
    enum err failed; /* ERR_OK: nothing failed yet */
};

/* What the child says: each step, and how it ended. */
struct word {
    enum enroll_step step;
    enum err result; /* with ENROLL_DONE */
};

static void say_step(void *ctx, enum enroll_step step)
{
    const struct word w = {.step = step};
    if (step != ENROLL_DONE && write(*(const int *)ctx, &w, sizeof w) != sizeof w)
        log_warn("enrolling: nobody hears of it");
}

static _Noreturn void enrol_in_child(const struct first *f, const char *code, int out)
{
    struct state_info info;
    sigset_t none;
    const struct enroll_config c = {
        .code = code, .dir = f->config->dir, .clock = &clock_system, .step = say_step, .ctx = &out};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    const struct word w = {.step = ENROLL_DONE, .result = enroll_run(&c, &info)};
    _exit(write(out, &w, sizeof w) == sizeof w ? 0 : 1);
}

static enum err begin(struct first *f, const char *code)
{
    struct invite invite;
    int fds[2];
    enum err e = invite_decode(code, strlen(code), &invite);
    OPENSSL_cleanse(&invite, sizeof invite);
    if (e)
        return ERR_INVITE_UNKNOWN;
    if (f->child)
        return ERR_BUSY;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
        return ERR_IO;
    pid_t child = fork();
    if (!child)
        enrol_in_child(f, code, fds[1]);
    close(fds[1]);
    if (child < 0) {
        close(fds[0]);
        return ERR_IO;
    }
    f->child = child;
    f->pipe = fds[0];
    f->step = ENROLL_CONNECT;
    f->failed = ERR_OK;
    return ERR_OK;
}

static void listen_to_child(struct first *f)
{
    struct word w = {.step = ENROLL_DONE, .result = ERR_INTERNAL};
    ssize_t n = read(f->pipe, &w, sizeof w);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == sizeof w && w.step != ENROLL_DONE) {
        f->step = w.step;
        return;
    }
    waitpid(f->child, NULL, 0);
    close(f->pipe);
    f->child = 0;
    f->pipe = -1;
    f->failed = w.result;
    if (w.result)
        log_warn("enrolling: %s", err_code(w.result));
}

/* ---- for the counter ---- */

static json_t *enrolment(void *ctx)
{
    static const char *const steps[] = {
        [ENROLL_CONNECT] = "connect", [ENROLL_KEY] = "key", [ENROLL_CERT] = "cert", [ENROLL_NOTICES] = "notices"};
    const struct first *f = ctx;
    if (f->child)
        return json_pack("{s:s, s:s}", "state", "running", "step", steps[f->step]);
    if (f->failed)
        return json_pack("{s:s, s:s, s:{s:s, s:s}}", "state", "failed", "error", err_code(f->failed), "text", "zh",
            err_text(f->failed, ERR_LANG_ZH), "en", err_text(f->failed, ERR_LANG_EN));
    return json_pack("{s:s}", "state", first_needed(f->config->dir) ? "wanted" : "done");
}

static enum err enrol(void *ctx, const char *code)
{
    return begin(ctx, code);
}

static enum err token(void *ctx, char out[static COUNTER_TOKEN_MAX + 1])
{
    const struct first *f = ctx;
    return state_token_new(&f->state, out);
}

static int64_t utc_ms(void *ctx)
{
    (void)ctx;
    return clock_system.utc_ms(clock_system.ctx);
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
    return clock_system.mono_ms(clock_system.ctx);
}

/* The code's QR, shown to the shop's own reader. Anything else is of no use yet. */
static void on_scan(void *ctx, const struct usb_scan *scan)
{
    char code[INVITE_TEXT_MAX + 1];
    if (scan->len >= sizeof code)
        return;
    memcpy(code, scan->text, scan->len);
    code[scan->len] = 0;
    enum err e = begin(ctx, code);
    if (e && e != ERR_BUSY)
        log_warn("a scan was not taken: %s", err_code(ERR_STATE_MISSING));
    OPENSSL_cleanse(code, sizeof code);
}

static void on_dropped(void *ctx, const char *device, enum usb_input input, const char *text)
{
    (void)input;
    (void)ctx;
    log_warn("%s: %s", device, text);
}

static enum err open_first(struct first *f)
{
    const struct first_config *c = f->config;
    const struct usb_bus_events ev = {.ctx = f, .scan = on_scan, .dropped = on_dropped};
    char words[STATE_TOKEN_LEN + 1], socket[STATE_PATH_MAX], sessions[STATE_PATH_MAX];
    enum err e = file_mkdir(c->dir, 0700);
    if (e && e != ERR_EXISTS)
        return e;
    e = text_copy(f->state.dir, sizeof f->state.dir, c->dir);
    if (!e)
        e = state_token(&f->state, words);
    if (e)
        return e;
    state_path(&f->state, STATE_SOCKET, socket);
    state_path(&f->state, STATE_PAGE, sessions);
    f->ops = (struct counter_ops){
        .enrolment = enrolment, .enrol = enrol, .token = token, .utc_ms = utc_ms, .mono_ms = mono_ms, .ctx = f};
    const struct counter_config cc = {.socket = c->socket ? c->socket : socket,
        .listen = c->listen,
        .token = words,
        .sessions = sessions,
        .ops = &f->ops};
    e = counter_new(&cc, &f->counter);
    OPENSSL_cleanse(words, sizeof words);
    if (e)
        return e;
    if (usb_bus_new(&ev, &f->usb)) /* the code can be typed */
        f->usb = NULL;
    c->ready(c->ctx, cc.socket, counter_bound(f->counter));
    return ERR_OK;
}

static void close_first(struct first *f)
{
    if (f->child) {
        kill(f->child, SIGKILL);
        waitpid(f->child, NULL, 0);
        close(f->pipe);
    }
    usb_bus_free(&f->usb);
    counter_free(&f->counter);
}

/* ---- the loop ---- */

static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static bool turn(struct first *f)
{
    struct pollfd fds[FDS];
    char told[512];
    size_t n = counter_fds(f->counter, fds, COUNTER_FDS);
    int ms = sooner(LOOK_MS, counter_timeout_ms(f->counter));
    if (f->usb) {
        n += usb_bus_fds(f->usb, fds + n, USB_BUS_FDS);
        ms = sooner(ms, usb_bus_timeout_ms(f->usb, mono_ms(NULL)));
    }
    if (f->child)
        fds[n++] = (struct pollfd){.fd = f->pipe, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = f->config->signal_fd, .events = POLLIN};
    if (poll(fds, (nfds_t)n, ms) < 0 && errno != EINTR)
        return false;
    if (read(f->config->signal_fd, told, sizeof told) > 0)
        return false;
    if (f->child)
        listen_to_child(f);
    if (f->usb)
        usb_bus_handle(f->usb, mono_ms(NULL));
    counter_run(f->counter);
    return true;
}

bool first_needed(const char *dir)
{
    struct state s;
    return state_peek(dir, &s) == ERR_STATE_MISSING;
}

enum err first_run(const struct first_config *c, bool *told)
{
    struct first f = {.config = c, .pipe = -1, .state = {.lock_fd = -1}};
    enum err e = open_first(&f);
    bool go_on = !e;
    while (go_on && (f.child || first_needed(c->dir)))
        go_on = turn(&f);
    *told = !e && !go_on;
    close_first(&f);
    return e;
}
