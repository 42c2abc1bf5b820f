#include "receive/login.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "receive/inside.h"

#define HANDLES_MAX 16 /* kept open for the next ones */

struct logins {
	pthread_mutex_t lock;
	const char *path;
	struct directory *handles[HANDLES_MAX];
	size_t count;
	size_t waiting; /* of the loop's thread */
};

/* One password being checked. */
struct login {
	struct work work;
	struct logins *logins;
	struct receive *receive;
	struct guest *guest; /* NULL: gone */
	uint32_t question;
	enum directory_login result;
	struct directory_account account;
	size_t user_bytes, password_bytes;
	char user[SESSION_CREDENTIALS_BYTES_MAX + 1], password[SESSION_CREDENTIALS_BYTES_MAX + 1];
};

struct logins *
logins_new(const char *directory_path)
{
	struct logins *const l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	l->path = directory_path;
	return l;
}

void
logins_free(struct logins *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->count; i++)
		directory_close(l->handles[i]);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct directory *
handle_take(struct logins *l)
{
	struct directory_error error;
	struct directory *d = NULL;
	pthread_mutex_lock(&l->lock);
	if (l->count > 0)
		d = l->handles[--l->count];
	pthread_mutex_unlock(&l->lock);
	return d != NULL ? d : directory_open(l->path, &error);
}

static void
handle_give(struct logins *l, struct directory *d)
{
	pthread_mutex_lock(&l->lock);
	const bool is_kept = l->count < HANDLES_MAX;
	if (is_kept)
		l->handles[l->count++] = d;
	pthread_mutex_unlock(&l->lock);
	if (!is_kept)
		directory_close(d);
}

static void
check(struct work *w)
{
	struct login *const l = (struct login *)w; /* its first member */
	struct directory *const d = handle_take(l->logins);
	if (d == NULL) {
		l->result = LOGIN_UNAVAILABLE;
		return;
	}
	l->result = directory_login(d, (struct str){l->user, l->user_bytes},
		(struct str){l->password, l->password_bytes}, &l->account);
	handle_give(l->logins, d);
}

