/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/counter.h"
#include "client/counter/session.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants the four above first */
#include <cmocka.h>

enum { NOW = 1000 };
#define UTC INT64_C(1700000000000)

static enum err enter(struct sessions *s, char id[static SESSION_ID_LEN + 1])
{
    char code[SESSION_CODE_LEN + 1];
    assert_int_equal(session_code(s, NOW, code), ERR_OK);
    return session_begin(s, code, NOW, UTC, id);
}

static void a_code_is_good_once_and_for_a_while(void **state)
{
    struct sessions *s = sessions_new(NULL);
    char code[SESSION_CODE_LEN + 1], id[SESSION_ID_LEN + 1] = "";
    (void)state;
    assert_non_null(s);
    assert_int_equal(session_code(s, NOW, code), ERR_OK);
    assert_int_equal(strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), SESSION_CODE_LEN);
    assert_int_equal(session_begin(s, code, NOW + SESSION_CODE_MS, UTC, id), ERR_PAGE_CODE);
    assert_string_equal(id, "");
    assert_int_equal(session_begin(s, code, NOW + SESSION_CODE_MS - 1, UTC, id), ERR_OK);
    assert_int_equal(strlen(id), SESSION_ID_LEN);
    assert_int_equal(session_begin(s, code, NOW, UTC, id), ERR_PAGE_CODE);
    assert_true(session_valid(s, id, UTC));
    sessions_free(&s);
    assert_null(s);
}

static void a_session_ends_by_disuse_and_by_age(void **state)
{
    struct sessions *s = sessions_new(NULL);
    char id[SESSION_ID_LEN + 1], other[SESSION_ID_LEN + 1];
    (void)state;
    assert_int_equal(enter(s, id), ERR_OK);
    assert_int_equal(enter(s, other), ERR_OK);
    int64_t at = UTC;
    for (; at <= UTC + SESSION_LONGEST_MS; at += SESSION_UNUSED_MS)
        assert_true(session_valid(s, id, at));
    assert_false(session_valid(s, other, at));
    assert_true(session_valid(s, id, UTC + SESSION_LONGEST_MS));
    assert_false(session_valid(s, id, UTC + SESSION_LONGEST_MS + 1));
    assert_false(session_valid(s, id, UTC)); /* once over, over */
    assert_false(session_valid(s, "", UTC));
    sessions_free(&s);
}

static void the_one_unused_for_longest_gives_way(void **state)
{
    struct sessions *s = sessions_new(NULL);
    char id[SESSION_MAX + 1][SESSION_ID_LEN + 1];
    (void)state;
    for (size_t i = 0; i < SESSION_MAX; i++) {
        assert_int_equal(enter(s, id[i]), ERR_OK);
        assert_true(session_valid(s, id[i], UTC + 1 + (int64_t)(i == 0 ? 100 : i)));
    }
    assert_int_equal(enter(s, id[SESSION_MAX]), ERR_OK);
    for (size_t i = 0; i <= SESSION_MAX; i++)
        assert_int_equal(session_valid(s, id[i], UTC + 200), i != 1);
    assert_int_equal(session_end_all(s), SESSION_MAX);
    assert_false(session_valid(s, id[0], UTC + 200));
    sessions_free(&s);
}

static void the_file_brings_them_back_and_holds_no_secret(void **state)
{
    char path[] = P_tmpdir "/huika-session-XXXXXX", id[SESSION_ID_LEN + 1], text[4096] = "";
    int fd = mkstemp(path);
    struct sessions *s = sessions_new(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(enter(s, id), ERR_OK);
    sessions_free(&s);
    close(fd);
    fd = open(path, O_RDONLY);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    assert_null(strstr(text, id));
    s = sessions_new(path);
    assert_true(session_valid(s, id, UTC));
    session_end(s, id);
    sessions_free(&s);
    s = sessions_new(path);
    assert_false(session_valid(s, id, UTC));
    sessions_free(&s);
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
    static const char *const wrong[] = {"", "{", "[]x", "{}", "[1]", "[{\"hash\":\"00\",\"begun_ms\":1,\"seen_ms\":1}]",
        "[{\"hash\":\"" ZEROS "\",\"begun_ms\":-1,\"seen_ms\":1}]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(wrong[i], f);
        fclose(f);
        s = sessions_new(path);
        assert_non_null(s);
        assert_int_equal(session_end_all(s), 0);
        sessions_free(&s);
    }
    unlink(path);
}

static void a_command_is_exactly_one(void **state)
{
    static const char *const good[][2] = {{"HUIKA-KEY/0", "0"}, {"HUIKA-KEY/9", "9"}, {"HUIKA-KEY/OK", "ok"},
        {"HUIKA-KEY/DOT", "dot"}, {"HUIKA-KEY/BACK", "back"}, {"HUIKA-KEY/NEXT", "next"},
        {"HUIKA-KEY/STATUS", "status"}};
    static const char *const bad[] = {"HUIKA-KEY/", "HUIKA-KEY/10", "HUIKA-KEY/ok", "HUIKA-KEY/OK ", "huika-key/OK",
        "OK", "", "HUIKA1/OK", "XHUIKA-KEY/OK"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_string_equal(counter_command(good[i][0], strlen(good[i][0])), good[i][1]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(counter_command(bad[i], strlen(bad[i])));
    assert_null(counter_command("HUIKA-KEY/OK", 11)); /* the length counts, not a closing 0 */
}

static void the_time_left_is_known_and_no_use(void **state)
{
    struct sessions *s = sessions_new(NULL);
    char id[SESSION_ID_LEN + 1] = "";
    uint8_t hash[KEY_HASH], other[KEY_HASH] = {0};
    (void)state;
    assert_non_null(s);
    assert_int_equal(enter(s, id), ERR_OK);
    key_sha256(id, SESSION_ID_LEN, hash);
    assert_int_equal(session_left_ms(s, hash, UTC), SESSION_UNUSED_MS + 1);
    assert_int_equal(session_left_ms(s, hash, UTC + SESSION_UNUSED_MS), 1);
    assert_int_equal(session_left_ms(s, hash, UTC + SESSION_UNUSED_MS + 1), 0);
    assert_int_equal(session_left_ms(s, other, UTC), 0);
    for (int64_t at = UTC; at < UTC + SESSION_LONGEST_MS; at += SESSION_UNUSED_MS)
        assert_true(session_valid(s, id, at));
    assert_int_equal(session_left_ms(s, hash, UTC + SESSION_LONGEST_MS), 1);
    assert_int_equal(session_left_ms(s, hash, UTC + SESSION_LONGEST_MS + 1), 0);
    session_end(s, id);
    assert_int_equal(session_left_ms(s, hash, UTC), 0);
    sessions_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_good_once_and_for_a_while),
        cmocka_unit_test(the_time_left_is_known_and_no_use),
        cmocka_unit_test(a_session_ends_by_disuse_and_by_age),
        cmocka_unit_test(the_one_unused_for_longest_gives_way),
        cmocka_unit_test(the_file_brings_them_back_and_holds_no_secret),
        cmocka_unit_test(a_command_is_exactly_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
