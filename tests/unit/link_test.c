/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsonx.h"
#include "link_fixture.h"
#include <netinet/in.h>
#include <sys/socket.h>

static enum err get(struct link *l, const char *path, int *status, struct buf *body)
{
    struct link_request r = {.method = "GET", .path = path};
    return link_call(l, &r, status, body);
}

static enum err first_word(const char *name, enum link_trust trust, bool cert)
{
    struct link *l = link_to(name, trust, cert);
    enum err e = get(l, "/ok", NULL, NULL);
    assert_int_equal(link_status(l)->online, e == ERR_OK);
    assert_int_equal(link_status(l)->error, e);
    link_free(&l);
    return e;
}

static void the_server_must_be_the_one(void **state)
{
    (void)state;
    assert_int_equal(first_word("good", LINK_TRUST_CA, false), ERR_OK);
    assert_int_equal(first_word("good", LINK_TRUST_CA, true), ERR_OK);
    assert_int_equal(first_word("mutual", LINK_TRUST_CA, true), ERR_OK);
    assert_int_equal(first_word("foreign", LINK_TRUST_CA, true), ERR_TLS_UNTRUSTED);
    assert_int_equal(first_word("elsewhere", LINK_TRUST_CA, true), ERR_TLS_HOST);
    assert_int_equal(first_word("client", LINK_TRUST_CA, true), ERR_TLS_UNTRUSTED);
    assert_int_equal(first_word("expired", LINK_TRUST_CA, true), ERR_TLS_EXPIRED);
    assert_int_equal(first_word("notyet", LINK_TRUST_CA, true), ERR_TLS_NOT_YET);
    assert_int_equal(first_word("old", LINK_TRUST_CA, true), ERR_TLS_OTHER);
    assert_int_equal(first_word("plain", LINK_TRUST_CA, true), ERR_TLS_OTHER);
    assert_int_equal(first_word("rejecting", LINK_TRUST_CA, true), ERR_TLS_REJECTED);
    assert_int_equal(first_word("mutual", LINK_TRUST_CA, false), ERR_TLS_REJECTED);
}

/* The certificate is good; it is this machine that lives in another month. */
static void a_wrong_clock_is_told_from_a_wrong_certificate(void **state)
{
    (void)state;
    clock_off_ms = 60 * DAY_MS;
    assert_int_equal(first_word("good", LINK_TRUST_CA, true), ERR_CLOCK_SKEW);
    clock_off_ms = -60 * DAY_MS; /* before our own certificate began */
    assert_int_equal(first_word("good", LINK_TRUST_CA, true), ERR_CLOCK_SKEW);
    assert_int_equal(first_word("good", LINK_TRUST_CA, false), ERR_CLOCK_SKEW);
    clock_off_ms = -20000 * DAY_MS;
    assert_int_equal(first_word("good", LINK_TRUST_CA, false), ERR_CLOCK_SKEW);
    clock_off_ms = 0;
    /* Ours is right and the server's stopped when its certificate was still good: that is what it looks like from here, too. */
    assert_int_equal(first_word("stopped", LINK_TRUST_CA, true), ERR_CLOCK_SKEW);
}

static void enrolment_looks_past_dates_and_at_first_past_all(void **state)
{
    (void)state;
    assert_int_equal(first_word("expired", LINK_TRUST_UNDATED, false), ERR_OK);
    assert_int_equal(first_word("notyet", LINK_TRUST_UNDATED, true), ERR_OK);
    assert_int_equal(first_word("foreign", LINK_TRUST_UNDATED, false), ERR_TLS_UNTRUSTED);
    assert_int_equal(first_word("elsewhere", LINK_TRUST_UNDATED, false), ERR_TLS_HOST);
    assert_int_equal(first_word("foreign", LINK_TRUST_NOTHING, false), ERR_OK);
    assert_int_equal(first_word("elsewhere", LINK_TRUST_NOTHING, false), ERR_OK);
}

