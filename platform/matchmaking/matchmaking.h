/* The matchmaking service, for main.c. */
#ifndef MATCHMAKING_MATCHMAKING_H
#define MATCHMAKING_MATCHMAKING_H

#include "service/service.h"

extern const struct service matchmaking_service;

#endif
