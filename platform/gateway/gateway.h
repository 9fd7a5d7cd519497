/* The gateway, for main.c: transport only. No business rule, no database. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "settings/settings.h"

/* Runs until SIGTERM or SIGINT; the exit status of the process. On SIGTERM it takes nobody in any
 * more and sends its connections to the other gateways, in about drain_ms; on SIGINT it ends at
 * once. */
int gateway_run(const struct settings *settings);

#endif
