/* The social service, for main.c. */
#ifndef SOCIAL_SOCIAL_H
#define SOCIAL_SOCIAL_H

#include "service/service.h"

extern const struct service social_service;

#endif