static void a_probe_for_the_date_serves_nothing_else(void **state)
{
    (void)state;
    struct link *l = link_to("expired", LINK_TRUST_CA, true);
    for (int i = 0; i < 4; i++)
        assert_int_equal(get(l, "/ok", NULL, NULL), ERR_TLS_EXPIRED);
    link_free(&l);
}

static void where_nobody_is(void **state)
{
    (void)state;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char url[64];
    struct link *l = NULL;
    assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    snprintf(url, sizeof url, "https://localhost:%d", ntohs(a.sin_port));
    struct link_config c = {.url = url, .clock = &test_clock, .ca_path = ca_path};
    assert_int_equal(link_new(&c, &l), ERR_OK);
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_NET_REFUSED);
    link_free(&l);
    /* Somebody listens, and never says a word. */
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(link_new(&c, &l), ERR_OK);
    struct link_request r = {.method = "GET", .path = "/ok", .deadline_mono_ms = tm_mono_ms() + 200};
    assert_int_equal(link_call(l, &r, NULL, NULL), ERR_NET_TIMEOUT);
    link_free(&l);
    close(fd);
    c.url = "https://no-such-host.invalid:1";
    assert_int_equal(link_new(&c, &l), ERR_OK);
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_NET_RESOLVE);
    link_free(&l);
}

static void wrong_configurations_are_refused(void **state)
{
    (void)state;
    struct link *l = NULL;
    struct link_config c = {.url = "https://localhost:1", .clock = &test_clock};
    assert_int_equal(link_new(&c, &l), ERR_BAD_VALUE); /* no CA, and not because nothing is to be trusted */
    c.trust = LINK_TRUST_NOTHING;
    assert_int_equal(link_new(&c, &l), ERR_OK);
    link_free(&l);
    c.trust = LINK_TRUST_CA;
    c.ca_path = key_path;
    assert_int_equal(link_new(&c, &l), ERR_BAD_VALUE);
    c.ca_path = "/nonexistent/ca.crt";
    assert_int_equal(link_new(&c, &l), ERR_NOT_FOUND);
    c.ca_path = ca_path;
    static const char *const urls[] = {"http://localhost:1", "https://", "https://a/b", "https://a@b", "localhost"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        c.url = urls[i];
        assert_int_equal(link_new(&c, &l), ERR_BAD_VALUE);
    }
    assert_null(l);
}

static void every_broken_answer_has_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum err err;
        int status;
    } way_to_fail[] = {{"/cut", ERR_NET_CUT, 0}, {"/nothing", ERR_NET_CUT, 0}, {"/garbage", ERR_NET_PROTOCOL, 0},
        {"/big", ERR_TOO_LARGE, 0}, {"/problem", ERR_CHAIN_GAP, 409}, {"/unknown", ERR_NET_PROTOCOL, 400},
        {"/odd", ERR_NET_PROTOCOL, 503}, {"/moved", ERR_NET_PROTOCOL, 302}};
    struct link *l = link_to("good", LINK_TRUST_CA, true);
    for (size_t i = 0; i < sizeof way_to_fail / sizeof *way_to_fail; i++) {
        int status = -1;
        assert_int_equal(get(l, way_to_fail[i].path, &status, NULL), way_to_fail[i].err);
        assert_int_equal(status, way_to_fail[i].status);
        assert_int_equal(link_status(l)->online, status != 0);
        assert_int_equal(get(l, "/ok", &status, NULL), ERR_OK);
        assert_int_equal(status, 200);
    }
    struct link_request r = {.method = "GET", .path = "/slow", .deadline_mono_ms = tm_mono_ms() + 200};
    assert_int_equal(link_call(l, &r, NULL, NULL), ERR_NET_TIMEOUT);
    link_free(&l);
}

