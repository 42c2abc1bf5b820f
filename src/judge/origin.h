/*
 * origin - where a refusal came from: the server, its provider, the step, the side
 */
#ifndef JUDGE_ORIGIN_H
#define JUDGE_ORIGIN_H

#include "judge/people.h"

struct origin {
	struct str host, ip;                     /* the remote server */
	struct str provider;                     /* its name in the catalogue */
	const struct provider_row *provider_row; /* ... and one of its rows; NULL when unknown */
	bool is_provider_by_domain;              /* only the recipient's domain tells it */
	bool is_remote;  /* a server other than the reporting one answered */
	bool is_local;   /* ... no: the answer came over a socket on the same machine */
	bool has_spoken; /* the words say that some other server answered, named or not */
	bool is_filter;  /* the provider filters mail for others (MX in front of their servers) */
	enum nixie_stage stage;
	struct str stage_words;
};

/* origin_find - from the fields, the dialogue and the words about this person */
void origin_find(const struct facts *f, struct person *who, struct origin *o);

/* stage_of_command - "RCPT TO:<x>" -> NIXIE_STAGE_RCPT */
enum nixie_stage stage_of_command(struct str command);

/* domain_related - do two host names or domains belong together: one is the other or below it, or
 * both share the part that is registered ("mail.example.co.jp", "mx.example.co.jp")? */
bool domain_related(struct str a, struct str b);

#endif
