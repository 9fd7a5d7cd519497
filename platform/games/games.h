/* The games service, for main.c. */
#ifndef GAMES_GAMES_H
#define GAMES_GAMES_H

#include "service/service.h"

extern const struct service games_service;

#endif
