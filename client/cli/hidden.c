/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/hidden.h"
#include "client/cli/order.h"
#include <signal.h>
#include <termios.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDING = sizeof ending / sizeof *ending };

static struct termios before; /* for the handler */

static void on_ending(int sig)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    signal(sig, SIG_DFL);
    raise(sig);
}

enum err hidden_line(char *out, size_t size)
{
    struct sigaction old[ENDING], mine = {.sa_handler = on_ending};
    if (tcgetattr(STDIN_FILENO, &before))
        return order_line(out, size); /* no terminal */
    for (int i = 0; i < ENDING; i++)
        if (!sigaction(ending[i], NULL, &old[i]) && old[i].sa_handler == SIG_DFL)
            sigaction(ending[i], &mine, NULL);
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ECHONL;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &silent);
    enum err e = order_line(out, size);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    for (int i = 0; i < ENDING; i++)
        if (old[i].sa_handler == SIG_DFL)
            sigaction(ending[i], &old[i], NULL);
    return e;
}
