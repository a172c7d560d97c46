/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cli.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The command prints what it got: name(arguments)options. */
static int show(struct cli *c)
{
    printf("%s(", c->command->name);
    for (size_t i = 0; i < c->arg_cnt; i++)
        printf("%s%s", i ? "," : "", c->arg[i]);
    printf(")%s%s", c->json ? " json" : "", c->color ? " color" : "");
    for (const char *const *o = (const char *const[]){"profile", "org", "name", NULL}; *o; o++)
        if (cli_text(c, *o))
            printf(" %s=%s", *o, cli_text(c, *o));
    return cli_flag(c, "yes") ? 1 : *(int *)c->ctx;
}

static int count(struct cli *c)
{
    int64_t n = 5;
    if (!cli_int(c, "port", 1, 65535, &n))
        return CLI_USAGE;
    printf("%lld", (long long)n);
    return CLI_OK;
}

static int broken(struct cli *c)
{
    return cli_fail(c, err_from_code(c->arg[0]), "%s %d", "doing", 7);
}

static const struct cli_opt common[] = {{"profile", "DIR", N_("where keys lie"), 0}, {0}};
static const struct cli_opt add_opts[] = {{"org", "CODE", N_("its union"), CLI_MUST},
    {"name", "TEXT", N_("its name"), 0}, {"yes", NULL, N_("do not ask"), 0}, {0}};
static const struct cli_opt port_opts[] = {{"port", "N", N_("the port"), 0}, {0}};
static const struct cli_command commands[] = {{"shop add", "ID", N_("adds a shop"), add_opts, 1, 2, show},
    {"shop list", "", N_("lists shops"), NULL, 0, 0, show}, {"sell", "AMOUNT", N_("sells"), NULL, 1, 1, show},
    {"count", "", N_("counts"), port_opts, 0, 0, count}, {"fail", "CODE", N_("fails"), NULL, 1, 1, broken}, {0}};
static const struct cli_program program = {"huika-test", N_("tests"), common, commands};

static char out[8192], err[8192];

static void drain(int fd, char *to)
{
    size_t n = 0;
    ssize_t k;
    while ((k = read(fd, to + n, sizeof out - 1 - n)) > 0)
        n += (size_t)k;
    to[n] = 0;
    close(fd);
}

