/*
 * import_hmailserver - hMailServerBackup.xml, out of the backup that hMailServer's own tool makes
 *
 *	<Domain Name="a.example" Postmaster="" Active="1" ...>
 *	  <Accounts><Account Name="john@a.example" Password="..." PasswordEncryption="3"
 *.../></Accounts> <Aliases><Alias Name="info@a.example" Value="john@a.example"
 *Active="1"/></Aliases>
 *	  ...
 *
 * Elements are known by their names, wherever they stand, and their attributes without case, since
 * the versions differ in what is around them. Read by Expat, which neither opens files nor expands
 * entities without a limit.
 */
#include "admin/import_inside.h"
#include "base/units.h"

#include <expat.h>

#define CHUNK_BYTES (1 << 20) /* Expat counts in int */
#define QUOTA_MB_MAX (1 << 20)

struct reader {
	struct import *i;
	XML_Parser parser;
	struct str domain, account, list;         /* those that we are in; absent: none */
	bool has_noted_rules, has_noted_fetching; /* of this account */
	bool has_hashes; /* of passwords, out of which no keys for SCRAM can be made */
	bool is_stopped;
};

static unsigned long
line_of(const struct reader *r)
{
	return (unsigned long)XML_GetCurrentLineNumber(r->parser);
}

/* An attribute; absent when it is not there, or empty. */
static struct str
attribute(const struct reader *r, const char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (str_eq_case(str_of(attributes[0]), str_of(name)))
			return attributes[1][0] == '\0' ? STR_NONE
							: arena_str(r->i->a, str_of(attributes[1]));
	return STR_NONE;
}

static bool
is_on(const struct reader *r, const char **attributes, const char *name)
{
	return str_eq(attribute(r, attributes, name), STR("1"));
}

/* Absent: on, as it is there. */
static struct str
active_of(const struct reader *r, const char **attributes)
{
	return str_eq(attribute(r, attributes, "Active"), STR("0")) ? STR("no") : STR("yes");
}

static void
note(struct reader *r, struct str name, struct str words)
{
	import_note(r->i, line_of(r), name, words, STR_NONE);
}

/* ---- elements */

static void
on_domain(struct reader *r, const char **attributes)
{
	struct entry e = {.kind = ENTRY_DOMAIN, .name = attribute(r, attributes, "Name")};
	const struct str catch_all = attribute(r, attributes, "Postmaster");
	const struct str plus = attribute(r, attributes, "PlusAddressingChar");
	r->domain = e.name;
	if (!str_is_set(e.name)) {
		import_mistake(
			r->i, line_of(r), STR("a Domain without a Name"), STR_NONE, STR_NONE);
		return;
	}
	entry_value_set(&e, STR("active"), active_of(r, attributes));
	if (str_is_set(catch_all))
		entry_value_set(&e, STR("catch_all"), catch_all);
	entry_value_set(&e, STR("plus"),
		is_on(r, attributes, "UsePlusAddressing") ? (str_is_set(plus) ? plus : STR("+"))
							  : STR(""));
	import_entry(r->i, line_of(r), &e);
}

/* What hMailServer kept of the password: enum in its own order. */
static void
password_take(struct reader *r, const char **attributes, struct entry *e)
{
	const struct str password = attribute(r, attributes, "Password");
	const struct str kind = attribute(r, attributes, "PasswordEncryption");
	if (is_on(r, attributes, "ADActive"))
		note(r, e->name, STR(": its password is Active Directory's: set one"));
	else if (!str_is_set(password))
		note(r, e->name, STR(": has no password: set one"));
	else if (str_eq(kind, STR("0")))
		entry_value_set(e, STR("password"), password);
	else if (str_eq(kind, STR("2")) || str_eq(kind, STR("3"))) {
		const struct str scheme = str_eq(kind, STR("2")) ? STR("hmailserver-md5:")
								 : STR("hmailserver-sha256:");
		entry_value_set(
			e, STR("password_hash"), arena_join(r->i->a, scheme, password, STR_NONE));
		r->has_hashes = true;
	} else
		note(r, e->name,
			str_eq(kind, STR("1"))
				? STR(": its password is kept by Blowfish, which cannot be carried "
				      "over: set a new one")
				: STR(": its password is kept in a way that is not known: set "
				      "one"));
}

