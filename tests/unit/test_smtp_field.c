#include "smtp/field.h"
#include "tap.h"

int
main(void)
{
	struct str rest = STR("A: 1\r\nB : 2\r\n 3\r\n\t4\r\nC\r\n\r\nD: body\r\n"), field;
	tap_ok(smtp_field_next(&rest, &field), "a field");
	tap_is_str(field, STR("A: 1\r\n"), "with its line end");
	tap_is_str(smtp_field_name(field), STR("A"), "its name");
	tap_is_str(smtp_field_value(field), STR(" 1"), "its value, as it stands");
	tap_ok(smtp_field_next(&rest, &field), "a folded one");
	tap_is_str(field, STR("B : 2\r\n 3\r\n\t4\r\n"), "with all its lines");
	tap_is_str(smtp_field_name(field), STR("B"), "a name, and blanks before the colon");
	tap_is_str(smtp_field_value(field), STR(" 2\r\n 3\r\n\t4"), "a value of several lines");
	tap_ok(smtp_field_next(&rest, &field), "a line without a colon is one too");
	tap_is_str(smtp_field_name(field), STR(""), "... without a name");
	tap_ok(!smtp_field_next(&rest, &field), "the blank line is the end");
	tap_is_str(rest, STR("\r\nD: body\r\n"), "and stays");
	rest = STR("A: 1\r\n 2");
	tap_ok(smtp_field_next(&rest, &field), "a last line without an end");
	tap_is_str(field, STR("A: 1\r\n 2"), "is of the field");
	tap_ok(!smtp_field_next(&rest, &field), "then there is nothing");
	return tap_done();
}
