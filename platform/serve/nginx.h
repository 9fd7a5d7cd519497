/*
 * nginx: TLS, static files, routes, rate limits. Its configuration is made from deploy/nginx into
 * <data_dir>/nginx, where its pid file and temporary files are too; nothing of the system's own
 * nginx is used or touched.
 */
#ifndef SERVE_NGINX_H
#define SERVE_NGINX_H

#include "serve/master.h"
#include "serve/serve.h"

#define NGINX_CONNECTIONS_MAX 16384 /* of one of its workers */
#define NGINX_KEPT_ALIVE      32    /* idle connections to one service, of one of its workers */
#define NGINX_KEPT_ALIVE_S    15    /* shorter than a service keeps them, or it would close first */
#define NGINX_BURST_SECONDS   2     /* of requests that may come at once */
#define NGINX_UPLOADS_MAX     2 /* large bodies on their way at once; a service holds each whole */

must_use enum error nginx_start(struct master *master, const struct serve_service *services,
                                size_t count);

/* The upstreams, as text of the configuration; the caller frees it. Pure. `name` is the name of an
 * upstream of all. Those `of_sockets` also have one of each single entry i, NAME_g<i+1>, and are
 * never counted out: of a server that has failed nginx takes one connection a second until the
 * first of them has ended well, and a WebSocket does not end. */
char *nginx_upstreams(const char *name, const char *addresses, bool of_sockets);

#endif
