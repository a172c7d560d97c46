/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/run.h"
#include "base/log.h"
#include "base/text.h"
#include "client/ports/keep.h"
#include "client/terminal/after.h"
#include "client/terminal/first.h"
#include "client/terminal/guard.h"
#include "client/terminal/sandbox.h"
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_LISTEN "127.0.0.1:8730"

enum { FDS = 2 + COUNTER_FDS + USB_BUS_FDS + PRINTER_FDS, LONGEST_SLEEP_MS = 60000 };

/* Everything that is open while it runs. */
struct terminal {
    struct state state;
    bool has_state;
    const char *dir; /* the state directory */
    char sandbox_dir[STATE_DIR_MAX + 1];
    struct sandbox *sandbox; /* NULL: the real thing */
    EVP_PKEY *device;
    struct till till;
    int signal_fd;
    struct cli *cli;
};

/* What enrolment put there and is gone; "not found" alone would send the reader looking for a number or a name. */
static enum err missing(enum err e)
{
    return e == ERR_NOT_FOUND ? ERR_FILE_MISSING : e;
}

static void on_notice(void *ctx, const struct notice *n)
{
    till_notice(ctx, n);
}

static void on_change(void *ctx)
{
    struct till *t = ctx;
    if (t->counter)
        counter_status(t->counter);
}

static void on_link(void *ctx)
{
    till_link(ctx);
    on_change(ctx);
}

static void on_resumed(void *ctx, uint32_t epoch)
{
    struct till *t = ctx;
    t->resume_epoch = epoch;
}

static void on_scan(void *ctx, const struct usb_scan *scan)
{
    enum err e = till_read(ctx, scan);
    if (e)
        log_warn("a scan was not taken: %s", err_code(e));
}

static void on_dropped(void *ctx, const char *device, enum usb_input input, const char *text)
{
    log_warn("%s: %s", device, text);
    till_lost(ctx, device, input == USB_INPUT_SWIPE ? ERR_SWIPE_AGAIN : ERR_SCAN_AGAIN);
}

static void on_device(void *ctx, const struct usb_device_info *info)
{
    struct till *t = ctx;
    if (info->use != USB_UNUSED)
        log_info("%s: %s: %s", info->label, usb_use_code(info->use), usb_why_text(info->why));
    if (t->counter)
        counter_device(t->counter, till_device(info));
}

/* Without offline.ini there is no floor until a lease or the journal gives one. */
static void open_clock(struct terminal *m)
{
    struct keep k;
    if (keep_load(&m->state, &k))
        log_info("no floor is kept for the clock");
    floor_init(&m->till.floor, NULL, k.floor_utc_ms);
    m->till.clock = floor_clock(&m->till.floor);
}

static int open_state(struct terminal *m)
{
    char path[STATE_PATH_MAX];
    enum err e = state_open(m->dir, NULL, &m->state);
    m->has_state = !e;
    if (!e && sandbox_is(&m->state.info) != cli_flag(m->cli, "sandbox"))
        e = ERR_SANDBOX;
    if (e)
        return cli_fail(m->cli, cli_path_err(e), _("opening the state directory %s"), m->dir);
    m->till.state = &m->state;
    open_clock(m);
    state_path(&m->state, STATE_KEY, path);
    e = key_load_pem(path, &m->device);
    if (e)
        return cli_fail(m->cli, missing(e), _("reading the device key %s"), path);
    e = slips_open(&m->till.slips, &m->state, m->device);
    if (e) /* receipts without a QR are better than none */
        log_error("%s/" SLIPS_KEY_FILE ": %s; receipts carry no QR", m->state.dir, err_code(e));
    state_path(&m->state, STATE_JOURNAL, path);
    e = journal_open(path, m->state.info.terminal, m->state.info.epoch, &m->till.journal);
    if (!e)
        floor_raise(&m->till.floor, journal_floor_ms(m->till.journal));
    return e ? cli_fail(m->cli, missing(e), _("opening the journal %s"), path) : CLI_OK;
}

