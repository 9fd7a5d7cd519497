/*
 * `transcendence game WORD ...`: what an admin does with games, from a shell. A client of the admin
 * API and nothing else: it decides nothing and touches no file of the platform but the one with the
 * password of the first administrator.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "settings/settings.h"

#define ADMIN_WORDS_MAX 4 /* behind `game` */

enum admin_exit {
    ADMIN_DONE = 0,
    ADMIN_REFUSED = 1,     /* the platform said no; why is on standard error */
    ADMIN_WRONG_WORDS = 2, /* or settings */
    ADMIN_NOBODY = 3,      /* no platform answers, or not in time */
};

/* The exit status of the process. */
int admin_run(const struct settings *settings, int word_count, char **words);
void admin_help(void);

#endif
