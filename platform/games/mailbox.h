/*
 * The way from any thread to the loop: a bounded queue of pointers and a descriptor that wakes the
 * loop. The loop's handler gets them one by one, in order.
 */
#ifndef GAMES_MAILBOX_H
#define GAMES_MAILBOX_H

#include <event2/event.h>

#include "core/error.h"

#define MAILBOX_LETTERS_MAX 1024

struct mailbox;
typedef void mailbox_handler(void *context, void *letter);

/* On the loop's thread. */
must_use enum error mailbox_create(struct event_base *base, mailbox_handler *handler, void *context,
                                   struct mailbox **ret_mailbox);
/* Letters that nobody has taken are handed to `handler` one last time. */
void mailbox_destroy(struct mailbox *mailbox);

/* Any thread. ERROR_OVERLOADED when it is full: the letter is still the caller's. */
must_use enum error mailbox_post(struct mailbox *mailbox, void *letter);

#endif