static int open_link(struct terminal *m)
{
    struct till *t = &m->till;
    char ca[STATE_PATH_MAX], cert[STATE_PATH_MAX], key[STATE_PATH_MAX];
    state_path(&m->state, STATE_CA, ca);
    state_path(&m->state, STATE_CERT, cert);
    state_path(&m->state, STATE_KEY, key);
    struct link_config lc = {.url = m->state.info.url,
        .ca_path = ca,
        .cert_path = cert,
        .key_path = key,
        .clock = t->clock,
        .known_past_utc_ms = floor_utc_ms(&t->floor)};
    if (cli_flag(m->cli, "sandbox")) /* never used: nothing is asked of it */
        lc = (struct link_config){.url = SANDBOX_URL, .clock = t->clock, .trust = LINK_TRUST_NOTHING};
    enum err e = link_new(&lc, &t->link);
    if (e)
        return cli_fail(m->cli, missing(e), _("preparing the connection to %s"), m->state.info.url);
    const struct sync_config sc = {.link = t->link,
        .journal = t->journal,
        .state = &m->state,
        .clock = t->clock,
        .device = m->device,
        .floor = &t->floor,
        .offline = &t->offline,
        .notice = on_notice,
        .changed = on_change,
        .resumed = on_resumed,
        .ctx = t};
    e = sync_new(&sc, &t->sync);
    return e ? cli_fail(m->cli, e, _("reading the notices in %s"), m->state.dir) : CLI_OK;
}

static int open_sandbox(struct terminal *m)
{
    if (!cli_flag(m->cli, "sandbox"))
        return CLI_OK;
    const char *made = cli_text(m->cli, "state") ? NULL : m->dir;
    enum err e = sandbox_new(&m->till, made, &m->sandbox);
    return e ? cli_fail(m->cli, e, _("making a sandbox in %s"), m->dir) : CLI_OK;
}

static int open_counter(struct terminal *m)
{
    struct till *t = &m->till;
    const char *listen = cli_text(m->cli, "listen"), *path = cli_text(m->cli, "socket");
    char token[STATE_TOKEN_LEN + 1], own_path[STATE_PATH_MAX], sessions[STATE_PATH_MAX];
    struct sockaddr_storage sa;
    state_path(&m->state, STATE_SOCKET, own_path);
    state_path(&m->state, STATE_PAGE, sessions);
    struct counter_config cc = {.socket = path ? path : own_path,
        .token = token,
        .sessions = sessions,
        .ops = t->sandbox ? &t->ops : till_ops(t)};
    listen = listen ? listen : m->sandbox ? SANDBOX_LISTEN : DEFAULT_LISTEN;
    if (strcmp(listen, "off")) {
        counter_address(listen, &sa); /* judged by run_command already */
        cc.listen = &sa;
    }
    enum err e = state_token(&m->state, token);
    if (!e)
        e = counter_new(&cc, &t->counter);
    OPENSSL_cleanse(token, sizeof token);
    return e ? cli_fail(m->cli, e, _("listening on %s and %s"), cc.socket, listen) : CLI_OK;
}

static int open_usb(struct terminal *m)
{
    const struct usb_bus_events ev = {.ctx = &m->till, .scan = on_scan, .dropped = on_dropped, .change = on_device};
    const char *devices = cli_text(m->cli, "devices");
    unsigned line = 0;
    enum err e = usb_bus_new(&ev, &m->till.usb);
    if (e)
        return cli_fail(m->cli, e, _("starting USB"));
    e = usb_bus_known(m->till.usb, devices ? devices : USB_BUS_DEVICES_FILE, &line);
    if (e == ERR_NOT_FOUND && !devices)
        return CLI_OK;
    return e ? cli_fail(
                   m->cli, cli_path_err(e), _("reading %s, line %u"), devices ? devices : USB_BUS_DEVICES_FILE, line)
             : CLI_OK;
}

static int open_paper(struct terminal *m)
{
    const char *to = cli_text(m->cli, "printer"), *what;
    struct paper_setup setup;
    char path[STATE_PATH_MAX], unprinted[STATE_PATH_MAX];
    state_path(&m->state, PAPER_INI, path);
    enum err e = paper_read(path, &setup, &what);
    if (e)
        return cli_fail(m->cli, e, _("reading %s (%s)"), path, what);
    if (!to && m->sandbox) /* an invented receipt comes out of a real printer only if somebody wants it to */
        to = "off";
    if (to && text_copy(setup.to, sizeof setup.to, to))
        return cli_usage(m->cli, _("--printer %s: too long"), to);
    state_path(&m->state, PAPER_UNPRINTED, unprinted);
    setup.unprinted = unprinted;
    setup.now_utc_ms = till_utc(&m->till);
    e = paper_new(&setup, m->till.usb, on_change, &m->till, &m->till.paper);
    return e ? cli_fail(m->cli, e, _("preparing the printer %s"), setup.to) : CLI_OK;
}