static void what_is_sent_arrives(void **state)
{
    (void)state;
    struct buf body;
    struct link *l = link_to("mutual", LINK_TRUST_CA, true);
    char *much = calloc(1, LINK_BODY_MAX + 1);
    buf_init(&body, 4096);
    assert_non_null(much);
    struct link_request r = {.method = "POST", .path = "/echo", .body = much, .len = 300000, .type = "text/csv"};
    r.userpwd = "invitation:secret";
    assert_int_equal(link_call(l, &r, NULL, &body), ERR_OK);
    assert_string_equal(buf_str(&body), "{\"method\": \"POST\", \"type\": \"text/csv\", \"auth\": \"Basic "
                                        "aW52aXRhdGlvbjpzZWNyZXQ=\", \"len\": 300000, \"expect\": null}");
    /* The same handle again, in every other shape. */
    static const char *const method[] = {"GET", "DELETE", "PUT", "POST", "POST", "GET"};
    for (size_t i = 0; i < sizeof method / sizeof *method; i++) {
        char want[160];
        bool sends = strcmp(method[i], "PUT") == 0 || i == 3;
        r = (struct link_request){
            .method = method[i], .path = "/echo", .body = sends ? "{}" : NULL, .len = sends ? 2 : 0};
        buf_reset(&body);
        assert_int_equal(link_call(l, &r, NULL, &body), ERR_OK);
        if (i == 4) /* curl names a type for an empty POST, too */
            continue;
        snprintf(want, sizeof want, "{\"method\": \"%s\", \"type\": %s, \"auth\": null, \"len\": %d, \"expect\": null}",
            method[i], sends ? "\"application/json\"" : "null", sends ? 2 : 0);
        assert_string_equal(buf_str(&body), want);
    }
    r = (struct link_request){.method = "POST", .path = "/echo", .body = much, .len = LINK_BODY_MAX + 1};
    assert_int_equal(link_call(l, &r, NULL, &body), ERR_TOO_LARGE);
    free(much);
    buf_release(&body);
    link_free(&l);
}

struct seen {
    int cnt;
    enum err err;
    int status;
};

static void note(void *ctx, const struct link_answer *a)
{
    struct seen *s = ctx;
    s->cnt++;
    s->err = a->err;
    s->status = a->status;
}

static int64_t counted(struct link *l, const char *what)
{
    struct buf body;
    json_t *root = NULL;
    int64_t n = 0;
    buf_init(&body, 1000);
    assert_int_equal(get(l, "/count", NULL, &body), ERR_OK);
    assert_int_equal(jsonx_parse(buf_str(&body), body.len, &root), ERR_OK);
    assert_int_equal(jsonx_int(root, what, 0, INT32_MAX, &n), ERR_OK);
    json_decref(root);
    buf_release(&body);
    return n;
}

static int64_t connections(struct link *l)
{
    return counted(l, "connections");
}

static void a_connection_serves_many_requests(void **state)
{
    (void)state;
    struct link *l = link_to("good", LINK_TRUST_CA, true);
    int64_t first = connections(l);
    for (int i = 0; i < 50; i++)
        assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK);
    assert_int_equal(connections(l), first);
    link_free(&l);
}

/* An answer that has come is read by the next link_request. Nothing is left to poll for it then: who slept would sleep for long. */
static void an_answer_read_by_a_request_lets_nobody_sleep(void **state)
{
    (void)state;
    struct seen first = {0}, second = {0};
    struct link *l = link_to("good", LINK_TRUST_CA, true);
    struct link_request r = {.method = "GET", .path = "/ok", .done = note, .ctx = &first};
    int64_t end = tm_mono_ms() + 20000;
    int n = 0;
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK); /* the connection is warm */
    assert_int_equal(link_request(l, &r, NULL), ERR_OK);
    while (link_timeout_ms(l) && !n) { /* it is there, or was read at once */
        assert_true(tm_mono_ms() < end);
        curl_multi_poll(link_multi(l), NULL, 0, 100, &n);
    }
    r = (struct link_request){.method = "GET", .path = "/slow", .done = note, .ctx = &second};
    assert_int_equal(link_request(l, &r, NULL), ERR_OK);
    assert_int_equal(first.cnt, 0); /* told by link_dispatch only */
    assert_int_equal(link_timeout_ms(l), 0);
    link_dispatch(l);
    assert_int_equal(first.cnt, 1);
    assert_int_equal(first.err, ERR_OK);
    assert_int_equal(second.cnt, 0);
    assert_int_equal(link_timeout_ms(l), -1);
    link_free(&l);
}