static void
on_account(struct reader *r, const char **attributes)
{
	struct entry e = {.kind = ENTRY_ACCOUNT, .name = attribute(r, attributes, "Name")};
	r->account = e.name;
	r->has_noted_rules = r->has_noted_fetching = false;
	if (!str_is_set(e.name)) {
		import_mistake(
			r->i, line_of(r), STR("an Account without a Name"), STR_NONE, STR_NONE);
		return;
	}
	const struct str size = attribute(r, attributes, "MaxAccountSize");
	const int64_t megabytes = str_is_set(size) ? units_parse(size, UNITS_NONE) : 0;
	if (megabytes < 0 || megabytes > QUOTA_MB_MAX)
		note(r, e.name, STR(": its size limit is not understood: set quota"));
	else if (megabytes > 0)
		entry_value_set(&e, STR("quota"), arena_join(r->i->a, size, STR("M"), STR_NONE));
	entry_value_set(&e, STR("active"), active_of(r, attributes));
	const struct str forward = attribute(r, attributes, "ForwardAddress");
	if (is_on(r, attributes, "ForwardEnabled") && str_is_set(forward)) {
		entry_value_set(&e, STR("forward"), forward);
		entry_value_set(&e, STR("keep_copy"),
			is_on(r, attributes, "ForwardKeepOriginal") ? STR("yes") : STR("no"));
	}
	password_take(r, attributes, &e);
	if (is_on(r, attributes, "VacationMessageOn"))
		note(r, e.name, STR(": its answer while away is left out"));
	if (is_on(r, attributes, "EnableSignature"))
		note(r, e.name, STR(": its signature is left out: mail programs add it"));
	import_entry(r->i, line_of(r), &e);
}

static void
on_alias(struct reader *r, const char **attributes)
{
	struct entry e = {.kind = ENTRY_ALIAS,
		.name = attribute(r, attributes, "Name"),
		.other = attribute(r, attributes, "Value")};
	if (!str_is_set(e.name) || !str_is_set(e.other)) {
		import_mistake(r->i, line_of(r), STR("an Alias without Name or Value"), STR_NONE,
			STR_NONE);
		return;
	}
	entry_value_set(&e, STR("active"), active_of(r, attributes));
	import_entry(r->i, line_of(r), &e);
}

static void
on_list(struct reader *r, const char **attributes)
{
	/* In hMailServer's order; the last, "members of this server", is not among ours. */
	static const struct str modes[] = {STR_INIT("public"), STR_INIT("members"),
		STR_INIT("announcement"), STR_INIT("domain"), STR_INIT("domain")};
	struct entry e = {.kind = ENTRY_LIST, .name = attribute(r, attributes, "Name")};
	const struct str given = attribute(r, attributes, "Mode");
	const struct str owner = attribute(r, attributes, "RequireAddress");
	const int64_t mode = str_is_set(given) ? str_number(given, 4) : 0;
	r->list = e.name;
	if (!str_is_set(e.name)) {
		import_mistake(r->i, line_of(r), STR("a DistributionList without a Name"), STR_NONE,
			STR_NONE);
		return;
	}
	if (mode < 0 || mode == 4)
		note(r, e.name,
			STR(": who may write to it is not among the modes here: only its domain "
			    "may"));
	entry_value_set(&e, STR("mode"), modes[mode < 0 ? 4 : mode]);
	if (str_is_set(owner))
		entry_value_set(&e, STR("owner"), owner);
	entry_value_set(&e, STR("active"), active_of(r, attributes));
	entry_value_set(&e, STR("needs_login"),
		is_on(r, attributes, "RequireAuth") ? STR("yes") : STR("no"));
	import_entry(r->i, line_of(r), &e);
}

static void
on_recipient(struct reader *r, const char **attributes)
{
	const struct entry e = {
		.kind = ENTRY_MEMBER, .name = r->list, .other = attribute(r, attributes, "Name")};
	if (str_is_set(r->list) && str_is_set(e.other))
		import_entry(r->i, line_of(r), &e);
}

static void
on_domain_alias(struct reader *r, const char **attributes)
{
	const struct entry e = {.kind = ENTRY_DOMAIN_ALIAS,
		.name = attribute(r, attributes, "Name"),
		.other = r->domain};
	if (str_is_set(e.name) && str_is_set(e.other))
		import_entry(r->i, line_of(r), &e);
}

