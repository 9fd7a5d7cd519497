/*
 * One process the master keeps alive: started in a group of its own, restarted with back-off when
 * it ends by itself, stopped by its signal and, when that takes too long, by SIGKILL. Whatever is
 * left of its group when it ends is killed. On demand it is restarted or takes its files anew.
 * Loop's thread only.
 */
#ifndef SERVE_CHILD_H
#define SERVE_CHILD_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"

#define CHILD_NAME_BYTES    32
#define CHILD_ARGUMENTS_MAX 32
#define CHILD_STOP_MS_MAX   10000
#define CHILD_READY_MS_MAX  500
#define CHILD_STOP_TRUST_MS 3000 /* of a service, after the drain_ms that it may take by itself */

/* When the master dies the kernel kills every child. Those that have children of their own get a
 * signal on which they end them first: this stands before their command. */
#define CHILD_DIES_BY(signal) "/usr/bin/setpriv", "--pdeathsig", signal, "--"

/* What child_renew() does. */
enum child_renewal {
    CHILD_STAYS,    /* nothing: everybody would notice */
    CHILD_RESTARTS, /* SIGTERM, on which it gives up its work to the next one, which is started */
    CHILD_RELOADS,  /* SIGHUP, on which it does all that by itself */
};

struct child_options {
    const char *name;         /* also of its log file; copied */
    char *const *command;     /* NULL-terminated, command[0] is a path; copied */
    char *const *environment; /* NULL-terminated; copied */
    const char *directory;    /* NULL: ours; copied */
    int descriptor;           /* becomes its 3; borrowed, stays open; 0: none */
    int stop_signal;          /* when everything ends */
    int stop_timeout_ms;
    enum child_renewal renewal;
    const char *address;    /* HOST:PORT at which it is ready when it answers; NULL: none; copied */
    const char *ready_path; /* with 200 to a GET of this; NULL: by accepting; static */
};

struct child;

struct child *child_create(struct event_base *base, const char *log_folder,
                           const struct child_options *options);
void child_destroy(struct child *child); /* it must not run any more; NULL is fine */

void child_start(struct child *child);
/* The kernel says that it ended, with this status of waitpid(). */
void child_ended(struct child *child, int status);
/* Ends it for good. Afterwards child_is_running() tells when it is gone. */
void child_stop(struct child *child);
void child_kill(struct child *child);
/* As its options say; one that does not run just now is started. child_starts() tells when it was.
 */
void child_renew(struct child *child);

const char *child_name(const struct child *child);
pid_t child_pid(const struct child *child); /* 0 when it does not run */
bool child_is_running(const struct child *child);
enum child_renewal child_renewal(const struct child *child);
int child_starts(const struct child *child);
int child_ends(const struct child *child); /* how often it ended by itself */
/* Asks it, at most CHILD_READY_MS_MAX. */
bool child_is_ready(const struct child *child);

#endif