static int open_after(struct terminal *m)
{
    enum err e = after_new(&m->till, &m->till.after);
    return e ? cli_fail(m->cli, e, _("counting the disputes in the journal")) : CLI_OK;
}

static int open_all(struct terminal *m)
{
    int code = open_state(m);
    if (!code)
        code = open_link(m);
    if (!code)
        code = open_after(m);
    if (!code)
        code = open_sandbox(m);
    if (!code)
        code = open_counter(m);
    if (!code)
        code = open_usb(m);
    if (!code)
        code = open_paper(m);
    if (code)
        return code;
    enum err e = till_started(&m->till);
    if (e) /* sales will say so themselves, each time */
        log_error("this start is not recorded: %s", err_code(e));
    if (m->sandbox)
        return CLI_OK;
    sync_start(m->till.sync);
    link_on_change(m->till.link, on_link, &m->till);
    link_keep_warm(m->till.link);
    return CLI_OK;
}

/* The till last of those that answers are for, and before what it asks. */
static void close_all(struct terminal *m)
{
    struct till *t = &m->till;
    usb_bus_free(&t->usb);
    paper_free(&t->paper);
    counter_free(&t->counter);
    sync_free(&t->sync);
    link_free(&t->link);
    till_release(t);
    offline_release(&t->offline);
    journal_close(&t->journal);
    after_free(&t->after);
    slips_release(&t->slips);
    key_free(&m->device);
    if (m->has_state)
        state_release(&m->state);
    sandbox_free(&m->sandbox);
    m->has_state = false;
}

static void say_ready(const struct terminal *m)
{
    const char *socket = cli_text(m->cli, "socket");
    char own_path[STATE_PATH_MAX];
    state_path(&m->state, STATE_SOCKET, own_path);
    if (m->cli->json)
        printf("{\"ready\":true,\"socket\":\"%s\",\"listen\":\"%s\"}\n", socket ? socket : own_path,
            counter_bound(m->till.counter));
    else
        printf(
            _("huika-terminal is ready: %s, http://%s\n"), socket ? socket : own_path, counter_bound(m->till.counter));
    fflush(stdout);
    guard_notify("READY=1");
}

static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static size_t gather(const struct terminal *m, struct curl_waitfd fds[static FDS])
{
    struct pollfd p[FDS];
    size_t n = counter_fds(m->till.counter, p, COUNTER_FDS);
    n += usb_bus_fds(m->till.usb, p + n, USB_BUS_FDS);
    n += paper_fds(m->till.paper, p + n, PRINTER_FDS);
    p[n++] = (struct pollfd){.fd = m->signal_fd, .events = POLLIN};
    p[n++] = (struct pollfd){.fd = link_fd(m->till.link), .events = POLLIN};
    for (size_t i = 0; i < n; i++) /* CURL_WAIT_POLL* and POLL* have the same values */
        fds[i] = (struct curl_waitfd){.fd = p[i].fd, .events = p[i].events};
    return n;
}

static int longest_sleep(const struct terminal *m)
{
    const struct till *t = &m->till;
    int ms = sooner(LONGEST_SLEEP_MS, counter_timeout_ms(t->counter));
    ms = sooner(ms, usb_bus_timeout_ms(t->usb, till_mono(t)));
    ms = sooner(ms, paper_timeout_ms(t->paper, till_mono(t)));
    ms = sooner(ms, link_timeout_ms(t->link));
    ms = sooner(ms, sandbox_timeout_ms(m->sandbox));
    ms = sooner(ms, sync_timeout_ms(t->sync));
    return sooner(ms, till_timeout_ms(t));
}

/* Answers of the service come first: a deadline that passed while one was on its way must not win. */
static int turn_until_told(struct terminal *m)
{
    struct till *t = &m->till;
    struct curl_waitfd fds[FDS];
    char told[512];
    for (;;) {
        unsigned n = (unsigned)gather(m, fds);
        if (curl_multi_poll(link_multi(t->link), fds, n, longest_sleep(m), NULL))
            return cli_fail(m->cli, ERR_IO, _("waiting for events"));
        if (read(m->signal_fd, told, sizeof told) > 0)
            return CLI_OK;
        link_dispatch(t->link);
        sandbox_tick(m->sandbox);
        if (t->resume_epoch)
            return CLI_OK;
        usb_bus_handle(t->usb, till_mono(t));
        till_tick(t);
        counter_run(t->counter);
        paper_watch(t->paper, till_may_confirm(t));
        paper_turn(t->paper, till_mono(t));
        sync_tick(t->sync);
    }
}

