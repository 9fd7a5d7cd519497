/*
 * The services as processes: `transcendence service NAME`, one for each address of its list, each
 * with its own database role, its own secret and nothing of the others'.
 */
#ifndef SERVE_SERVICES_H
#define SERVE_SERVICES_H

#include "serve/master.h"
#include "serve/serve.h"

struct stores {
    char database_url[CONFIG_TEXT_BYTES]; /* the owner's */
    char redis_url[CONFIG_TEXT_BYTES];
};

must_use enum error service_start(struct master *master, const struct serve_service *service,
                                  const struct stores *stores, enum stage stage);

#endif
