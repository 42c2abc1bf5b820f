/* admin_way - where mail for an address goes, and what is wrong in the directory */
#include <stdio.h>
#include <time.h>

#include "admin/check.h"
#include "base/json.h"
#include "nixied/admin.h"

static const char *const place_words[] = {
	[PLACE_LOCAL] = "local", [PLACE_ROUTE] = "route", [PLACE_ELSEWHERE] = "elsewhere"};
static const char *const target_words[] = {
	[TARGET_MAILBOX] = "mailbox", [TARGET_ROUTE] = "route", [TARGET_ELSEWHERE] = "elsewhere"};

static void
way_text(const struct directory_answer *answer, struct str address)
{
	printf("%.*s\n", (int)address.len, address.ptr);
	for (size_t i = 0; i < answer->step_count; i++) {
		const struct directory_step *const s = &answer->steps[i];
		printf("%*s%.*s\n", (int)s->depth * 2, "", (int)s->words.len, s->words.ptr);
	}
	if (answer->is_refused) {
		const struct condition_row *const row = &catalogue_conditions[answer->condition];
		const struct str id = catalogue_text(row->id), name = catalogue_text(row->name);
		printf("refused: %.*s (%.*s): %.*s\n", (int)name.len, name.ptr, (int)id.len, id.ptr,
			(int)answer->why.len, answer->why.ptr);
		return;
	}
	printf("targets: %zu\n", answer->target_count);
	for (size_t i = 0; i < answer->target_count; i++) {
		const struct directory_target *const t = &answer->targets[i];
		printf("  %-10s %.*s", target_words[t->kind], (int)t->address.len, t->address.ptr);
		if (t->kind == TARGET_ROUTE)
			printf("  by %.*s port %u", (int)t->route_host.len, t->route_host.ptr,
				t->route_port);
		putchar('\n');
	}
}

static bool
way_json(const struct directory_answer *answer, struct str address)
{
	static struct out out;
	struct json j;
	out_init(&out, admin_stdout, NULL);
	json_init(&j, &out, true);
	json_open(&j, STR_NONE, '{');
	json_text(&j, STR("address"), address);
	json_text(&j, STR("place"), str_of(place_words[answer->place]));
	json_bool(&j, STR("is_refused"), answer->is_refused);
	if (answer->is_refused) {
		const struct condition_row *const row = &catalogue_conditions[answer->condition];
		json_text(&j, STR("condition"), catalogue_text(row->id));
		json_text(&j, STR("condition_name"), catalogue_text(row->name));
		json_text(&j, STR("why"), answer->why);
	}
	json_open(&j, STR("steps"), '[');
	for (size_t i = 0; i < answer->step_count; i++) {
		json_open(&j, STR_NONE, '{');
		json_number(&j, STR("depth"), answer->steps[i].depth);
		json_text(&j, STR("words"), answer->steps[i].words);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_open(&j, STR("targets"), '[');
	for (size_t i = 0; i < answer->target_count; i++) {
		const struct directory_target *const t = &answer->targets[i];
		json_open(&j, STR_NONE, '{');
		json_text(&j, STR("kind"), str_of(target_words[t->kind]));
		json_text(&j, STR("address"), t->address);
		if (t->kind == TARGET_ROUTE) {
			json_text(&j, STR("host"), t->route_host);
			json_number(&j, STR("port"), t->route_port);
		}
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	out_add_char(&out, '\n');
	return out_finish(&out);
}

int
admin_way(struct admin *o, struct str address)
{
	struct directory_answer answer;
	const struct directory_question question = {.recipient = address,
		.sender = o->sender == NULL ? STR("") : str_of(o->sender),
		.is_authenticated = o->is_authenticated,
		.is_told = true};
	directory_resolve(o->d, &question, &o->a, &answer);
	if (o->is_json && !way_json(&answer, address))
		return EXIT_TROUBLE;
	if (!o->is_json)
		way_text(&answer, address);
	if (answer.is_refused && answer.condition == CONDITION_LOOKUP_FAILED)
		return EXIT_TROUBLE;
	return answer.is_refused ? EXIT_NO : EXIT_DONE;
}

/* ---- check */

struct findings {
	size_t count;
	bool is_json;
	struct json json;
};

static void
take_finding(void *to, const struct finding *f)
{
	struct findings *const all = to;
	all->count++;
	if (!all->is_json) {
		printf("%.*s: %.*s\n", (int)f->name.len, f->name.ptr, (int)f->words.len,
			f->words.ptr);
		return;
	}
	json_open(&all->json, STR_NONE, '{');
	json_text(&all->json, STR("finding"), str_of(finding_names[f->kind]));
	json_text(&all->json, STR("name"), f->name);
	json_text(&all->json, STR("words"), f->words);
	json_close(&all->json, '}');
}

int
admin_check(struct admin *o)
{
	static struct out out;
	struct directory_error error;
	struct findings all = {.is_json = o->is_json};
	out_init(&out, admin_stdout, NULL);
	json_init(&all.json, &out, true);
	if (o->is_json)
		json_open(&all.json, STR_NONE, '[');
	const bool ok =
		check_run(o->d, o->mail_folder[0] == '\0' ? STR_NONE : str_of(o->mail_folder),
			(int64_t)time(NULL), take_finding, &all, &error);
	if (o->is_json) {
		json_close(&all.json, ']');
		out_add_char(&out, '\n');
		out_finish(&out);
	}
	if (!ok) {
		admin_complain("%s", error.words);
		return EXIT_TROUBLE;
	}
	if (all.count == 0 && !o->is_json)
		puts("nothing is wrong");
	return all.count == 0 ? EXIT_DONE : EXIT_NO;
}