/* Runs the words of `line` in a process of their own; the exit code. `lang` goes into LC_ALL. */
static int run_lang(const char *lang, const char *line)
{
    int o[2], e[2], status;
    assert_int_equal(pipe(o) | pipe(e), 0);
    pid_t pid = fork();
    if (!pid) {
        char copy[512], *rest, *argv[64] = {"huika-test"};
        int argc = 1, zero = 0;
        dup2(o[1], 1);
        dup2(e[1], 2);
        setenv("LC_ALL", lang, 1);
        snprintf(copy, sizeof copy, "%s", line);
        for (char *w = strtok_r(copy, "~", &rest); w; w = strtok_r(NULL, "~", &rest))
            argv[argc++] = w;
        int code = cli_main(&program, argc, argv, &zero);
        fflush(NULL);
        _exit(code);
    }
    close(o[1]);
    close(e[1]);
    drain(o[0], out);
    drain(e[0], err);
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run(const char *line)
{
    return run_lang("C", line);
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    assert_int_equal(run("shop~add~S1~--org~410100~--name~a b"), 0);
    assert_string_equal(out, "shop add(S1) org=410100 name=a b");
    assert_int_equal(run("--profile~/p~shop~add~--org=410100~S1~--json~S2~--yes"), 1);
    assert_string_equal(out, "shop add(S1,S2) json profile=/p org=410100");
    assert_int_equal(run("--profile=/p~shop~list~--profile~/q"), 0);
    assert_string_equal(out, "shop list() profile=/q");
    assert_int_equal(run("sell~-5"), 0);
    assert_string_equal(out, "sell(-5)");
    assert_int_equal(run("sell~-"), 0);
    assert_string_equal(out, "sell(-)");
    assert_int_equal(run("sell~--~--yes"), 0);
    assert_string_equal(out, "sell(--yes)");
    assert_int_equal(run("shop~add~S1~--org~--name"), 0); /* a value may begin with dashes */
    assert_string_equal(out, "shop add(S1) org=--name");
    assert_string_equal(err, "");
}

static void wrong_usage_is_2(void **state)
{
    static const char *const bad[] = {"", "lunch", "shop", "shop~lunch", "shop~add~--org~1", "shop~add~a~b~c~--org~1",
        "shop~add~S1", "shop~list~x", "sell~1~--org~2", "sell~1~--org", "sell~1~--yes=1", "sell~1~--nonsense",
        "sell~1~-x", "shop~add~S1~--org~1~--yes=1", "--profile", "count~--port~0", "count~--port~65536",
        "count~--port~1x", "count~--port~ 1", "count~--port~", "count~--port~99999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (run(bad[i]) != CLI_USAGE)
            fail_msg("%s was taken: %s", bad[i], out);
        assert_string_equal(out, "");
        if (i && (strncmp(err, "huika-test: ", 12) || strchr(err, '\n') != err + strlen(err) - 1))
            fail_msg("%s", err);
    }
    assert_int_equal(run("count~--port~65535"), 0);
    assert_string_equal(out, "65535");
    assert_int_equal(run("count"), 0);
    assert_string_equal(out, "5");
}

/* A number typed in the wrong place must not come back on the screen or in a log. */
static void card_numbers_are_not_echoed(void **state)
{
    static const char *const lines[] = {"6200000000000005", "sell~1~--numbr=6200000000000005",
        "sell~1~--6200000000000005", "-x6200000000000005", "sell~1~6200000000000005"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(run(lines[i]), CLI_USAGE);
        assert_null(strstr(err, "62000000"));
        assert_null(strstr(out, "62000000"));
    }
}

static void help_and_version(void **state)
{
    (void)state;
    assert_int_equal(run("--help"), 0);
    assert_non_null(strstr(out, "shop add ID"));
    assert_non_null(strstr(out, "--profile DIR"));
    assert_non_null(strstr(out, "--json"));
    assert_int_equal(run("shop~add~--help"), 0);
    assert_non_null(strstr(out, "huika-test shop add ID"));
    assert_non_null(strstr(out, "--org CODE"));
    assert_null(strstr(out, "lists shops"));
    assert_int_equal(run("-h"), 0);
    assert_int_equal(run("--version"), 0);
    assert_string_equal(out, "huika-test " HUIKA_VERSION "\n");
    assert_int_equal(run("--version~--json"), 0);
    assert_string_equal(out, "{\"program\":\"huika-test\",\"version\":\"" HUIKA_VERSION "\"}\n");
}

static void errors_are_one_line_in_the_users_language(void **state)
{
    (void)state;
    assert_int_equal(run("fail~disk_full"), CLI_FAILED);
    assert_string_equal(err,
        "huika-test: doing 7: The disk is full, so nothing was recorded; free some space and try again. [disk_full]\n");
    assert_string_equal(out, "");
    assert_int_equal(run_lang("zh_CN.UTF-8", "fail~disk_full"), CLI_FAILED);
    assert_string_equal(err, "huika-test: doing 7: 磁盘已满，未作任何记录；请清理空间后重试。 [disk_full]\n");
    assert_int_equal(run_lang("zh_TW", "fail~card_lost"), CLI_NO);
    assert_non_null(strstr(err, "挂失"));
    assert_int_equal(run_lang("en_US.UTF-8", "fail~card_lost"), CLI_NO);
    assert_non_null(strstr(err, "lost"));
}

static void exit_codes(void **state)
{
    (void)state;
    assert_int_equal(cli_exit_code(ERR_OK), CLI_OK);
    assert_int_equal(cli_exit_code(ERR_CARD_LOST), CLI_NO);
    assert_int_equal(cli_exit_code(ERR_NOT_FOUND), CLI_NO);
    assert_int_equal(cli_exit_code(ERR_FORBIDDEN), CLI_NO);
    assert_int_equal(cli_exit_code(ERR_CHAIN_BROKEN), CLI_NO);
    assert_int_equal(cli_exit_code(ERR_INVITE_USED), CLI_NO);
    assert_int_equal(cli_exit_code(ERR_BAD_AMOUNT), CLI_USAGE);
    assert_int_equal(cli_exit_code(ERR_BAD_NUMBER), CLI_USAGE);
    assert_int_equal(cli_exit_code(ERR_NUMBER_LUHN), CLI_USAGE);
    assert_int_equal(cli_exit_code(ERR_NET_REFUSED), CLI_FAILED);
    assert_int_equal(cli_exit_code(ERR_TLS_UNTRUSTED), CLI_FAILED);
    assert_int_equal(cli_exit_code(ERR_NOT_RUNNING), CLI_FAILED);
    assert_int_equal(cli_exit_code(ERR_STATE_LOCKED), CLI_FAILED);
    assert_int_equal(cli_exit_code(ERR_DISK_FULL), CLI_FAILED);
    assert_int_equal(cli_exit_code(ERR_INTERNAL), CLI_FAILED);
}

static void unwritten_output_is_a_failure(void **state)
{
    int status;
    (void)state;
    pid_t pid = fork();
    if (!pid) {
        int zero = 0;
        if (!freopen("/dev/full", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(99);
        _exit(cli_main(&program, 3, (char *[]){"huika-test", "sell", "1", NULL}, &zero));
    }
    waitpid(pid, &status, 0);
    assert_int_equal(WEXITSTATUS(status), CLI_FAILED);
}

static void color_only_when_wanted(void **state)
{
    struct cli c = {.color = true};
    (void)state;
    assert_string_equal(cli_color(&c, "1;31"), "\033[1;31m");
    c.color = false;
    assert_string_equal(cli_color(&c, "1;31"), "");
    assert_int_equal(run("sell~1"), 0); /* into a pipe */
    assert_null(strstr(out, "color"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(options_stand_anywhere), cmocka_unit_test(wrong_usage_is_2),
        cmocka_unit_test(card_numbers_are_not_echoed), cmocka_unit_test(help_and_version),
        cmocka_unit_test(errors_are_one_line_in_the_users_language), cmocka_unit_test(exit_codes),
        cmocka_unit_test(unwritten_output_is_a_failure), cmocka_unit_test(color_only_when_wanted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