/* A long poll must not make the next card wait, nor open a connection for each. */
static void a_request_does_not_queue_behind_a_long_poll(void **state)
{
    (void)state;
    struct seen poll = {0}, ask = {0};
    uint64_t id = 0;
    struct link *l = link_to("good", LINK_TRUST_CA, true);
    struct link_request p = {.method = "GET", .path = "/slow", .waits = true, .done = note, .ctx = &poll};
    struct link_request r = {.method = "GET", .path = "/ok", .done = note, .ctx = &ask};
    link_keep_warm(l);
    TURN_UNTIL(l, link_status(l)->online);
    p.deadline_mono_ms = tm_mono_ms() + 60000;
    assert_int_equal(link_request(l, &p, &id), ERR_OK);
    TURN_UNTIL(l, link_timeout_ms(l) < 0); /* the second connection is there */
    int64_t before = connections(l);
    for (int i = 1; i <= 20; i++) {
        assert_int_equal(link_request(l, &r, NULL), ERR_OK);
        TURN_UNTIL(l, ask.cnt == i);
        assert_int_equal(ask.err, ERR_OK);
    }
    assert_int_equal(connections(l), before);
    assert_int_equal(poll.cnt, 0);
    link_cancel(l, id);
    link_cancel(l, id);
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK);
    assert_int_equal(poll.cnt, 0);
    link_free(&l);
}

/* The service closes an idle connection: a new one is there before the next card comes. */
static void a_lost_connection_is_made_anew_in_the_background(void **state)
{
    (void)state;
    struct link *l = link_to("good", LINK_TRUST_CA, true), *other = link_to("good", LINK_TRUST_CA, true);
    link_keep_warm(l);
    TURN_UNTIL(l, link_status(l)->online);
    int64_t before = connections(other);
    assert_int_equal(get(other, "/drop", NULL, NULL), ERR_OK);
    int64_t contact = link_status(l)->contact_mono_ms;
    TURN_UNTIL(l, connections(other) > before && link_status(l)->contact_mono_ms > contact);
    before = connections(other);
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK);
    assert_int_equal(connections(other), before);
    link_free(&l);
    link_free(&other);
}

static int changes;
static void changed(void *ctx)
{
    (void)ctx;
    changes++;
}

/* The status is a state: it goes down and comes up by itself, and says so once each time. */
static void the_link_comes_back_by_itself(void **state)
{
    (void)state;
    struct seen ask = {0};
    struct link *l = link_to("good", LINK_TRUST_CA, true);
    struct link_request r = {.method = "GET", .path = "/slow", .done = note, .ctx = &ask};
    changes = 0;
    link_on_change(l, changed, NULL);
    link_keep_warm(l);
    TURN_UNTIL(l, link_status(l)->online);
    assert_int_equal(changes, 1);
    r.deadline_mono_ms = tm_mono_ms() + 100;
    assert_int_equal(link_request(l, &r, NULL), ERR_OK);
    TURN_UNTIL(l, ask.cnt == 1);
    assert_int_equal(ask.err, ERR_NET_TIMEOUT);
    assert_false(link_status(l)->online);
    assert_int_equal(changes, 2);
    TURN_UNTIL(l, link_status(l)->online);
    assert_int_equal(changes, 3);
    link_free(&l);
}

