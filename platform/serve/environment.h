/*
 * The environment of a child: nothing of ours but a short list (path, locale, sanitizers), and what
 * is added here. Secrets travel this way and never as arguments, which everybody can read.
 */
#ifndef SERVE_ENVIRONMENT_H
#define SERVE_ENVIRONMENT_H

#include "settings/settings.h"

#define ENVIRONMENT_ENTRIES_MAX 128

struct environment {
    char *entries[ENVIRONMENT_ENTRIES_MAX + 1]; /* owned, NULL-terminated */
    int count;
};

void environment_init(struct environment *environment);
void environment_finish(struct environment *environment);
void environment_add(struct environment *environment, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Every setting as it stands, but those that belong to one process alone: the two store addresses,
 * the service secret, listen and instance. */
void environment_add_settings(struct environment *environment, const struct settings *settings);

#endif
