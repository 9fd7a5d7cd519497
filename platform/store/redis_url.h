/* redis://[:password@]host:port[/database], taken apart. Inside store only. */
#ifndef STORE_REDIS_URL_H
#define STORE_REDIS_URL_H

#include <stdbool.h>

struct redis_url {
    char host[256];
    char password[256]; /* "" for none */
    int port;
    int database;
};

bool redis_url_parse(const char *url, struct redis_url *ret_url);

#endif