static void requests_are_bounded_and_end_with_the_link(void **state)
{
    (void)state;
    struct seen ask = {0};
    struct link *l = link_to("good", LINK_TRUST_CA, true);
    struct link_request r = {.method = "GET", .path = "/slow", .done = note, .ctx = &ask};
    r.deadline_mono_ms = tm_mono_ms() + 60000;
    for (int i = 0; i < LINK_REQUESTS; i++)
        assert_int_equal(link_request(l, &r, NULL), ERR_OK);
    assert_int_equal(link_request(l, &r, NULL), ERR_BUSY);
    link_free(&l);
    assert_null(l);
    assert_int_equal(ask.cnt, 0);
    link_free(&l);
}

/* A peer that goes away in the middle of a record, or of an answer, is not waited for until the end of a long poll. */
static void an_answer_that_stops_half_way_is_given_up_soon(void **state)
{
    (void)state;
    static const char *const path[] = {"/record", "/header", "/bit", "/head", "/body"};
    struct link *l = link_to("good", LINK_TRUST_CA, true);
    for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
        struct seen poll = {0};
        struct link_request r = {.method = "GET", .path = path[i], .waits = i % 2, .done = note, .ctx = &poll};
        r.deadline_mono_ms = test_mono(NULL) + 60000;
        assert_int_equal(link_request(l, &r, NULL), ERR_OK);
        TURN_UNTIL(l, link_timeout_ms(l) > 0);
        assert_in_range(link_timeout_ms(l), 1, 5000);
        mono_off_ms += 4000;
        turn(l);
        assert_int_equal(poll.cnt, 0);
        mono_off_ms += 1000;
        TURN_UNTIL(l, poll.cnt);
        assert_int_equal(poll.err, ERR_NET_TIMEOUT);
        assert_int_equal(link_timeout_ms(l), -1);
        assert_false(link_status(l)->online);
        assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK);
    }
    link_free(&l);
}

/* Neither one that is slow, nor one that has not begun: that is what a long poll is. */
static void an_answer_may_be_slow_and_a_long_poll_silent(void **state)
{
    (void)state;
    struct seen slow = {0}, poll = {0};
    uint64_t id = 0;
    struct link *l = link_to("good", LINK_TRUST_CA, true), *other = link_to("good", LINK_TRUST_CA, true);
    struct link_request r = {.method = "GET", .path = "/body", .done = note, .ctx = &slow};
    struct link_request p = {.method = "GET", .path = "/slow", .waits = true, .done = note, .ctx = &poll};
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK);
    r.deadline_mono_ms = p.deadline_mono_ms = test_mono(NULL) + 60000;
    assert_int_equal(link_request(l, &p, &id), ERR_OK);
    assert_int_equal(link_request(l, &r, NULL), ERR_OK);
    TURN_UNTIL(l, link_timeout_ms(l) > 0);
    for (int i = 0; i < 2; i++) {
        mono_off_ms += 4500;
        turn(l);
        assert_int_equal(slow.cnt, 0);
        assert_int_equal(get(other, "/more", NULL, NULL), ERR_OK);
        TURN_UNTIL(l, slow.cnt || link_timeout_ms(l) > 4000); /* heard of */
    }
    TURN_UNTIL(l, slow.cnt);
    assert_int_equal(slow.err, ERR_OK);
    mono_off_ms += 40000;
    turn(l);
    assert_int_equal(poll.cnt, 0);
    link_cancel(l, id);
    link_free(&l);
    link_free(&other);
}

