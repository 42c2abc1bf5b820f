#include "smtp/base64.h"
#include "smtp/scram.h"
#include "tap.h"

/* The exchange of RFC 7677 s3: user "user", password "pencil". */
#define FIRST "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
#define NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define CHALLENGE "r=rOprNGfwEbeRWgbNEkqO" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define WITHOUT "c=biws,r=rOprNGfwEbeRWgbNEkqO" NONCE
#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define ANSWER "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

static char salt_bytes[16];

static struct scram_secret
secret_make(struct str password)
{
	struct scram_secret secret = {0};
	size_t n = 0;
	base64_decode(STR("W22ZaJ0SNY7soEsUEjb6gQ=="), salt_bytes, &n);
	tap_ok(scram_derive(password, (struct str){salt_bytes, n}, 4096, &secret), "keys are made");
	return secret;
}

/* An exchange up to the challenge. */
static void
begin(struct scram *s, const struct scram_secret *secret, struct str first)
{
	char room[600];
	struct str user, authzid;
	tap_is_int(scram_first(s, first, room, &user, &authzid), SCRAM_OK, "%.*s", (int)first.len,
		first.ptr);
	scram_challenge(s, secret, STR(NONCE));
}

static void
check_firsts(void)
{
	/* clang-format off */
	static const struct { struct str in; enum scram_result want; struct str user, authzid; } rows[] = {
		{STR_INIT(FIRST), SCRAM_OK, STR_INIT("user"), {NULL, 0}},
		{STR_INIT("y,,n=user,r=a"), SCRAM_OK, STR_INIT("user"), {NULL, 0}},
		{STR_INIT("n,a=adm=2Cin,n=us=3Der,r=a,x=more"), SCRAM_OK, STR_INIT("us=er"), STR_INIT("adm,in")},
		{STR_INIT("p=tls-unique,,n=user,r=a"), SCRAM_BINDING, {NULL, 0}, {NULL, 0}},
		{STR_INIT(""), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("x,,n=user,r=a"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,b=c,n=user,r=a"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,n=,r=a"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,n=user,r="), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,n=user"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,r=a,n=user"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,m=x,n=user,r=a"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,n=us=er,r=a"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,n=us=2cer,r=a"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,n=us\xF6r,r=a"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
		{STR_INIT("n,,n=user,r=a b"), SCRAM_SYNTAX, {NULL, 0}, {NULL, 0}},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct scram s;
		char room[600];
		struct str user = STR_NONE, authzid = STR_NONE;
		const struct str in = rows[i].in;
		tap_is_int(scram_first(&s, in, room, &user, &authzid), rows[i].want, "first %.*s",
			(int)in.len, in.ptr);
		if (rows[i].want == SCRAM_OK) {
			tap_is_str(user, rows[i].user, "first %.*s: user", (int)in.len, in.ptr);
			tap_is_str(authzid, rows[i].authzid, "first %.*s: authzid", (int)in.len,
				in.ptr);
		}
	}
}

static void
check_finals(const struct scram_secret *secret)
{
	/* clang-format off */
	static const struct { struct str in; enum scram_result want; } rows[] = {
		{STR_INIT(WITHOUT ",p=" PROOF), SCRAM_OK},
		{STR_INIT(WITHOUT ",p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), SCRAM_NO_MATCH},
		{STR_INIT(WITHOUT ",x=more,p=" PROOF), SCRAM_NO_MATCH}, /* it was signed without */
		{STR_INIT(WITHOUT), SCRAM_SYNTAX},
		{STR_INIT(WITHOUT ",p="), SCRAM_SYNTAX},
		{STR_INIT(WITHOUT ",p=!" PROOF), SCRAM_SYNTAX},
		{STR_INIT(WITHOUT ",p=dHzb"), SCRAM_SYNTAX},
		{STR_INIT("c=eSws,r=rOprNGfwEbeRWgbNEkqO" NONCE ",p=" PROOF), SCRAM_SYNTAX}, /* gs2 was "n" */
		{STR_INIT("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=" PROOF), SCRAM_SYNTAX},
		{STR_INIT(""), SCRAM_SYNTAX},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct scram s;
		char answer[SCRAM_SERVER_FINAL_BYTES];
		begin(&s, secret, STR(FIRST));
		tap_is_int(scram_final(&s, rows[i].in, answer), rows[i].want, "final %.*s",
			(int)rows[i].in.len, rows[i].in.ptr);
		if (rows[i].want == SCRAM_OK)
			tap_is_str(((struct str){answer, sizeof answer}), STR(ANSWER),
				"the server proves itself");
	}
}

/* A client-first-message whose bare part has `n` bytes. */
static enum scram_result
first_of(size_t n)
{
	static char text[SCRAM_CLIENT_FIRST_BYTES_MAX + 100], room[sizeof text];
	struct scram s;
	struct str user, authzid;
	memset(text, 'x', sizeof text);
	memcpy(text, "n,,n=", 5);
	memcpy(text + 3 + n - 4, ",r=z", 4);
	return scram_first(&s, (struct str){text, 3 + n}, room, &user, &authzid);
}

/* ---- the client's half ---------------------------------------------------------------------- */

#define CLIENT_NONCE "rOprNGfwEbeRWgbNEkqO"

static enum scram_result
client_final(struct scram_client *s, struct str server_first, struct str *message)
{
	static char room[SCRAM_CLIENT_FIRST_BYTES_MAX];
	return scram_client_final(s, STR("user"), STR("pencil"), STR(CLIENT_NONCE), server_first,
		4096, room, message);
}

/* What the client answers the challenge of RFC 7677 with, as somebody with that password. */
static struct str
proof_of(struct str password, char *room)
{
	struct scram_client s;
	struct str message = STR_NONE;
	tap_is_int(scram_client_final(&s, STR("user"), password, STR(CLIENT_NONCE), STR(CHALLENGE),
			   4096, room, &message),
		SCRAM_OK, "a password of %zu bytes", password.len);
	return message;
}

/* The client prepares the password: RFC 8265. */
static void
check_client_opaque(void)
{
	char room[SCRAM_CLIENT_FIRST_BYTES_MAX], other[SCRAM_CLIENT_FIRST_BYTES_MAX];
	char answer[SCRAM_SERVER_FINAL_BYTES];
	struct scram s;
	const struct str composed = STR("p\xC3\xA4ssw\xC3\xB6rd"), latin = STR("p\xE4ss");
	const struct str decomposed = STR("pa\xCC\x88sswo\xCC\x88rd");
	struct scram_secret secret = secret_make(composed);
	begin(&s, &secret, STR(FIRST));
	tap_is_int(scram_final(&s, proof_of(decomposed, room), answer), SCRAM_OK,
		"letters with marks behind them prove the composed ones");
	tap_is_str(proof_of(composed, other), proof_of(decomposed, room), "both alike");
	secret = secret_make(latin);
	begin(&s, &secret, STR(FIRST));
	tap_is_int(scram_final(&s, proof_of(latin, room), answer), SCRAM_OK,
		"what cannot be prepared goes as it is");
}

static void
check_client(void)
{
	char room[SCRAM_CLIENT_FIRST_BYTES_MAX];
	static char user[SCRAM_CLIENT_FIRST_BYTES_MAX];
	struct scram_client s = {.is_ready = false};
	struct str message;
	tap_is_str(scram_client_first(STR("user"), STR(CLIENT_NONCE), room), STR(FIRST),
		"the client's first message of RFC 7677");
	tap_ok(!scram_client_verify(&s, STR(ANSWER)), "nothing is proved before");
	tap_is_int(client_final(&s, STR(CHALLENGE), &message), SCRAM_OK, "its challenge");
	tap_is_str(message, STR(WITHOUT ",p=" PROOF), "... and the answer");
	tap_ok(scram_client_verify(&s, STR(ANSWER)), "the server's proof");
	tap_ok(scram_client_verify(&s, STR(ANSWER ",x=more")), "... with an extension");
	tap_ok(!scram_client_verify(&s, STR("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4")) &&
			!scram_client_verify(&s, STR("e=other-error")) &&
			!scram_client_verify(&s, STR(ANSWER "=")),
		"no other");
	tap_is_str(scram_client_first(STR("a,b=c"), STR("n"), room), STR("n,,n=a=2Cb=3Dc,r=n"),
		"a name that must be written otherwise");

	static const struct {
		const char *challenge;
		enum scram_result want;
	} rows[] = {
		{"r=" CLIENT_NONCE "x,s=W22Z,i=4096", SCRAM_OK},
		{"r=" CLIENT_NONCE "x,s=W22Z,i=4096,x=more", SCRAM_OK},
		{"r=" CLIENT_NONCE "x,s=W22Z,i=4097", SCRAM_SYNTAX}, /* more than we spend */
		{"r=" CLIENT_NONCE "x,s=W22Z,i=0", SCRAM_SYNTAX},
		{"r=" CLIENT_NONCE "x,s=W22Z,i=40x", SCRAM_SYNTAX},
		{"r=" CLIENT_NONCE "x,s=W2,i=4096", SCRAM_SYNTAX},
		{"r=" CLIENT_NONCE "x,s=,i=4096", SCRAM_SYNTAX},
		{"r=" CLIENT_NONCE "x,i=4096", SCRAM_SYNTAX},
		{"m=x,r=" CLIENT_NONCE "x,s=W22Z,i=4096", SCRAM_SYNTAX},
		{"r=" CLIENT_NONCE ",s=W22Z,i=4096", SCRAM_NO_MATCH}, /* it added nothing */
		{"r=another,s=W22Z,i=4096", SCRAM_NO_MATCH},
		{"", SCRAM_SYNTAX},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tap_is_int(client_final(&s, str_of(rows[i].challenge), &message), rows[i].want,
			"challenge %s", rows[i].challenge);
		tap_is_int(s.is_ready, rows[i].want == SCRAM_OK, "... is answered or not");
	}

	memset(user, 'u', sizeof user);
	tap_ok(str_is_set(
		       scram_client_first((struct str){user, sizeof user - 9}, STR("n"), room)) &&
			!str_is_set(scram_client_first(
				(struct str){user, sizeof user - 8}, STR("n"), room)),
		"the longest name");
	for (size_t more = 0; more < 2; more++) {
		char salt[SCRAM_SALT_BYTES_MAX + 1] = {1}, text[200], base64[100];
		const size_t n =
			base64_encode((struct str){salt, SCRAM_SALT_BYTES_MAX + more}, base64);
		snprintf(text, sizeof text, "r=" CLIENT_NONCE "x,s=%.*s,i=1", (int)n, base64);
		tap_is_int(client_final(&s, str_of(text), &message), more ? SCRAM_SYNTAX : SCRAM_OK,
			"a salt of %zu bytes", SCRAM_SALT_BYTES_MAX + more);
	}
}

int
main(void)
{
	struct scram_secret secret = secret_make(STR("pencil")),
			    other = secret_make(STR("pencils"));
	struct scram s;
	char answer[SCRAM_SERVER_FINAL_BYTES], room[600], long_salt[SCRAM_SALT_BYTES_MAX + 1] = {0};
	struct str user, authzid;

	check_firsts();
	scram_first(&s, STR(FIRST), room, &user, &authzid);
	tap_is_str(scram_challenge(&s, &secret, STR(NONCE)), STR(CHALLENGE),
		"the challenge of RFC 7677");
	check_finals(&secret);

	begin(&s, &other, STR(FIRST));
	tap_is_int(scram_final(&s, STR(WITHOUT ",p=" PROOF), answer), SCRAM_NO_MATCH,
		"another password");
	other = secret;
	other.is_nobody = true;
	begin(&s, &other, STR(FIRST));
	tap_is_int(scram_final(&s, STR(WITHOUT ",p=" PROOF), answer), SCRAM_NO_MATCH,
		"nobody matches nothing");
	char room1[SCRAM_NOBODY_SALT_BYTES], room2[SCRAM_NOBODY_SALT_BYTES];
	struct scram_secret nobody;
	const struct str own = STR("a secret of the server, 32 bytes");
	tap_ok(scram_nobody(own, STR("x@a.example"), 4096, room1, &other) &&
			scram_nobody(own, STR("x@a.example"), 4096, room2, &nobody) &&
			str_eq(other.salt, nobody.salt) && nobody.is_nobody,
		"nobody's salt stays the same");
	tap_ok(scram_nobody(own, STR("y@a.example"), 4096, room2, &nobody) &&
			!str_eq(other.salt, nobody.salt),
		"another's is another");
	tap_ok(scram_nobody(STR("another secret of the server, 32"), STR("x@a.example"), 4096,
		       room2, &nobody) &&
			!str_eq(other.salt, nobody.salt),
		"and another on another server");
	tap_ok(!scram_nobody(STR("short"), STR("x@a.example"), 4096, room2, &nobody),
		"no secret, no salt");
	begin(&s, &other, STR(FIRST));
	tap_is_int(scram_final(&s, STR(WITHOUT ",p=" PROOF), answer), SCRAM_NO_MATCH,
		"and nothing matches it");
	s = (struct scram){0};
	tap_is_int(scram_final(&s, STR(WITHOUT ",p=" PROOF), answer), SCRAM_SYNTAX,
		"no final without a first");
	begin(&s, &secret, STR(FIRST));
	scram_wipe(&s);
	tap_is_int(scram_final(&s, STR(WITHOUT ",p=" PROOF), answer), SCRAM_SYNTAX,
		"nor after wiping");

	tap_is_int(first_of(SCRAM_CLIENT_FIRST_BYTES_MAX), SCRAM_OK, "the longest first message");
	tap_is_int(first_of(SCRAM_CLIENT_FIRST_BYTES_MAX + 1), SCRAM_SYNTAX, "one byte longer");
	tap_ok(!scram_derive(STR("x"), STR(""), 4096, &other), "no salt, no keys");
	tap_ok(scram_derive(STR("x"), (struct str){long_salt, SCRAM_SALT_BYTES_MAX}, 1, &other),
		"the longest salt");
	tap_ok(!scram_derive(STR("x"), (struct str){long_salt, sizeof long_salt}, 1, &other),
		"one byte longer");
	tap_ok(!scram_derive(STR("x"), STR("y"), 0, &other), "no iterations, no keys");
	tap_ok(!scram_derive(STR("x"), STR("y"), SCRAM_ITERATIONS_MAX + 1, &other), "too many");
	scram_first(&s, STR(FIRST), room, &user, &authzid);
	tap_ok(!str_is_set(scram_challenge(&s, &secret, STR("a,b"))), "a nonce with a comma");
	memset(room, 'n', sizeof room);
	tap_ok(str_is_set(scram_challenge(&s, &secret, (struct str){room, SCRAM_NONCE_BYTES_MAX})),
		"the longest nonce");
	tap_ok(!str_is_set(
		       scram_challenge(&s, &secret, (struct str){room, SCRAM_NONCE_BYTES_MAX + 1})),
		"one byte longer");
	check_client();
	check_client_opaque();
	return tap_done();
}
