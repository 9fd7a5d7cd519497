/* `transcendence serve`: starts, watches, restarts with back-off and stops the whole platform. */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "settings/settings.h"
#include "store/migrate.h"

/* Runs until SIGTERM or SIGINT; the exit status of the process. */
int serve_run(const struct settings *settings);

#endif