/* What a result means for the client; counted and logged. */
static void
judge(struct guest *g, enum directory_login result, const struct directory_account *account,
	struct str user, struct smtp_answer *a)
{
	struct receive *const r = g->receive;
	const struct ip ip = guest_ip(g);
	const int64_t now = clock_mono_ms();
	char client[ENDPOINT_TEXT_BYTES];
	struct str words = STR("signed in");
	switch (result) {
	case LOGIN_OK:
		a->verdict = ANSWER_ACCEPT;
		g->account = account->id;
		g->epoch = account->epoch;
		free(g->user);
		g->user = guest_text(user);
		clients_signed_in(r->clients, &ip);
		r->counts.logins++;
		break;
	case LOGIN_DISABLED:
		words = STR("the account or its domain is off or suspended");
		refuse_with(a, CONDITION_LOGIN_DISABLED);
		break;
	case LOGIN_EXPIRED:
		words = STR("the password has expired");
		refuse_with(a, CONDITION_PASSWORD_TRANSITION);
		break;
	case LOGIN_TOO_WEAK:
		words = STR("the account signs in by SCRAM-SHA-256 alone");
		refuse_with(a, CONDITION_AUTH_TOO_WEAK);
		break;
	case LOGIN_UNAVAILABLE:
		words = STR("the directory does not answer");
		refuse_with(a, CONDITION_AUTH_UNAVAILABLE);
		break;
	case LOGIN_WRONG:
		words = STR("wrong user or password");
		refuse_with(a, CONDITION_WRONG_PASSWORD);
		r->counts.logins_failed++;
		if (clients_failed(r->clients, &ip, r->ban_failures, r->ban_ms, now)) {
			words = STR("wrong user or password; the client is banned for a while");
			refuse_with(a, CONDITION_LOGIN_BANNED);
		}
		break;
	}
	EVENTLOG(r->parts.log, clock_wall_ms(), LOG_LOGIN,
		{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
		{FIELD_CLIENT, guest_client(g, client)}, {FIELD_USER, user},
		{FIELD_RESULT, a->verdict == ANSWER_ACCEPT ? STR("ok") : STR("failed")},
		{FIELD_WORDS, words});
}

static void
checked(struct work *w)
{
	struct login *const l = (struct login *)w;
	struct guest *const g = l->guest;
	l->logins->waiting--;
	if (g != NULL) {
		struct smtp_answer a = {.verdict = ANSWER_PASS};
		g->login = NULL;
		judge(g, l->result, &l->account, (struct str){l->user, l->user_bytes}, &a);
		guest_answer(g, l->question, &a);
	}
	scram_cleanse(l, sizeof *l);
	free(l);
}

void
login_forget(struct guest *g)
{
	if (g->login != NULL)
		g->login->guest = NULL;
	g->login = NULL;
}

static bool
is_banned(struct guest *g, struct smtp_answer *a)
{
	const struct ip ip = guest_ip(g);
	return clients_banned_ms(g->receive->clients, &ip, clock_mono_ms()) > 0 &&
	       refuse_with(a, CONDITION_LOGIN_BANNED);
}

bool
answer_login(struct guest *g, const struct smtp_event *e, struct smtp_answer *a)
{
	struct logins *const all = g->receive->logins;
	if (is_banned(g, a))
		return true;
	/* To act as somebody else is nobody's right here. */
	if (e->authzid.len > 0 && !str_eq_case(e->authzid, e->user)) {
		judge(g, LOGIN_WRONG, NULL, e->user, a);
		return true;
	}
	struct login *const l = all->waiting < LOGINS_WAITING_MAX ? calloc(1, sizeof *l) : NULL;
	if (l == NULL)
		return refuse_with(a, CONDITION_AUTH_UNAVAILABLE);
	l->work = (struct work){.run = check, .done = checked};
	l->logins = all;
	l->guest = g;
	l->question = e->question;
	l->user_bytes = str_head(e->user, sizeof l->user - 1).len;
	l->password_bytes = str_head(e->password, sizeof l->password - 1).len;
	memcpy(l->user, e->user.ptr, l->user_bytes);
	memcpy(l->password, e->password.ptr, l->password_bytes);
	g->login = l;
	all->waiting++;
	workers_submit(g->receive->parts.workers, &l->work);
	return false;
}

/* Printable, without a comma: 24 bytes of it are 120 random bits. */
static struct str
nonce_of(struct arena *a)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char random[24];
	char *const text = arena_bytes(a, sizeof random);
	if (text == NULL || getrandom(random, sizeof random, 0) != sizeof random)
		return STR_NONE;
	for (size_t i = 0; i < sizeof random; i++)
		text[i] = digits[random[i] % 32];
	return (struct str){text, sizeof random};
}

bool
answer_scram(struct guest *g, const struct smtp_event *e, struct smtp_answer *a)
{
	struct arena *const scratch = &g->scratch;
	struct scram_secret *const secret = arena_alloc(scratch, 1, sizeof *secret);
	struct directory_account account = {0};
	if (is_banned(g, a))
		return true;
	a->nonce = nonce_of(scratch);
	if (secret == NULL || !str_is_set(a->nonce) ||
		(e->authzid.len > 0 && !str_eq_case(e->authzid, e->user)) ||
		!directory_scram_find(
			g->receive->parts.directory, e->user, scratch, secret, &account))
		return refuse_with(a, CONDITION_AUTH_UNAVAILABLE);
	/* Not signed in yet: the proof is still to come. */
	g->account = account.id;
	g->epoch = account.epoch;
	g->is_in_scram = true;
	a->verdict = ANSWER_ACCEPT;
	a->secret = secret;
	return true;
}

bool
answer_signed_in(struct guest *g, const struct smtp_event *e, struct smtp_answer *a)
{
	const struct directory_account account = {.id = g->account, .epoch = g->epoch};
	const enum directory_login result =
		directory_login_holds(g->receive->parts.directory, &account);
	g->is_in_scram = false;
	/* Nobody else can change the password between the two. */
	judge(g, result == LOGIN_WRONG ? LOGIN_UNAVAILABLE : result, &account, e->user, a);
	return true;
}

void
login_proof_failed(struct guest *g)
{
	struct smtp_answer a;
	if (!g->is_in_scram)
		return;
	g->is_in_scram = false;
	g->account = 0;
	judge(g, LOGIN_WRONG, NULL, STR_NONE, &a);
}