/* What went without an answer may have taken the others with it: an idle connection is not tried first. */
static void unanswered(int64_t after_ms, bool closes_old)
{
    struct seen lost = {0};
    struct link *l = link_to("good", LINK_TRUST_CA, true), *other = link_to("good", LINK_TRUST_CA, true);
    struct link_request r = {.method = "GET", .path = "/slow", .done = note, .ctx = &lost};
    r.deadline_mono_ms = test_mono(NULL) + after_ms;
    assert_int_equal(link_request(l, &r, NULL), ERR_OK);
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK); /* beside it, and idle now */
    int64_t before = connections(other), open = counted(other, "open");
    TURN_UNTIL(l, lost.cnt);
    assert_int_equal(lost.err, ERR_NET_TIMEOUT);
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK);
    assert_int_equal(connections(other), before + 1);
    assert_int_equal(get(l, "/ok", NULL, NULL), ERR_OK);
    assert_int_equal(connections(other), before + 1);
    if (closes_old) /* two went, one came; curl looks for old ones once a second, when something is asked */
        TURN_UNTIL(l, !get(l, "/ok", NULL, NULL) && counted(other, "open") == open - 1);
    link_free(&l);
    link_free(&other);
}

static void after_no_answer_a_new_connection_is_made(void **state)
{
    (void)state;
    unanswered(300, false);
    unanswered(1500, true); /* curl counts whole seconds of being idle */
}

static struct link *chain_link;
static int chained;
static void ask_again(void *ctx, const struct link_answer *a)
{
    (void)ctx;
    assert_int_equal(a->err, ERR_OK);
    struct link_request r = {.method = "GET", .path = "/ok", .done = ask_again};
    if (++chained < 5)
        assert_int_equal(link_request(chain_link, &r, NULL), ERR_OK);
}

static void an_answer_may_ask_the_next(void **state)
{
    (void)state;
    chain_link = link_to("good", LINK_TRUST_CA, true);
    chained = 0;
    struct link_request r = {.method = "GET", .path = "/ok", .done = ask_again};
    assert_int_equal(link_request(chain_link, &r, NULL), ERR_OK);
    assert_int_equal(chained, 0);
    TURN_UNTIL(chain_link, chained == 5);
    link_free(&chain_link);
}

static void our_own_certificate_says_how_long(void **state)
{
    (void)state;
    struct link *l = link_to("good", LINK_TRUST_CA, true);
    assert_in_range(link_cert_until_ms(l), tm_wall_utc_ms() + 29 * DAY_MS, tm_wall_utc_ms() + 31 * DAY_MS);
    assert_in_range(link_cert_from_ms(l), tm_wall_utc_ms() - 2 * DAY_MS, tm_wall_utc_ms());
    link_free(&l);
    l = link_to("good", LINK_TRUST_CA, false);
    assert_int_equal(link_cert_until_ms(l), 0);
    link_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_must_be_the_one),
        cmocka_unit_test(a_wrong_clock_is_told_from_a_wrong_certificate),
        cmocka_unit_test(enrolment_looks_past_dates_and_at_first_past_all),
        cmocka_unit_test(a_probe_for_the_date_serves_nothing_else),
        cmocka_unit_test(where_nobody_is),
        cmocka_unit_test(wrong_configurations_are_refused),
        cmocka_unit_test(every_broken_answer_has_its_name),
        cmocka_unit_test(what_is_sent_arrives),
        cmocka_unit_test(a_connection_serves_many_requests),
        cmocka_unit_test(an_answer_read_by_a_request_lets_nobody_sleep),
        cmocka_unit_test(a_request_does_not_queue_behind_a_long_poll),
        cmocka_unit_test(a_lost_connection_is_made_anew_in_the_background),
        cmocka_unit_test(the_link_comes_back_by_itself),
        cmocka_unit_test(requests_are_bounded_and_end_with_the_link),
        cmocka_unit_test(an_answer_that_stops_half_way_is_given_up_soon),
        cmocka_unit_test(an_answer_may_be_slow_and_a_long_poll_silent),
        cmocka_unit_test(after_no_answer_a_new_connection_is_made),
        cmocka_unit_test(an_answer_may_ask_the_next),
        cmocka_unit_test(our_own_certificate_says_how_long),
    };
    return cmocka_run_group_tests_name("link", tests, start_server, stop_server);
}
