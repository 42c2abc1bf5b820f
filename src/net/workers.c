#include "net/workers.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* First in, first out. */
struct line {
	struct work *first, **last;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct line todo, finished; /* under the lock */
	bool is_ending;             /* under the lock */
	int wake;                   /* eventfd: something is finished */
	struct event event;
	size_t left;
	unsigned count;
	int niceness; /* of the threads; 0: as everybody */
	pthread_t threads[WORKERS_THREADS_MAX];
};

static void
line_init(struct line *l)
{
	*l = (struct line){NULL, &l->first};
}

static void
line_add(struct line *l, struct work *w)
{
	w->next = NULL;
	*l->last = w;
	l->last = &w->next;
}

static struct work *
line_take(struct line *l)
{
	struct work *const w = l->first;
	if (w != NULL && (l->first = w->next) == NULL)
		l->last = &l->first;
	return w;
}

static void *
run(void *pool)
{
	struct workers *const p = pool;
	const uint64_t one = 1;
	/* On Linux it is the calling thread's, whatever POSIX says. It can hardly fail, and without
	 * it the work is done as well. */
	if (p->niceness > 0)
		(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + p->niceness);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct work *const w = line_take(&p->todo);
		if (w != NULL) {
			pthread_mutex_unlock(&p->lock);
			w->run(w);
			pthread_mutex_lock(&p->lock);
			/* Who put the first one there has woken the loop for all. */
			const bool must_wake = p->finished.first == NULL;
			line_add(&p->finished, w);
			if (must_wake && write(p->wake, &one, sizeof one) < 0)
				continue; /* the counter is full: it wakes already */
		} else if (p->is_ending) {
			break;
		} else {
			pthread_cond_wait(&p->more, &p->lock);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Calls done() for what is finished now; what that submits comes in its turn. */
static void
hand_back(struct workers *p)
{
	pthread_mutex_lock(&p->lock);
	struct work *w = p->finished.first;
	line_init(&p->finished);
	pthread_mutex_unlock(&p->lock);
	while (w != NULL) {
		struct work *const next = w->next;
		p->left--;
		w->done(w);
		w = next;
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *pool)
{
	uint64_t n;
	(void)what;
	if (read(fd, &n, sizeof n) == sizeof n)
		hand_back(pool);
}

/* Signals are the loop's. */
static bool
start(struct workers *p, unsigned threads)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->count < threads && pthread_create(&p->threads[p->count], NULL, run, p) == 0)
		p->count++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return p->count > 0;
}

struct workers *
workers_new(struct event_base *base, unsigned threads)
{
	return workers_new_behind(base, threads, 0);
}

struct workers *
workers_new_behind(struct event_base *base, unsigned threads, int niceness)
{
	struct workers *const p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	p->niceness = niceness;
	line_init(&p->todo);
	line_init(&p->finished);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event_assign(&p->event, base, p->wake, EV_READ | EV_PERSIST, on_wake, p);
	const unsigned wanted = threads < 1 ? 1 : threads;
	if (p->wake < 0 || event_add(&p->event, NULL) < 0 ||
		!start(p, wanted < WORKERS_THREADS_MAX ? wanted : WORKERS_THREADS_MAX)) {
		workers_free(p);
		return NULL;
	}
	return p;
}

void
workers_submit(struct workers *p, struct work *w)
{
	p->left++;
	pthread_mutex_lock(&p->lock);
	line_add(&p->todo, w);
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
}

size_t
workers_left(const struct workers *p)
{
	return p->left;
}

void
workers_free(struct workers *p)
{
	if (p == NULL)
		return;
	do { /* done() may submit more */
		pthread_mutex_lock(&p->lock);
		p->is_ending = true;
		pthread_cond_broadcast(&p->more);
		pthread_mutex_unlock(&p->lock);
		for (unsigned i = 0; i < p->count; i++)
			pthread_join(p->threads[i], NULL);
		hand_back(p);
		p->is_ending = false;
		p->count = 0;
	} while (p->left > 0 && start(p, 1));
	event_del(&p->event);
	if (p->wake >= 0)
		close(p->wake);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
