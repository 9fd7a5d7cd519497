/* The Next.js server: server-rendered pages, no business logic; it asks the services over HTTP. */
#ifndef SERVE_WEB_H
#define SERVE_WEB_H

#include "serve/master.h"

#define WEB_HEAP_MIB_MAX "256"

must_use enum error web_start(struct master *master);

#endif
