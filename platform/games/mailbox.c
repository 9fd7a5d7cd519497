/* A ring under a lock and an eventfd; the loop empties it without holding the lock over a call. */
#include "games/mailbox.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    pthread_mutex_t lock;
    void *letters[MAILBOX_LETTERS_MAX];
    size_t first, count; /* under the lock */
    int wake;
    struct event *event;
    mailbox_handler *handler;
    void *context;
};

static void on_wake(evutil_socket_t fd, short what, void *context);
static void hand_out(struct mailbox *mailbox);

enum error mailbox_create(struct event_base *base, mailbox_handler *handler, void *context,
                          struct mailbox **ret_mailbox)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox);
    if (!mailbox)
        return ERROR_INTERNAL;
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->handler = handler;
    mailbox->context = context;
    mailbox->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->wake >= 0)
        mailbox->event = event_new(base, mailbox->wake, EV_READ | EV_PERSIST, on_wake, mailbox);
    if (!mailbox->event || event_add(mailbox->event, NULL) != 0) {
        mailbox_destroy(mailbox);
        return ERROR_INTERNAL;
    }
    *ret_mailbox = mailbox;
    return OK;
}

void mailbox_destroy(struct mailbox *mailbox)
{
    if (!mailbox)
        return;
    hand_out(mailbox);
    if (mailbox->event)
        event_free(mailbox->event);
    if (mailbox->wake >= 0)
        close(mailbox->wake);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

enum error mailbox_post(struct mailbox *mailbox, void *letter)
{
    enum error error = ERROR_OVERLOADED;
    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->count < MAILBOX_LETTERS_MAX) {
        mailbox->letters[(mailbox->first + mailbox->count++) % MAILBOX_LETTERS_MAX] = letter;
        error = OK;
    }
    pthread_mutex_unlock(&mailbox->lock);
    const uint64_t one = 1;
    if (error == OK && write(mailbox->wake, &one, sizeof one) < 0) {
        /* the counter is full: the loop is awake anyway */
    }
    return error;
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    uint64_t count;
    (void)what;
    if (read(fd, &count, sizeof count) < 0)
        return;
    hand_out(context);
}

static void hand_out(struct mailbox *mailbox)
{
    for (;;) {
        void *letter = NULL;
        pthread_mutex_lock(&mailbox->lock);
        if (mailbox->count > 0) {
            letter = mailbox->letters[mailbox->first];
            mailbox->first = (mailbox->first + 1) % MAILBOX_LETTERS_MAX;
            mailbox->count--;
        }
        pthread_mutex_unlock(&mailbox->lock);
        if (!letter)
            return;
        mailbox->handler(mailbox->context, letter);
    }
}