static void
on_route(struct reader *r, const char **attributes)
{
	/* None, TLS at once, STARTTLS where it is offered, STARTTLS always. */
	static const struct str tls[] = {
		STR_INIT("off"), STR_INIT("required"), STR_INIT("offered"), STR_INIT("required")};
	struct entry e = {.kind = ENTRY_ROUTE, .name = attribute(r, attributes, "Name")};
	if (!str_is_set(e.name)) {
		import_mistake(r->i, line_of(r), STR("a Route without a Name"), STR_NONE, STR_NONE);
		return;
	}
	const struct str host = attribute(r, attributes, "TargetHost");
	const struct str port = attribute(r, attributes, "TargetPort");
	const struct str security = attribute(r, attributes, "ConnectionSecurity");
	const int64_t how = str_is_set(security) ? str_number(security, 3) : -1;
	if (str_is_set(host))
		entry_value_set(&e, STR("host"), host);
	if (str_is_set(port))
		entry_value_set(&e, STR("port"), port);
	if (how >= 0)
		entry_value_set(&e, STR("tls"), tls[how]);
	if (how == 1 || is_on(r, attributes, "UseSSL"))
		entry_value_set(&e, STR("immediate_tls"), STR("yes"));
	entry_value_set(&e, STR("all_addresses"),
		str_eq(attribute(r, attributes, "AllAddresses"), STR("0")) ? STR("no")
									   : STR("yes"));
	const struct str user = attribute(r, attributes, "AuthenticationUsername");
	if (str_is_set(user)) {
		entry_value_set(&e, STR("user"), user);
		note(r, e.name, STR(": the password of its login cannot be carried over: set it"));
	}
	import_entry(r->i, line_of(r), &e);
}

static void
on_route_address(struct reader *r, const char **attributes)
{
	struct str name = attribute(r, attributes, "Name");
	if (!str_is_set(name))
		name = attribute(r, attributes, "Address");
	const struct entry e = {.kind = ENTRY_ROUTE_ADDRESS, .name = name};
	if (str_is_set(name))
		import_entry(r->i, line_of(r), &e);
}

static void
on_rule(struct reader *r, const char **attributes)
{
	(void)attributes;
	if (!r->has_noted_rules)
		note(r, str_is_set(r->account) ? r->account : STR("the server"),
			STR(": its rules are left out"));
	r->has_noted_rules = true;
}

static void
on_fetching(struct reader *r, const char **attributes)
{
	(void)attributes;
	if (!r->has_noted_fetching && str_is_set(r->account))
		note(r, r->account, STR(": fetching mail from elsewhere is left out"));
	r->has_noted_fetching = true;
}

static void
on_security_range(struct reader *r, const char **attributes)
{
	const struct str name = attribute(r, attributes, "Name");
	note(r, str_is_set(name) ? name : STR("a range of addresses"),
		STR(": what a network may do is left out: see `nixie-admin range add`"));
}

static const struct {
	const char *name;
	void (*handle)(struct reader *r, const char **attributes);
} elements[] = {
	{"Domain", on_domain},
	{"Account", on_account},
	{"Alias", on_alias},
	{"DistributionList", on_list},
	{"Recipient", on_recipient},
	{"DomainAlias", on_domain_alias},
	{"Route", on_route},
	{"RouteAddress", on_route_address},
	{"Rule", on_rule},
	{"FetchAccount", on_fetching},
	{"SecurityRange", on_security_range},
};

static void XMLCALL
on_start(void *of, const char *name, const char **attributes)
{
	struct reader *const r = of;
	for (size_t n = 0; n < sizeof elements / sizeof *elements; n++)
		if (str_eq_case(str_of(name), str_of(elements[n].name)))
			elements[n].handle(r, attributes);
	if (arena_failed(r->i->a)) {
		r->is_stopped = true;
		XML_StopParser(r->parser, XML_FALSE);
	}
}

static void XMLCALL
on_end(void *of, const char *name)
{
	struct reader *const r = of;
	const struct str ended = str_of(name);
	if (str_eq_case(ended, STR("Domain")))
		r->domain = STR_NONE;
	else if (str_eq_case(ended, STR("Account")))
		r->account = STR_NONE;
	else if (str_eq_case(ended, STR("DistributionList")))
		r->list = STR_NONE;
}

void
read_hmailserver(struct import *i, struct str text)
{
	struct reader r = {.i = i, .parser = XML_ParserCreate(NULL)};
	if (r.parser == NULL) {
		import_mistake(i, 0, STR("no memory"), STR_NONE, STR_NONE);
		return;
	}
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	bool is_last = false;
	while (!is_last && !r.is_stopped) {
		const struct str chunk = str_head(text, CHUNK_BYTES);
		text = str_from(text, chunk.len);
		is_last = text.len == 0;
		if (XML_Parse(r.parser, chunk.ptr, (int)chunk.len, is_last) != XML_STATUS_OK) {
			if (!r.is_stopped)
				import_mistake(i, line_of(&r), STR("no XML: "),
					str_of(XML_ErrorString(XML_GetErrorCode(r.parser))),
					STR_NONE);
			break;
		}
	}
	if (r.has_hashes)
		import_note(i, line_of(&r),
			STR("out of kept hashes no keys for SCRAM can be made: leave scram-sha-256 "
			    "out of auth_mechanisms until everybody has signed in once; "
			    "`nixie-admin check` counts who has not"),
			STR_NONE, STR_NONE);
	XML_ParserFree(r.parser);
}