static void say_first(void *ctx, const char *socket, const char *bound)
{
    const struct cli *c = ctx;
    if (c->json)
        printf("{\"ready\":false,\"socket\":\"%s\",\"listen\":\"%s\"}\n", socket, bound);
    else
        printf(_("huika-terminal is not enrolled yet: open its page (huika --socket %s page), or run huika-terminal "
                 "enroll\n"),
            socket);
    fflush(stdout);
    guard_notify("READY=1");
}

/* A state directory without a terminal in it: until there is one. */
static int run_first(struct terminal *m, bool *told)
{
    struct sockaddr_storage sa;
    const char *dir = m->dir, *listen = cli_text(m->cli, "listen");
    struct first_config fc = {
        .dir = dir, .socket = cli_text(m->cli, "socket"), .signal_fd = m->signal_fd, .ready = say_first, .ctx = m->cli};
    listen = listen ? listen : DEFAULT_LISTEN;
    if (strcmp(listen, "off") != 0) {
        counter_address(listen, &sa);
        fc.listen = &sa;
    }
    enum err e = first_needed(dir) ? first_run(&fc, told) : ERR_OK;
    return e ? cli_fail(m->cli, e, _("a first run in %s"), dir) : CLI_OK;
}

static int make_sandbox(struct terminal *m)
{
    enum err e = sandbox_prepare(m->dir, m->sandbox_dir);
    if (e)
        return cli_fail(m->cli, e, _("making a sandbox in %s"), m->dir ? m->dir : m->sandbox_dir);
    m->dir = m->sandbox_dir;
    return CLI_OK;
}

/* The service has begun a new epoch for this terminal: the new chain begins at its genesis, in the same file as the old one. */
static int begin_epoch(const struct terminal *m)
{
    struct state_info info = m->state.info;
    struct state next = m->state; /* until it is closed this one answers as what it was */
    info.epoch = m->till.resume_epoch;
    enum err e = state_commit(&next, &info, NULL);
    if (e)
        return cli_fail(m->cli, e, _("beginning epoch %lu"), (unsigned long)info.epoch);
    log_info("epoch %lu begins", (unsigned long)info.epoch);
    return CLI_OK;
}

/* Once through; *again: with another epoch from the beginning. */
static int run_once(struct terminal *m, bool first, bool *again)
{
    int code = open_all(m);
    *again = false;
    if (!code) {
        if (first)
            say_ready(m);
        code = turn_until_told(m);
    }
    if (!code && m->till.resume_epoch) {
        code = begin_epoch(m);
        *again = !code;
    }
    close_all(m);
    m->till = (struct till){.clock = &clock_system};
    return code;
}

int run_command(struct cli *c)
{
    struct terminal m = {.cli = c, .dir = cli_text(c, "state"), .signal_fd = -1, .till = {.clock = &clock_system}};
    const char *listen = cli_text(c, "listen");
    struct sockaddr_storage sa;
    enum err bad = listen && strcmp(listen, "off") ? counter_address(listen, &sa) : ERR_OK;
    if (bad == ERR_FORBIDDEN)
        return cli_usage(
            c, _("--listen %s: only loopback addresses (127.0.0.1, [::1], localhost) are allowed"), listen);
    if (bad)
        return cli_usage(c, _("--listen %s: an address and a port, like 127.0.0.1:8730"), listen);
    if (!m.dir && !cli_flag(c, "sandbox"))
        return cli_usage(c, _("--state is needed"));
    m.signal_fd = guard_signals();
    bool told = false, sandbox = cli_flag(c, "sandbox");
    int code = sandbox ? make_sandbox(&m) : CLI_OK;
    if (!code)
        code = m.signal_fd < 0 ? cli_fail(c, ERR_IO, _("taking signals")) : sandbox ? CLI_OK : run_first(&m, &told);
    bool again = !code && !told;
    for (bool first = true; again; first = false)
        code = run_once(&m, first, &again);
    if (!code && !told)
        guard_notify("STOPPING=1");
    if (m.signal_fd >= 0)
        close(m.signal_fd);
    return code;
}
