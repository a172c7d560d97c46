/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cli.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_opt built_in[] = {
    {"json", NULL, N_("machine output: one JSON object, or one per line"), 0},
    {"help", NULL, N_("show this help"), 0},
    {"version", NULL, N_("show the version"), 0},
    {0},
};

static const char *translated(const char *s)
{
    return s && *s ? gettext(s) : "";
}

int cli_exit_code(enum err e)
{
    if (!e)
        return CLI_OK;
    int http = err_http(e);
    if (err_class(e) == ERR_CLASS_ANSWER || e == ERR_CHAIN_BROKEN || e == ERR_CHAIN_FORK || e == ERR_CHAIN_GAP)
        return CLI_NO;
    if (err_class(e) == ERR_CLASS_USER && (http == 400 || http == 413 || http == 422))
        return CLI_USAGE;
    return !err_retry(e) && (http == 401 || http == 403 || http == 404 || http == 409) ? CLI_NO : CLI_FAILED;
}

static const char *name_of(const struct cli *c)
{
    return c && c->program ? c->program->name : program_invocation_short_name;
}

int cli_fail(const struct cli *c, enum err e, const char *what, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, what);
    vsnprintf(text, sizeof text, what, ap);
    va_end(ap);
    fflush(stdout);
    fprintf(stderr, "%s: %s: %s [%s]\n", name_of(c), text, err_text(e, i18n_lang()), err_code(e));
    return cli_exit_code(e);
}

enum err cli_path_err(enum err e)
{
    return e == ERR_NOT_FOUND ? ERR_PATH_MISSING : e;
}

int cli_usage(const struct cli *c, const char *text, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, text);
    vsnprintf(line, sizeof line, text, ap);
    va_end(ap);
    fflush(stdout);
    fprintf(stderr, "%s: %s ", name_of(c), line);
    fprintf(stderr, _("Try '%s --help'."), name_of(c));
    fputc('\n', stderr);
    return CLI_USAGE;
}

const char *cli_text(const struct cli *c, const char *name)
{
    for (size_t i = c->opt_cnt; i-- > 0;)
        if (!strcmp(c->opt_name[i], name))
            return c->opt_value[i];
    return NULL;
}

bool cli_flag(const struct cli *c, const char *name)
{
    return cli_text(c, name) != NULL;
}

bool cli_int(const struct cli *c, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const char *s = cli_text(c, name);
    char *end;
    if (!s)
        return true;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (errno || end == s || *end || (*s != '-' && (*s < '0' || *s > '9')) || v < min || v > max) {
        cli_usage(c, _("--%s wants a whole number from %lld to %lld."), name, (long long)min, (long long)max);
        return false;
    }
    *out = v;
    return true;
}

const char *cli_color(const struct cli *c, const char *sgr)
{
    static char ring[8][16];
    static unsigned next;
    if (!c->color)
        return "";
    char *s = ring[next++ % 8];
    snprintf(s, sizeof ring[0], "\033[%sm", sgr);
    return s;
}

/* What was typed, for an error line: without a value, and never a card number that stands in the wrong place. */
static const char *echo(const char *typed, char out[static 40])
{
    size_t digits = 0, n = strcspn(typed, "=");
    for (size_t i = 0; i < n; i++)
        digits += typed[i] >= '0' && typed[i] <= '9';
    snprintf(out, 40, "%.*s", digits > 8 || n > 39 ? 0 : (int)n, typed);
    return *out ? out : "...";
}

static const struct cli_opt *find_opt(const struct cli_opt *list, const char *name, size_t len)
{
    for (; list && list->name; list++)
        if (strlen(list->name) == len && !memcmp(list->name, name, len))
            return list;
    return NULL;
}

/* Takes argv[i] (and perhaps the next one) as an option; how many were taken, 0 after an error line. */
static int take_option(struct cli *c, int argc, char **argv, int i)
{
    const char *name = argv[i] + 2, *eq = strchr(name, '='), *value = eq ? eq + 1 : "";
    size_t len = eq ? (size_t)(eq - name) : strlen(name);
    const struct cli_opt *o = c->command ? find_opt(c->command->opts, name, len) : NULL;
    if (!o)
        o = find_opt(c->program->opts, name, len);
    if (!o)
        o = find_opt(built_in, name, len);
    if (!o) {
        char typed[40];
        cli_usage(c, _("'%s' is not an option here."), echo(argv[i], typed));
        return 0;
    }
    if (!o->arg && eq) {
        cli_usage(c, _("--%s takes no value."), o->name);
        return 0;
    }
    if (c->opt_cnt == CLI_OPTS) {
        cli_usage(c, _("Too many options."));
        return 0;
    }
    if (o->arg && !eq && i + 1 == argc) {
        cli_usage(c, _("--%s wants a value: %s."), o->name, o->arg);
        return 0;
    }
    c->opt_name[c->opt_cnt] = o->name;
    c->opt_value[c->opt_cnt++] = o->arg && !eq ? argv[i + 1] : value;
    return o->arg && !eq ? 2 : 1;
}

static const struct cli_command *find_command(const struct cli_program *p, int argc, char **argv, int *taken)
{
    for (const struct cli_command *k = p->commands; k->name; k++) {
        const char *second = strchr(k->name, ' ');
        size_t first = second ? (size_t)(second - k->name) : strlen(k->name);
        if (strlen(argv[0]) != first || memcmp(argv[0], k->name, first))
            continue;
        if (second && (argc < 2 || strcmp(argv[1], second + 1)))
            continue;
        *taken = second ? 2 : 1;
        return k;
    }
    return NULL;
}

