/* SPDX-License-Identifier: Apache-2.0 */
/* What the four programs share on the command line: commands of one or two words, options anywhere among the arguments
 * ("--org CODE", "--org=CODE"), --help, --version, --json, one-line errors, exit codes.
 *
 *     static const struct cli_opt sell_opts[] = {{"number", "N|-", N_("the card's number"), 0}, {"yes", NULL, N_("do
 * not ask"), 0}, {0}}; static const struct cli_command commands[] = {{"sell", "AMOUNT", N_("give the discount"),
 * sell_opts, 1, 1, sell}, {0}}; static const struct cli_program program = {"huika", N_("the counter's command line"),
 * common_opts, commands}; int main(int argc, char **argv) { return cli_main(&program, argc, argv, &ctx); }
 *
 * cli_main starts the language (base/i18n.h) itself. Output of commands is their own affair; errors go through
 * cli_fail. */
#ifndef HUIKA_CLI_H
#define HUIKA_CLI_H
#include "base/i18n.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit codes: scripts rely on them. */
enum { CLI_OK = 0, CLI_NO = 1, CLI_USAGE = 2, CLI_FAILED = 3 };

enum { CLI_ARGS = 32, CLI_OPTS = 32, CLI_MUST = 1 };

/* Lists of these end with a row whose name is NULL. */
struct cli_opt {
    const char *name; /* without dashes */
    const char *arg;  /* what stands for its value in the help; NULL: a flag */
    const char *help; /* English, N_() */
    int must;         /* CLI_MUST: wrong usage without it */
};

struct cli;
struct cli_command {
    const char *name;           /* "sell", "shop add" */
    const char *args;           /* its arguments in the help: "SHOP"; "" if none */
    const char *help;           /* one line, English, N_() */
    const struct cli_opt *opts; /* NULL: none of its own */
    int min_args, max_args;
    int (*run)(struct cli *c); /* returns the exit code */
};

struct cli_program {
    const char *name;
    const char *about;          /* one or two lines, English, N_() */
    const struct cli_opt *opts; /* of every command; NULL: none beyond --help, --version, --json */
    const struct cli_command *commands;
};

/* One parsed command line. Strings are argv's. */
struct cli {
    const struct cli_program *program;
    const struct cli_command *command;
    const char *arg[CLI_ARGS]; /* the arguments behind the command */
    size_t arg_cnt;
    bool json;
    bool color; /* a terminal that is not dumb, or CLICOLOR_FORCE; never with NO_COLOR or --json */
    void *ctx;  /* as given to cli_main */
    const char *opt_name[CLI_OPTS], *opt_value[CLI_OPTS]; /* read them with cli_text and cli_flag */
    size_t opt_cnt;
};

/* Parses, answers --help and --version, runs the command. The exit code, CLI_FAILED also when standard output could not
 * be written (disk full, pipe closed). */
int cli_main(const struct cli_program *p, int argc, char **argv, void *ctx);

/* The option's value (the last one if given twice), NULL if it was not given. */
const char *cli_text(const struct cli *c, const char *name);
bool cli_flag(const struct cli *c, const char *name);
/* A whole decimal number in min..max. False after an error line: return CLI_USAGE. *out untouched if absent. */
bool cli_int(const struct cli *c, const char *name, int64_t min, int64_t max, int64_t *out);

/* "huika: what: why. [code]" on standard error, in the user's language; `what` is already translated, formatted, and
 * names what failed, never a card number, token, name or key. Why and what to do next come from proto/errors.tsv. The
 * exit code that fits is returned, so that `return cli_fail(c, e, _("selling"));` does. c may be NULL. */
int cli_fail(const struct cli *c, enum err e, const char *what, ...) __attribute__((format(printf, 3, 4)));
/* The same with a text of one's own in the place of why: "huika: text"; CLI_USAGE is returned, and where to find help
 * is said. */
int cli_usage(const struct cli *c, const char *text, ...) __attribute__((format(printf, 2, 3)));
/* What a path's error says to its user: ERR_NOT_FOUND, which sends people looking for a number or a name, becomes
 * ERR_PATH_MISSING; the rest stays. */
enum err cli_path_err(enum err e);
/* 0 good; 1 refused, not found, in the way; 2 a value the user gave is wrong; 3 it could not be done. */
int cli_exit_code(enum err e);

/* ANSI SGR for `color` ("1;31"); "" when the terminal has none. cli_color(c, "0") ends it. Static or within a ring of
 * eight. */
const char *cli_color(const struct cli *c, const char *sgr);
#endif
