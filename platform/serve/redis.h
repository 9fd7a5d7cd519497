/*
 * The private Redis: queues, presence and events, on loopback only, with a password, appended to
 * <data_dir>/redis so that a restart keeps what waits in it.
 */
#ifndef SERVE_REDIS_H
#define SERVE_REDIS_H

#include "serve/master.h"

must_use enum error redis_server_start(struct master *master);
must_use enum error redis_server_url(const struct settings *settings,
                                     char ret_url[CONFIG_TEXT_BYTES]);
bool redis_server_is_ready(void *settings);

#endif