static bool is_word(const char *s)
{
    return s[0] != '-' || !s[1] || (s[1] >= '0' && s[1] <= '9'); /* "-" is standard input, "-5" a wrong amount */
}

/* A first word that begins commands of two words is not what was wrong. */
static void no_command(const struct cli *c, const char *word, const char *next)
{
    char typed[40], second[40];
    size_t n = strlen(word);
    bool begins = false;
    for (const struct cli_command *k = c->program->commands; k->name; k++)
        begins = begins || (!strncmp(k->name, word, n) && k->name[n] == ' ');
    if (!begins)
        cli_usage(c, _("There is no command '%s'."), echo(word, typed));
    else if (!next || !is_word(next))
        cli_usage(c, _("'%s' wants a second word."), word);
    else
        cli_usage(c, _("There is no command '%s %s'."), word, echo(next, second));
}

static bool take_word(struct cli *c, int argc, char **argv, int *i)
{
    int taken = 1;
    if (!c->command) {
        c->command = find_command(c->program, argc - *i, argv + *i, &taken);
        if (!c->command)
            no_command(c, argv[*i], *i + 1 < argc ? argv[*i + 1] : NULL);
    } else if (c->arg_cnt == CLI_ARGS) {
        cli_usage(c, _("Too many arguments."));
        return false;
    } else {
        c->arg[c->arg_cnt++] = argv[*i];
    }
    *i += taken;
    return c->command != NULL;
}

static bool parse(struct cli *c, int argc, char **argv)
{
    bool words_only = false;
    for (int i = 1; i < argc;) {
        if (!words_only && !strcmp(argv[i], "--")) {
            words_only = true;
            i++;
        } else if (words_only || is_word(argv[i])) {
            if (!take_word(c, argc, argv, &i))
                return false;
        } else if (!strcmp(argv[i], "-h")) {
            c->opt_name[0] = "help";
            c->opt_value[0] = "";
            c->opt_cnt = 1;
            return true;
        } else if (argv[i][1] != '-') {
            char typed[40];
            cli_usage(c, _("'%s' is not an option here."), echo(argv[i], typed));
            return false;
        } else {
            int n = take_option(c, argc, argv, i);
            if (!n)
                return false;
            i += n;
        }
    }
    return true;
}

static void help_opts(const struct cli_opt *o, FILE *to)
{
    for (; o && o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        fprintf(to, "  %-28s %s%s\n", left, translated(o->help), o->must ? _(" (needed)") : "");
    }
}

static void help(const struct cli *c, FILE *to)
{
    const struct cli_program *p = c->program;
    const struct cli_command *k = c->command;
    if (k) {
        fprintf(to, _("Usage: %s %s%s%s [options]\n"), p->name, k->name, *k->args ? " " : "", k->args);
        fprintf(to, "%s\n", translated(k->help));
    } else {
        fprintf(to, _("Usage: %s COMMAND [options]\n"), p->name);
        fprintf(to, "%s\n\n", translated(p->about));
        for (k = p->commands; k->name; k++) {
            char left[96];
            snprintf(left, sizeof left, "%s %s", k->name, k->args);
            fprintf(to, "  %-38s %s\n", left, translated(k->help));
        }
    }
    fputc('\n', to);
    if (c->command)
        help_opts(c->command->opts, to);
    help_opts(p->opts, to);
    help_opts(built_in, to);
}

static int version(const struct cli *c)
{
    if (c->json)
        printf("{\"program\":\"%s\",\"version\":\"%s\"}\n", c->program->name, HUIKA_VERSION);
    else
        printf("%s %s\n", c->program->name, HUIKA_VERSION);
    return CLI_OK;
}

/* True if the command may run. */
static bool complete(struct cli *c)
{
    const struct cli_command *k = c->command;
    if ((int)c->arg_cnt < k->min_args || (int)c->arg_cnt > k->max_args) {
        cli_usage(c, _("This command goes: %s %s%s%s."), c->program->name, k->name, *k->args ? " " : "", k->args);
        return false;
    }
    for (const struct cli_opt *o = k->opts; o && o->name; o++)
        if (o->must && !cli_text(c, o->name)) {
            cli_usage(c, _("--%s %s is needed."), o->name, o->arg ? o->arg : "");
            return false;
        }
    return true;
}

static bool wants_color(const struct cli *c)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");
    bool capable = (force && *force) || (isatty(STDOUT_FILENO) && term && strcmp(term, "dumb"));
    return !c->json && capable && !(no && *no);
}

int cli_main(const struct cli_program *p, int argc, char **argv, void *ctx)
{
    struct cli c = {.program = p, .ctx = ctx};
    int code;
    i18n_init();
    if (!parse(&c, argc, argv))
        return CLI_USAGE;
    c.json = cli_flag(&c, "json");
    c.color = wants_color(&c);
    if (cli_flag(&c, "help")) {
        help(&c, stdout);
        code = CLI_OK;
    } else if (cli_flag(&c, "version")) {
        code = version(&c);
    } else if (!c.command) {
        help(&c, stderr);
        return CLI_USAGE;
    } else {
        code = complete(&c) ? c.command->run(&c) : CLI_USAGE;
    }
    if (fflush(stdout) || ferror(stdout))
        return cli_fail(&c, ERR_IO, _("writing the output"));
    return code;
}
